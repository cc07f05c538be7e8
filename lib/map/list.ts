/** Lists that callers pass: their classes may override anything, and getters may change them while they are read. */

/** The number of elements, which a subclass can't override; 0 for detached memory. */
const typedLength = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "length")
  ?.get as () => number;

export function lengthOf(items: NodeJS.TypedArray): number {
  return Reflect.apply(typedLength, items, []);
}

/** A list of the caller's elements. Not slice(), which asks the list's class for the copy. */
export function copied<T>(items: ArrayLike<T>, length = items.length): T[] {
  const list = new Array<T>(length);
  for (let i = 0; i < length; i++) list[i] = items[i] as T;
  return list;
}
