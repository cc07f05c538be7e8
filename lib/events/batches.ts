/** Reading by iteration: `for await (const batch of …)`. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { Eagerness, type RecordOptions } from "./eager";
import { type Batch, Pace } from "./pace";
import type { Reader } from "./reader";

/**
 * Yields batches as records arrive; ends when the channel is closed. Reads nothing while the consumer is busy.
 *
 * @param read returns at most `limit` records; an empty batch if there are none
 */
export function batches<B extends Batch>(
  reader: Reader,
  read: (limit: number) => B,
  options: RecordOptions,
): AsyncIterableIterator<B, void> {
  const state: State = { ended: false, wake: () => {} };
  const generator = generate(reader, read, options, state);
  return {
    next: () => generator.next(),
    // A generator alone would finish only after its pending next(), which waits for a record.
    return: () => {
      state.ended = true;
      state.wake();
      return generator.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

interface State {
  ended: boolean;
  wake: () => void;
}

async function* generate<B extends Batch>(
  reader: Reader,
  read: (limit: number) => B,
  { signal, eager }: RecordOptions,
  state: State,
): AsyncGenerator<B, void, void> {
  const pace = new Pace();
  const eagerness = new Eagerness(eager);
  const stop = () => {
    pace.end();
    end();
  };
  const wake = () => {
    // A consumer may never ask for the next batch, so that `finally` never runs.
    if (reader.closed || signal?.aborted) stop();
    state.wake();
  };
  const end = reader.begin({ wake, flush: wake }, signal);
  try {
    pace.begin();
    while (!state.ended && !reader.closed) {
      signal?.throwIfAborted();
      const batch = pace.step(read);
      const again = eagerness.again(batch.length > 0);
      if (batch.length === 0) {
        if (again) await nextTurn();
        else {
          await new Promise<void>((resolve) => {
            state.wake = resolve;
          });
        }
        pace.begin();
        continue;
      }
      yield batch;
      if (!pace.over) continue;
      await nextTurn();
      pace.begin();
    }
  } finally {
    stop();
  }
}
