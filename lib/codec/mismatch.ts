/** A value that does not fit its type. */
import { isUint8Array } from "node:util/types";

/**
 * Thrown where a value is found not to fit, caught where the path of the whole value is known. Each level in between
 * prepends its name.
 */
export class ValueMismatch {
  /** The path within the value: ".list[3].uid". */
  path = "";

  constructor(readonly problem: string) {}

  /** Prepends a field or an index to the path. */
  within(step: string): this {
    this.path = step + this.path;
    return this;
  }
}

export function expected(what: string, value: unknown): ValueMismatch {
  return new ValueMismatch(`expected ${what}, got ${shown(value)}`);
}

/** A short description of a value. */
function shown(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "function") return "a function";
  if (isUint8Array(value)) return `${value.length} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** Runs a function and prepends `step` to the path of its errors. */
export function within<T>(step: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof ValueMismatch ? error.within(step) : error;
  }
}
