/** Objects whose properties are computed when they are first looked at. */

type Makers<T> = { [Key in keyof T]: () => T[Key] };

/** Each property is made by its function, once; to `JSON.stringify` and spreading it is as any other. */
export function lazy<T extends object>(make: Makers<T>): T {
  const properties = Object.entries(make).map(([name, compute]) => [name, once(compute as () => unknown)] as const);
  return Object.defineProperties({}, Object.fromEntries(properties)) as T;
}

/** The object with some properties replaced, the others as lazy as they were: spreading would compute them all. */
export function withProperties<T extends object>(object: T, replaced: Partial<T>): T {
  const own = Object.getOwnPropertyDescriptors(object);
  return Object.defineProperties({}, { ...own, ...Object.getOwnPropertyDescriptors(replaced) }) as T;
}

function once<T>(compute: () => T): PropertyDescriptor {
  let value: { is: T } | undefined;
  return {
    enumerable: true,
    configurable: true,
    get() {
      value ??= { is: compute() };
      return value.is;
    },
  };
}
