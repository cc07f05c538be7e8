/** The output of an iterator, read on the thread pool: the program runs inside read(2). */
import { close, read } from "node:fs";
import { Readable } from "node:stream";
import { BpfError } from "../errors";

const CHUNK = 1 << 16;

export class IterStream extends Readable {
  readonly #fd: number;
  /** Settles when no read is in flight: the fd must not be closed, and its number reused, under one. */
  #reading: Promise<void> = Promise.resolve();

  constructor(fd: number) {
    super({ highWaterMark: CHUNK });
    this.#fd = fd;
  }

  override _read(): void {
    const buffer = Buffer.allocUnsafe(CHUNK);
    this.#reading = new Promise((done) => {
      read(this.#fd, buffer, 0, CHUNK, null, (error, length) => {
        done();
        // bpf_seq_read() gives up with EAGAIN after a million elements without output, to be called again.
        if (error?.code === "EAGAIN" || error?.code === "EINTR") return this._read();
        if (error !== null) return void this.destroy(iterError(error));
        this.push(length === 0 ? null : buffer.subarray(0, length));
      });
    });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    void this.#reading.then(() => close(this.#fd, (failed) => callback(error ?? failed)));
  }
}

function iterError(cause: NodeJS.ErrnoException): BpfError {
  const errno = cause.code ?? "unknown error";
  return new BpfError("ERR_BPF_LINK", `the iterator stopped (${errno})`, { operation: "link.read", errno, cause });
}
