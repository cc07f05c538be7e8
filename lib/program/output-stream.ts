/** The streams of a program: what it prints, and what the kernel reports about it. */
import { Readable } from "node:stream";
import { BpfError, errnoName, isErrno } from "../errors";
import { permissionError } from "../kernel/refusal";
import { type Handle, native } from "../native";
import type { Lifetime } from "../native/lifetime";

/** The streams of a program. */
export type ProgramStreamName = "stdout" | "stderr";

/** BPF_STDOUT, BPF_STDERR. */
const IDS: Readonly<Record<ProgramStreamName, number>> = { stdout: 1, stderr: 2 };

const CHUNK = 1 << 14;
/** The kernel wakes nobody: polling interval of an empty stream, in milliseconds. */
const IDLE = 50;

interface Source {
  readonly program: { readonly name: string; readonly section: string };
  readonly handle: Handle;
  readonly index: number;
  readonly lifetime: Lifetime;
}

/** @throws {@link BpfError} if the kernel has no streams */
export function outputStream(source: Source, name: ProgramStreamName): Readable {
  // Reads nothing.
  const status = native.programStreamRead(source.handle, source.index, IDS[name], new Uint8Array());
  if (status < 0) throw failed(source, name, status);
  return new OutputStream(source, name);
}

class OutputStream extends Readable {
  readonly #source: Source;
  readonly #name: ProgramStreamName;
  #timer: NodeJS.Timeout | undefined;

  constructor(source: Source, name: ProgramStreamName) {
    super({ highWaterMark: CHUNK });
    this.#source = source;
    this.#name = name;
    source.lifetime.waits.add(this.#end);
  }

  override _read(): void {
    if (!this.#take()) this.#timer = setTimeout(() => this._read(), IDLE);
  }

  /** Whether it need not look again: there was something, or an error. */
  #take(): boolean {
    const { handle, index } = this.#source;
    const chunk = Buffer.allocUnsafe(CHUNK);
    const length = native.programStreamRead(handle, index, IDS[this.#name], chunk);
    if (length > 0) this.push(chunk.subarray(0, length));
    else if (length < 0 && !isErrno(length, "EAGAIN") && !isErrno(length, "EINTR")) {
      this.destroy(failed(this.#source, this.#name, length));
    } else return false;
    return true;
  }

  /** The object is being closed: the rest, and the end. */
  readonly #end = () => {
    this.#forget();
    while (!this.destroyed && this.#take());
    this.push(null);
  };

  #forget(): void {
    clearTimeout(this.#timer);
    this.#source.lifetime.waits.delete(this.#end);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#forget();
    callback(error);
  }
}

function failed({ program: { name, section } }: Source, stream: ProgramStreamName, status: number): BpfError {
  const errno = errnoName(status);
  const details = { operation: "program.stream", program: name, section, errno } as const;
  const what = `${stream} of program ${name} can't be read`;
  if (errno === "EPERM") return permissionError(what, { operation: "use" }, details);
  // A kernel without the command.
  if (errno === "EINVAL") {
    const hint = "Use a ring buffer, or bpf_printk() and tracePipe()";
    return new BpfError("ERR_BPF_NOT_SUPPORTED", `${what}: streams of programs need Linux 6.17`, { ...details, hint });
  }
  return new BpfError("ERR_BPF_STREAM", `${what} (${errno})`, details);
}
