/** Rejects methods called on objects that only resemble the real one; V8's error for that is unhelpful. */
import { ArgumentError } from "./errors";

type Method = (...args: unknown[]) => unknown;

/**
 * Makes methods and accessors of a class reject a Proxy of an instance, and an object from Object.create() with an
 * instance: neither has the private fields. Call it in the class's static block.
 *
 * @param isOwn `(value) => #field in value`
 * @param only names of the members to guard, for classes with members that are called too often to check; default: all
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

/** The error for a member that was called on another object. */
export function refusal(owner: string, member: string): Error {
  return new ArgumentError(`${owner}.${member} was called on an object that is not a ${owner}`, {
    hint: "Use the object itself, not a Proxy of it or an object created from it",
  });
}
