/** Reads the output of bpf_printk() from the kernel's trace_pipe. */
import { closeSync, constants, openSync, readFileSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { BpfError, reading } from "../errors";
import { permissionError } from "../kernel/refusal";
import { onCollected } from "../native/collected";
import { checkOptions, natural, type Schema } from "../options";
import { type ReadOptions, signal } from "./reader";
import { LineCutter, parseLine, type TraceEntry } from "./trace-line";

/** Options of {@link tracePipe}. */
export interface TracePipeOptions extends ReadOptions {
  /**
   * Yields only lines of this thread, and the lines that report lost ones. Other lines are dropped; no other reader
   * gets them.
   */
  pid?: number | undefined;
}

const OPTIONS: Schema<TracePipeOptions> = { signal, pid: natural };

const PATHS = ["/sys/kernel/tracing/trace_pipe", "/sys/kernel/debug/tracing/trace_pipe"];
/** More than the kernel returns per read, which is one or two pages of whole lines. */
const CHUNK = 1 << 16;
/** Polling interval of an empty pipe, in milliseconds. */
const IDLE = 50;

/**
 * Yields the lines that bpf_printk() and other tracing write to trace_pipe, until the loop ends or the signal is
 * aborted. Needs root and a mounted tracefs.
 *
 * The pipe is shared by the whole system: each line is delivered to one reader only, and concurrent readers take lines
 * from each other (since Linux 6.6 only one reader at a time is allowed). It is meant for debugging; programs in
 * production report through a {@link RingBuffer}. Waiting keeps the process alive but blocks no thread: the pipe is
 * polled twenty times a second. If tracing is off on this system the process gets the warning WARN_BPF_TRACING_OFF.
 *
 * @throws {@link BpfError} ERR_BPF_NOT_SUPPORTED without tracefs, ERR_BPF_BUSY if there is another reader; the signal's
 *   reason when aborted
 * @throws {@link PermissionError} without the privilege
 */
export function tracePipe(options?: TracePipeOptions): AsyncGenerator<TraceEntry, void, void> {
  const given = checkOptions({ name: "tracePipe", details: { operation: "tracePipe" } }, options, OPTIONS);
  const pipe = new Pipe();
  const entries = read(pipe, given);
  // If the consumer abandons the generator, its `finally` never runs.
  onCollected(entries, () => pipe.close());
  return entries;
}

/** The file descriptor of the pipe, opened on demand. */
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
      const length = reading("ERR_BPF_STREAM", "tracePipe", () => readNow(fd, chunk));
      for (const line of cutter.push(chunk.subarray(0, length))) {
        const entry = parseLine(line);
        // A line of another form continues the previous message.
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

/** O_NONBLOCK: a blocking read would occupy a thread until something is printed, even at process exit. */
function openPipe(): number {
  let cause: NodeJS.ErrnoException | undefined;
  for (const path of PATHS) {
    try {
      const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      warnIfOff(join(dirname(path), "tracing_on"));
      return fd;
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
    const hint = "It allows one reader at a time: end the other, such as bpftool prog tracelog";
    throw new BpfError("ERR_BPF_BUSY", "trace_pipe already has a reader", { ...details, hint });
  }
  const hint = "Mount tracefs: mount -t tracefs tracefs /sys/kernel/tracing";
  throw new BpfError("ERR_BPF_NOT_SUPPORTED", `trace_pipe can't be opened (${code})`, { ...details, hint });
}

/** Without tracing the pipe stays empty. An oops of the kernel switches it off (kernel/panic.c: oops_enter()). */
function warnIfOff(path: string): void {
  try {
    if (readFileSync(path, "utf8").trim() !== "0") return;
  } catch {
    return;
  }
  const warning = `tracePipe: tracing is off, so that no line comes: echo 1 > ${path}`;
  process.emitWarning(warning, { code: "WARN_BPF_TRACING_OFF" });
}

/** Reads what is available; returns the number of bytes. */
function readNow(fd: number, chunk: Buffer): number {
  try {
    return readSync(fd, chunk, 0, chunk.length, null);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EAGAIN" || code === "EINTR") return 0;
    throw error;
  }
}
