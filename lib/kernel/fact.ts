/** A fact: a value and its origin, or the reason why it is unknown. Plain JSON. */

/** A fact about a kernel: either known, with its origin, or unknown, with the reason. */
export type Fact<T> = Known<T> | Unknown;

/** A known fact. */
export interface Known<T> {
  /** The value. */
  value: T;
  /** The file, system call or table it was read from. */
  origin: string;
}

/** An unknown fact. */
export interface Unknown {
  /** Why it is unknown. */
  unknown: string;
}

export function known<T>(value: T, origin: string): Known<T> {
  return { value, origin };
}

export function unknown(reason: string): Unknown {
  return { unknown: reason };
}

export function isKnown<T>(fact: Fact<T>): fact is Known<T> {
  // Facts of users are not checked in depth.
  return "value" in Object(fact);
}

export function given<T>(fact: Fact<T>): T | undefined {
  return isKnown(fact) ? fact.value : undefined;
}

/** Creates a fact from a function; if it throws, its error becomes the reason. */
export function factOf<T>(origin: string, read: () => T): Fact<T> {
  try {
    return known(read(), origin);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return unknown(`${origin}: ${code === undefined ? message : describe(code)}`);
  }
}

/** Derives a fact from another. */
export function mapFact<T, U>(fact: Fact<T>, compute: (value: T) => U): Fact<U> {
  return isKnown(fact) ? known(compute(fact.value), fact.origin) : fact;
}

function describe(code: string): string {
  if (code === "ENOENT") return "does not exist";
  if (code === "EACCES" || code === "EPERM") return "is not readable by this user";
  return code;
}
