/** Reading with a handler that is called for each record. */
import { Eagerness, type RecordOptions } from "./eager";
import { type Batch, Pace } from "./pace";
import type { Reader } from "./reader";
import type { Progress } from "./records";

/** Options of a handler. */
export interface HandlerOptions extends RecordOptions {
  /**
   * Called with what the handler throws, and with errors of undecodable records. Without it these are thrown on the
   * event loop as uncaught exceptions. In both cases reading continues after the record. If the ring itself can't be
   * read (ESTALE: another process reads it too), reading ends.
   */
  onError?: ((error: unknown) => void) | undefined;
}

/** An active handler. */
export interface Subscription extends Disposable {
  /** Stops calling the handler. Remaining records stay for the next reader. Idempotent. */
  close(): void;
}

/**
 * Calls a handler for available records, starting in the next turn of the event loop, and for records that arrive
 * later.
 *
 * @param step passes at most `limit` records to the handler while `progress.going`; returns their number
 */
export function subscribe(
  reader: Reader,
  step: (limit: number, progress: Progress) => Batch,
  { signal, onError, eager }: HandlerOptions,
): Subscription {
  const progress: Progress = { done: 0, going: true };
  const pace = new Pace();
  const eagerness = new Eagerness(eager);
  let next: NodeJS.Immediate | undefined;

  const close = () => {
    progress.going = false;
    clearImmediate(next);
    pace.end();
    end();
  };
  const drain = (whole: boolean) => {
    clearImmediate(next);
    next = undefined;
    pace.begin();
    let more = true;
    let found = false;
    try {
      // Run at least one step: the process may have been suspended since the turn began.
      do {
        more = pace.step((limit) => step(limit, progress)).length > 0;
        found ||= more;
      } while (more && progress.going && (whole || !pace.over));
    } catch (error) {
      if (onError === undefined) throw error;
      onError(error);
    } finally {
      if (!progress.going) close();
      else if (more || eagerness.again(found)) next = setImmediate(turn);
    }
  };
  const turn = () => {
    if (reader.closed || signal?.aborted) close();
    else drain(false);
  };
  const end = reader.begin({ wake: turn, flush: () => drain(true) }, signal);
  next = setImmediate(turn);
  return { close, [Symbol.dispose]: close };
}
