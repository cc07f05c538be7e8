/** Dispatches readiness of handles: one poller per environment, on Node's event loop. */
import { type Handle, native } from "../native";

const waiting = new Map<Handle, () => void>();
let held = 0;
let started = false;

/** Calls `listener` whenever the handle becomes ready, until {@link forget}. */
export function listen(handle: Handle, listener: () => void): void {
  waiting.set(handle, listener);
  if (started) return;
  started = true;
  native.pollerListen((...ready) => dispatch(ready));
}

export function forget(handle: Handle): void {
  waiting.delete(handle);
}

/** Keeps the process alive until {@link release}. */
export function hold(): void {
  if (held++ === 0) native.pollerRef(true);
}

export function release(): void {
  if (--held === 0) native.pollerRef(false);
}

/** Notifies each handle once. An exception of one listener must not skip the others. */
function dispatch(ready: readonly Handle[], from = 0): void {
  let next = from;
  try {
    while (next < ready.length) waiting.get(ready[next++] as Handle)?.();
  } finally {
    if (next < ready.length) setImmediate(dispatch, ready, next);
  }
}
