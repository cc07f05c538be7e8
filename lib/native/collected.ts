/** Releases native handles of objects that are garbage-collected without being closed. */

const registry = new FinalizationRegistry<() => void>((release) => release());

/**
 * Calls `release` when `owner` is garbage-collected, unless the returned function is called first. `release` must not
 * reference `owner`.
 */
export function onCollected(owner: object, release: () => void): () => void {
  const token = {};
  registry.register(owner, release, token);
  return () => registry.unregister(token);
}
