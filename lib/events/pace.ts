/** How much is read in one turn of the event loop, so that timers, sockets and other readers get theirs. */

/** Milliseconds, of all readers together. */
const TURN = 0.5;
/** Steps of a turn: one may begin just before its end. */
const STEPS = 8;
/** Records at once; few until it is known what they cost. */
const FIRST = 256;
const LEAST = 16;
/** As many as the native table has room for (binding/ring_buffer.cc). */
export const MOST = 4096;

/** Readers that had more to read than fitted in their last turn: they share it. */
let behind = 0;

/** What was read at once: nothing, if its length is 0. */
export interface Batch {
  readonly length: number;
}

export class Pace {
  #until = 0;
  #limit = FIRST;
  #isBehind = false;

  /** Begins a turn. */
  begin(): void {
    this.#until = performance.now() + TURN / Math.max(1, behind);
  }

  get over(): boolean {
    return performance.now() >= this.#until;
  }

  /** Reads, and learns from the time that it took. */
  step<B extends Batch>(read: (limit: number) => B): B {
    const start = performance.now();
    const batch = read(this.#limit);
    const each = (performance.now() - start) / Math.max(1, batch.length);
    const fitting = Math.floor(TURN / STEPS / Math.max(1, behind) / each);
    this.#limit = Math.max(LEAST, Math.min(MOST, 2 * this.#limit, fitting));
    this.#fallBehind(batch.length > 0);
    return batch;
  }

  end(): void {
    this.#fallBehind(false);
  }

  #fallBehind(now: boolean): void {
    if (now === this.#isBehind) return;
    this.#isBehind = now;
    behind += now ? 1 : -1;
  }
}
