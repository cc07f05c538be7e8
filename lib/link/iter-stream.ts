/**
 * The output of a BPF iterator as a stream. Reads run off the JavaScript thread, because the program runs inside
 * read(2).
 */
import { Readable } from "node:stream";
import { BpfError, errnoName, isErrno } from "../errors";
import { type Handle, native } from "../native";
import { onCollected } from "../native/collected";
import type { Lifetime } from "../native/lifetime";

const CHUNK = 1 << 16;
/**
 * Maximum number of consecutive reads that end with EAGAIN without output. The kernel stops a read after a million
 * elements and expects another read (bpf_seq_read(), MAX_ITER_OBJECTS); no map has more than 2^32. It also returns
 * EAGAIN for a program that returns 1, each time at the same element.
 */
const PATIENCE = Math.ceil(2 ** 32 / 1e6);
/** Delay before the next read in milliseconds: a program that returns 1 must not use a whole CPU. */
const PAUSE = 1;

/** Owns one run of an iterator. Native code closes its descriptor only after a pending read has ended. */
export class IterStream extends Readable {
  readonly #run: Handle;
  readonly #release: () => void;
  readonly #forget: () => void;
  #gaveUp = 0;

  constructor(run: Handle, lifetime: Lifetime | undefined) {
    super({ highWaterMark: CHUNK });
    this.#run = run;
    lifetime?.own("iterators", run);
    const release = () => {
      lifetime?.disown("iterators", run);
      native.iterClose(run);
    };
    this.#release = release;
    this.#forget = onCollected(this, release);
  }

  override _read(): void {
    this.#next().catch((error) => this.destroy(error));
  }

  async #next(): Promise<void> {
    this.#take(await native.iterRead(this.#run, CHUNK));
  }

  #take(chunk: Uint8Array | number): void {
    if (this.destroyed) return;
    if (typeof chunk !== "number") {
      this.#gaveUp = 0;
      this.push(chunk.length === 0 ? null : chunk);
    } else if (isErrno(chunk, "EAGAIN") || isErrno(chunk, "EINTR")) {
      if (++this.#gaveUp > PATIENCE) this.destroy(stuck());
      else setTimeout(() => this.destroyed || this._read(), PAUSE);
    } else if (isErrno(chunk, "EBADF")) {
      // The object was closed. Code that waits for the end gets a premature-close error; nothing else is reported.
      this.destroy();
    } else this.destroy(failed(chunk));
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#forget();
    this.#release();
    callback(error);
  }
}

function failed(status: number): BpfError {
  const errno = errnoName(status);
  return new BpfError("ERR_BPF_LINK", `the iterator stopped (${errno})`, { operation: "link.read", errno });
}

function stuck(): BpfError {
  const what = `the iterator stopped: ${PATIENCE} consecutive reads gave no output (EAGAIN)`;
  const hint =
    "An iterator program that returns 1 is called again for the same element without end: return 0 to continue";
  return new BpfError("ERR_BPF_LINK", what, { operation: "link.read", errno: "EAGAIN", hint });
}
