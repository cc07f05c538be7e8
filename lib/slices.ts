/** Work that can be interrupted: where it yields, the event loop may turn. */

export type Slices<T> = Generator<void, T, void>;

/** Milliseconds after which a slice ends. */
const SLICE = 0.5;

/** Test frameworks replace the global one, and then a load would not end. */
const nextTurn = globalThis.setImmediate;

export function atOnce<T>(work: Slices<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

export async function inTurns<T>(work: Slices<T>): Promise<T> {
  // What the turn has taken before it is not known.
  let start = Number.NEGATIVE_INFINITY;
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() - start < SLICE) continue;
    await new Promise((turn) => nextTurn(turn));
    start = performance.now();
  }
}

/** Has parts of the bundle compiled one by one, by reading something of each: the first time that takes milliseconds. */
export function* compiled(parts: readonly (() => unknown)[]): Slices<void> {
  for (const part of parts) {
    yield;
    part();
  }
}
