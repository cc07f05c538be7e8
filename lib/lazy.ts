/** Objects whose properties are computed when they are first looked at. */

/** Each property is made by its function, once; to `JSON.stringify` and spreading it is as any other. */
export function lazy<T extends object>(make: { [Key in keyof T]: () => T[Key] }): T {
  const object = {};
  for (const [name, compute] of Object.entries(make) as [string, () => unknown][]) {
    Object.defineProperty(object, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = compute();
        Object.defineProperty(object, name, { value, enumerable: true });
        return value;
      },
    });
  }
  return object as T;
}
