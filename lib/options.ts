/** Checks arguments and options; every public function uses it. */
import { isUint8Array } from "node:util/types";
import { ArgumentError, type ErrorDetails, type Operation, shown } from "./errors";
import { listed } from "./listed";
import { nearest } from "./nearest";

/** Why a value is invalid. */
interface Fault {
  /** The invalid part of the value: ".from", "[2]"; "" for the value itself. */
  readonly path: string;
  /** Follows the value's name in the message: "must be a boolean, got 1". */
  readonly problem: string;
  readonly hint?: string | undefined;
}

/** The check of a value of type `T`. */
export interface Expected<T> {
  readonly fault: (value: unknown) => Fault | undefined;
  /** Set for a mandatory option. */
  readonly required?: true;
  /** Never set. It ties `T` to the check, for the compiler. */
  readonly type?: T;
}

type Needed<T> = Expected<T> & { readonly required: true };

/** The check of each option. The compiler rejects a schema with a missing option, an unknown option or a wrong type. */
export type Schema<O> = {
  readonly [N in keyof O]-?: undefined extends O[N] ? Expected<Exclude<O[N], undefined>> : Needed<O[N]>;
};

/** The object that has a property or a method. */
export interface Owner {
  /** Its name in messages: "map counts". */
  readonly of?: string;
  readonly details: ErrorDetails;
}

/** The function whose arguments are checked. */
export interface Callee extends Owner {
  /** The name that the user calls: "openMap". */
  readonly name: string;
  /** The owner of the allowed options in messages, if it is not the function: "a kprobe program". */
  readonly has?: string;
  readonly details: ErrorDetails & { readonly operation: Operation };
}

/** Checks with a predicate; `what` ends the sentence "it must be …". */
export function custom<T>(what: string, isFit: (value: unknown) => boolean): Expected<T> {
  return { fault: (value) => (isFit(value) ? undefined : mustBe(what, value)) };
}

export const boolean = custom<boolean>("a boolean", (value) => typeof value === "boolean");
export const anyNumber = custom<number>("a number", (value) => typeof value === "number");
export const anyString = custom<string>("a string", (value) => typeof value === "string");
export const anyObject = custom<never>("an object", (value) => typeof value === "object" && value !== null);
export const anyArray = custom<never>("an array", Array.isArray);
/** A program or a map of this process. */
export const withFd = (what: string): Expected<{ readonly fd: number }> =>
  custom(what, (value) => typeof value === "object" && value !== null && "fd" in value);
export const bytes = custom<Uint8Array>("a Uint8Array", isUint8Array);
/** A function with any parameters: they can't be checked before the call. */
export const anyFunction = custom<never>("a function", (value) => typeof value === "function");
export const pathOrBytes = custom<string | Uint8Array>(
  "a path or a Uint8Array",
  (value) => typeof value === "string" || isUint8Array(value),
);
export const bigint64 = custom<bigint>(
  "a bigint from 0 to 2^64 - 1",
  (value) => typeof value === "bigint" && BigInt.asUintN(64, value) === value,
);

/** A string for C code, which ends a string at the first NUL. */
export const text: Expected<string> = {
  fault: (value) =>
    typeof value === "string" && value.includes("\0") ? mustBe("a string without NUL", value) : anyString.fault(value),
};

/** A path or a name. */
export const filled: Expected<string> = {
  fault: (value) => (value === "" ? mustBe("a string that is not empty", value) : text.fault(value)),
};

