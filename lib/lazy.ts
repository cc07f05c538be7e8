/** Objects with properties that are computed at first access. */

type Makers<T> = { [Key in keyof T]: () => T[Key] };

/** Creates an object. Each property is computed once, and behaves like any other in `JSON.stringify` and spread. */
export function lazy<T extends object>(make: Makers<T>): T {
  const properties = Object.entries(make).map(
    ([name, compute]) => [name, { enumerable: true, configurable: true, get: once(compute as () => unknown) }] as const,
  );
  return Object.defineProperties({}, Object.fromEntries(properties)) as T;
}

/** A copy with some properties replaced. The others stay lazy, whereas spreading would compute them all. */
export function withProperties<T extends object>(object: T, replaced: Partial<T>): T {
  const own = Object.getOwnPropertyDescriptors(object);
  return Object.defineProperties({}, { ...own, ...Object.getOwnPropertyDescriptors(replaced) }) as T;
}

/** A function that computes its result at the first call. */
export function once<T>(compute: () => T): () => T {
  let value: { is: T } | undefined;
  return () => {
    value ??= { is: compute() };
    return value.is;
  };
}
