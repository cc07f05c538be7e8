/** Lifetime of native handles: released when closed, and for what nobody closed, when it is garbage-collected. */

const registry = new FinalizationRegistry<() => void>((release) => release());

/**
 * Calls `release` when `owner` is garbage-collected, unless the returned function is called first. `release` must not
 * refer to `owner`.
 */
export function onCollected(owner: object, release: () => void): () => void {
  const token = {};
  registry.register(owner, release, token);
  return () => registry.unregister(token);
}
