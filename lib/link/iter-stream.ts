/** The output of an iterator, read off the JavaScript thread: the program runs inside read(2). */
import { Readable } from "node:stream";
import { BpfError, errnoName, isErrno } from "../errors";
import { type Handle, native } from "../native";
import { onCollected } from "../native/collected";
import type { Lifetime } from "../native/lifetime";

const CHUNK = 1 << 16;
/**
 * How often in a row a read may give up (EAGAIN) without an output. The kernel gives up after a million elements, to be asked again
 * (bpf_seq_read(), MAX_ITER_OBJECTS), and no map has more than 2^32. It gives up, too, for a program that returns 1: each time at
 * the same element.
 */
const PATIENCE = Math.ceil(2 ** 32 / 1e6);
/** Milliseconds until it is asked again: a program that returns 1 must not take a whole CPU. */
const PAUSE = 1;

/** Owns a run of an iterator. A read that is under way ends before its descriptor is closed, which native code sees to. */
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
      // Its object was closed: whoever waits for the end hears that it was premature, and nobody else hears anything.
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
  const what = `the iterator stopped: it gave up ${PATIENCE} times in a row without an output (EAGAIN)`;
  const hint = "An iterator that returns 1 is called again for the same element, for ever: return 0 to go on";
  return new BpfError("ERR_BPF_LINK", what, { operation: "link.read", errno: "EAGAIN", hint });
}
