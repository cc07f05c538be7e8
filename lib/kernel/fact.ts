/** A fact: a value and where it comes from, or the reason why it is not known. Plain JSON. */

/** A fact about a kernel: known, with its origin, or unknown, with the reason. */
export type Fact<T> = Known<T> | Unknown;

/** A fact that is known. */
export interface Known<T> {
  value: T;
  /** The file, call or table that it was read from. */
  origin: string;
}

/** A fact that could not be told. */
export interface Unknown {
  /** Why it could not be told. */
  unknown: string;
}

export function known<T>(value: T, origin: string): Known<T> {
  return { value, origin };
}

export function unknown(reason: string): Unknown {
  return { unknown: reason };
}

export function isKnown<T>(fact: Fact<T>): fact is Known<T> {
  return "value" in fact;
}

export function given<T>(fact: Fact<T>): T | undefined {
  return isKnown(fact) ? fact.value : undefined;
}

/** The fact that `read` makes; what it throws becomes the reason. */
export function factOf<T>(origin: string, read: () => T): Fact<T> {
  try {
    return known(read(), origin);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return unknown(`${origin}: ${code === undefined ? message : describe(code)}`);
  }
}

/** A fact computed from another. */
export function mapFact<T, U>(fact: Fact<T>, compute: (value: T) => U): Fact<U> {
  return isKnown(fact) ? known(compute(fact.value), fact.origin) : fact;
}

function describe(code: string): string {
  if (code === "ENOENT") return "does not exist";
  if (code === "EACCES" || code === "EPERM") return "may not be read by this user";
  return code;
}
