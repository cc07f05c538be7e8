/** Methods that are called on what only looks like their object: V8 has words for it, and they help nobody. */
import { ArgumentError } from "./errors";

type Method = (...args: unknown[]) => unknown;

/**
 * Has methods and accessors of a class refuse a Proxy around one of its objects, or what Object.create() made of one: neither
 * has the private fields. Called in the class's static block.
 *
 * @param isOwn `(value) => #field in value`
 * @param only the names of those that use private fields, where others are called too often to be looked at; by default all
 */
export function refuseOthers(
  owner: abstract new (...args: never[]) => object,
  isOwn: (value: object) => boolean,
  only?: readonly string[],
): void {
  const { prototype } = owner;
  for (const key of only ?? Reflect.ownKeys(prototype)) {
    const found = Object.getOwnPropertyDescriptor(prototype, key);
    if (found === undefined || key === "constructor") continue;
    const guarded = (method: Method): Method => {
      const own = function (this: object, ...args: unknown[]): unknown {
        if (typeof this === "object" && this !== null && isOwn(this)) return Reflect.apply(method, this, args);
        throw refusal(owner.name, String(key));
      };
      return Object.defineProperties(own, {
        name: { value: method.name, configurable: true },
        length: { value: method.length, configurable: true },
      });
    };
    const { value, get, set } = found;
    Object.defineProperty(prototype, key, {
      ...found,
      ...(typeof value === "function" && { value: guarded(value) }),
      ...(get !== undefined && { get: guarded(get) }),
      ...(set !== undefined && { set: guarded(set as Method) }),
    });
  }
}

function refusal(owner: string, member: string): Error {
  return new ArgumentError(`${owner}.${member} is used on what is no ${owner}`, {
    hint: "Use the object itself: neither a Proxy around it nor what Object.create() makes of it will do",
  });
}
