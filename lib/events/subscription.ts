/** Reading by a handler, which is called with what there is. */
import { type Batch, Pace } from "./pace";
import type { Reader, ReadOptions } from "./reader";
import type { Progress } from "./records";

/** How a handler is called. */
export interface HandlerOptions extends ReadOptions {
  /**
   * Is told what the handler threw, and of records that can't be read. Without it that is thrown on the event loop, as an uncaught
   * exception. Either way the reading goes on behind the record; when the ring itself can't be read (ESTALE: another process reads it too), it ends.
   */
  onError?: ((error: unknown) => void) | undefined;
}

/** A handler that is being called. */
export interface Subscription extends Disposable {
  /** The handler is not called again. What it was not given stays for the next reader. Idempotent. */
  close(): void;
}

/**
 * Calls a handler with what is there now, from the next turn of the event loop, and with what comes.
 *
 * @param step hands over at most `limit` records while `progress.going`; says how many
 */
export function subscribe(
  reader: Reader,
  step: (limit: number, progress: Progress) => Batch,
  { signal, onError }: HandlerOptions,
): Subscription {
  const progress: Progress = { done: 0, going: true };
  const pace = new Pace();
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
    try {
      // Once at least: the process may have been away since the turn began.
      do more = pace.step((limit) => step(limit, progress)).length > 0;
      while (more && progress.going && (whole || !pace.over));
    } catch (error) {
      if (onError === undefined) throw error;
      onError(error);
    } finally {
      if (!progress.going) close();
      else if (more) next = setImmediate(turn);
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