export function integer(least: number, most: number): Expected<number> {
  return custom(
    `an integer from ${least} to ${most}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  );
}

export const uint32 = integer(0, 0xffffffff);
/** A process id or a file descriptor: the kernel takes a signed 32-bit integer. */
export const descriptor = integer(0, 0x7fffffff);
/** The kernel's id of a program, map, link or BTF. */
export const objectId = integer(1, 0xffffffff);
export const natural = custom<number>(
  "a non-negative integer",
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
);

export function oneOf<const T extends string>(...choices: readonly T[]): Expected<T> {
  const names = choices.map((choice) => JSON.stringify(choice));
  return nameOf(listed(names, "or"), choices);
}

/** One of many names. The message says `what` instead of listing them. */
export function nameOf<T extends string>(what: string, names: readonly T[]): Expected<T> {
  return {
    fault(value) {
      if ((names as readonly unknown[]).includes(value)) return undefined;
      return { ...mustBe(what, value), hint: typeof value === "string" ? didYouMean(value, names) : undefined };
    },
  };
}

export function list<T>(item: Expected<T>): Expected<readonly T[]> {
  return {
    fault(value) {
      if (!Array.isArray(value)) return anyArray.fault(value);
      for (let index = 0; index < value.length; index++) {
        const fault = item.fault(value[index]);
        if (fault !== undefined) return within(`[${index}]`, fault);
      }
      return undefined;
    },
  };
}

/** An object with property names that the caller chooses. */
export function record<T>(item: Expected<T>): Expected<Readonly<Record<string, T>>> {
  return {
    fault(value) {
      if (!isObject(value)) return mustBe("an object", value);
      return firstFault(Object.keys(value), (name) => item.fault(value[name]));
    },
  };
}

/** An object with the fields of a schema. With `open`, other fields are allowed. */
export function object<O extends object>(schema: Schema<O>, { open = false } = {}): Expected<O> {
  const names = Object.keys(schema);
  return {
    fault(value) {
      if (!isObject(value)) return mustBe("an object", value);
      const unknown = open ? undefined : Object.keys(value).find((name) => !names.includes(name));
      if (unknown !== undefined) return noSuch("field", unknown, names);
      return firstFault(names, (name) => faultOf(value[name], schema[name as keyof O]));
    },
  };
}

/** A mandatory option. */
export function required<T>(expected: Expected<T>): Needed<T> {
  return { ...expected, required: true };
}

/**
 * Checks and copies the options. Reads each option once, because a getter can return another value next time.
 *
 * @param allowed the names that this call accepts
 * @throws {@link ArgumentError} for an unknown name or an invalid value
 */
export function checkOptions<O extends object>(
  callee: Callee,
  options: O | undefined,
  schema: Schema<O>,
  allowed: readonly string[] = Object.keys(schema),
): O {
  const source: unknown = options === undefined ? {} : options;
  if (!isObject(source)) throw refusal(callee, `${callee.name}'s options`, mustBe("an object", source));
  const unknown = Object.keys(source).find((name) => !allowed.includes(name));
  if (unknown !== undefined) throw refusal(callee, callee.name, noSuch("option", unknown, allowed, callee.has));
  const given: Record<string, unknown> = {};
  for (const name of allowed) {
    const value = source[name];
    const fault = faultOf(value, schema[name as keyof O]);
    if (fault !== undefined) throw refusal(callee, `${callee.name}'s option ${name}`, fault);
    if (value !== undefined) given[name] = value;
  }
  return given as O;
}

/** @throws {@link ArgumentError} for an invalid argument */
export function checkArgument(callee: Callee, name: string, value: unknown, expected: Expected<unknown>): void {
  const fault = expected.fault(value);
  if (fault !== undefined) throw refusal(callee, `${callee.name}'s argument ${name}`, fault);
}

/**
 * Checks a new value of a property and returns it.
 *
 * @throws {@link ArgumentError} for an invalid value
 */
export function checkProperty<T>(owner: Owner, name: string, value: T, expected: Expected<T>): T {
  const fault = expected.fault(value);
  if (fault !== undefined) throw refusal(owner, name, fault);
  return value;
}

/** An absent optional value is valid. */
function faultOf(value: unknown, expected: Expected<unknown>): Fault | undefined {
  return value === undefined && expected.required !== true ? undefined : expected.fault(value);
}

function mustBe(what: string, value: unknown): Fault {
  return { path: "", problem: `must be ${what}, got ${shown(value)}` };
}

function noSuch(what: "field" | "option", name: string, names: readonly string[], owner = "it"): Fault {
  const problem = `has no ${what} ${JSON.stringify(name)}; ${owner} has: ${names.join(", ") || "none"}`;
  return { path: "", problem, hint: didYouMean(name, names) };
}

function didYouMean(name: string, names: readonly string[]): string | undefined {
  const meant = nearest(name, names);
  return meant === undefined ? undefined : `Did you mean ${meant}?`;
}

function within(path: string, fault: Fault): Fault {
  return { ...fault, path: path + fault.path };
}

function firstFault(names: readonly string[], faultOfField: (name: string) => Fault | undefined): Fault | undefined {
  for (const name of names) {
    const fault = faultOfField(name);
    if (fault !== undefined) return within(`.${name}`, fault);
  }
  return undefined;
}

function refusal({ of, details }: Owner, what: string, { path, problem, hint }: Fault): ArgumentError {
  const message = `${of === undefined ? "" : `${of}: `}${what}${path} ${problem}`;
  return new ArgumentError(message, { ...details, ...(hint !== undefined && { hint }) });
}

/**
 * Whether a value is a plain object, an instance of a class or a module. Arrays, Maps and promises are not: they keep
 * their contents elsewhere.
 */
function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  if (Object.getPrototypeOf(value) === Object.prototype) return true;
  const tag = Object.prototype.toString.call(value);
  return tag === "[object Object]" || tag === "[object Module]";
}
