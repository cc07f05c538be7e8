/** JSON of decoded values: 64-bit integers are written and read with all their digits. */
import { isUint8Array } from "node:util/types";
import type { BtfValue } from "./codec";

/** A value read from JSON. An integer beyond 2^53 is a bigint. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | { [name: string]: JsonValue };

/** Formats a decoded value: bytes as an array of numbers, numbers that JSON does not have as text. */
export function jsonOf(value: BtfValue | undefined): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? JSON.stringify(value) : JSON.stringify(String(value));
  if (isUint8Array(value) || Array.isArray(value)) return `[${Array.from(value as BtfValue[], jsonOf).join(",")}]`;
  if (typeof value !== "object") return JSON.stringify(value ?? null);
  return `{${Object.entries(value)
    .map(([name, field]) => `${JSON.stringify(name)}:${jsonOf(field)}`)
    .join(",")}}`;
}

const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
/** Marks an integer as text. No C string contains a NUL. */
const INTEGER = "\0integer:";

/**
 * Parses JSON.
 *
 * @throws {@link SyntaxError} if it is not JSON
 */
export function parseJson(text: string): JsonValue {
  JSON.parse(text);
  const marked = text.replaceAll(TOKENS, (token) => (isLarge(token) ? JSON.stringify(INTEGER + token) : token));
  return JSON.parse(marked, (_, value) =>
    typeof value === "string" && value.startsWith(INTEGER) ? BigInt(value.slice(INTEGER.length)) : value,
  );
}

function isLarge(token: string): boolean {
  return /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token));
}
