/** Limits how much is read in one turn of the event loop, so that timers, sockets and other readers run too. */

/** Time budget per turn in milliseconds, shared by all readers. */
const TURN = 0.5;
/** Steps per turn. A step may begin just before the budget ends. */
const STEPS = 8;
/** Records of the first step, before their cost is known. */
const FIRST = 256;
const LEAST = 16;
/** Capacity of the native table (binding/ring_buffer.cc). */
export const MOST = 4096;

/** Number of readers that did not finish in their last turn. They share the budget. */
let behind = 0;

/** The result of one read; length 0 means empty. */
export interface Batch {
  readonly length: number;
}

export class Pace {
  #until = 0;
  #limit = FIRST;
  #isBehind = false;

  /** Starts a turn. */
  begin(): void {
    this.#until = performance.now() + TURN / Math.max(1, behind);
  }

  get over(): boolean {
    return performance.now() >= this.#until;
  }

  /** Reads once and adapts the step size to the time it took. */
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
