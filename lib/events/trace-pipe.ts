/** What programs print with bpf_printk(): the kernel's trace_pipe. */
import { closeSync, constants, openSync, readSync } from "node:fs";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { BpfError } from "../errors";
import { permissionError } from "../kernel/refusal";
import { onCollected } from "../native/collected";
import { checkOptions, natural, type Schema } from "../options";
import { type ReadOptions, signal } from "./reader";
import { LineCutter, parseLine, type TraceEntry } from "./trace-line";

/** What of the trace is read. */
export interface TracePipeOptions extends ReadOptions {
  /** Lines of this thread alone, and those that say that lines were lost. The others are dropped: nobody else gets them. */
  pid?: number | undefined;
}

const OPTIONS: Schema<TracePipeOptions> = { signal, pid: natural };

const PATHS = ["/sys/kernel/tracing/trace_pipe", "/sys/kernel/debug/tracing/trace_pipe"];
/** More than the kernel gives at once, which is a page or two of whole lines. */
const CHUNK = 1 << 16;
/** Milliseconds until an empty pipe is looked at again. */
const IDLE = 50;

/**
 * What bpf_printk() prints, line by line, and whatever else the kernel traces, until the loop is left or the signal says so. Needs
 * root and a mounted tracefs.
 *
 * The pipe is the whole system's: a line is gone for everybody once it is read, and who reads at the same time takes others (since
 * Linux 6.6 there is one reader at a time). For debugging; programs that are in use report through a {@link RingBuffer}. Waiting
 * keeps the process alive, and takes no thread: the pipe is looked at twenty times a second.
 *
 * @throws {@link BpfError} ERR_BPF_NOT_SUPPORTED without tracefs, ERR_BPF_BUSY if somebody else reads it; the signal's reason
 * @throws {@link PermissionError} without the privilege
 */
export function tracePipe(options?: TracePipeOptions): AsyncGenerator<TraceEntry, void, void> {
  const given = checkOptions({ name: "tracePipe", details: { operation: "tracePipe" } }, options, OPTIONS);
  const pipe = new Pipe();
  const entries = read(pipe, given);
  // Nothing comes to `finally` in a generator that nobody asks any more.
  onCollected(entries, () => pipe.close());
  return entries;
}

/** The pipe's descriptor, once it is open. */
class Pipe {
  #fd: number | undefined;

  open(): number {
    this.#fd = openPipe();
    return this.#fd;
  }

  /** Idempotent. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

async function* read(pipe: Pipe, { pid, signal }: TracePipeOptions): AsyncGenerator<TraceEntry, void, void> {
  signal?.throwIfAborted();
  const fd = pipe.open();
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const cutter = new LineCutter();
    let isWanted = pid === undefined;
    for (;;) {
      const length = readNow(fd, chunk);
      for (const line of cutter.push(chunk.subarray(0, length))) {
        const entry = parseLine(line);
        // A line of another form goes on with the message of the one before.
        if (pid !== undefined && entry.pid !== undefined) isWanted = entry.pid === pid;
        if (isWanted || entry.lost !== undefined) yield entry;
        signal?.throwIfAborted();
      }
      if (length > 0) await nextTurn();
      else await delay(IDLE, undefined, { ...(signal && { signal }) }).catch(() => {});
      signal?.throwIfAborted();
    }
  } finally {
    pipe.close();
  }
}

/** Without O_NONBLOCK a read would hold a thread until something is printed, at the process' end too. */
function openPipe(): number {
  let cause: NodeJS.ErrnoException | undefined;
  for (const path of PATHS) {
    try {
      return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      cause = error as NodeJS.ErrnoException;
      if (cause.code !== "ENOENT") break;
    }
  }
  const { code = "EIO" } = cause ?? {};
  const details = { operation: "tracePipe", errno: code, cause } as const;
  if (code === "EACCES" || code === "EPERM")
    throw permissionError("trace_pipe can't be opened", { operation: "trace-pipe" }, details);
  if (code === "EBUSY") {
    const hint = "It has one reader at a time: end the other, such as bpftool prog tracelog";
    throw new BpfError("ERR_BPF_BUSY", "trace_pipe is being read already", { ...details, hint });
  }
  const hint = "Mount tracefs: mount -t tracefs tracefs /sys/kernel/tracing";
  throw new BpfError("ERR_BPF_NOT_SUPPORTED", `trace_pipe can't be opened (${code})`, { ...details, hint });
}

/** What there is now: how many bytes. */
function readNow(fd: number, chunk: Buffer): number {
  try {
    return readSync(fd, chunk, 0, chunk.length, null);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EAGAIN" || code === "EINTR") return 0;
    throw error;
  }
}
