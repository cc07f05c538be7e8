/** Values as text: JSON, or a plain word for a string, a number or bytes. */
import { isUint8Array } from "node:util/types";
import { little } from "../endian";
import { type BtfValue, type Codec, planOfCodec } from "./codec";
import { type JsonValue, parseJson } from "./exact-json";

/**
 * The value that a text stands for, in the form that the codec accepts. What does not fit is left for the codec to
 * refuse.
 *
 * @param size in bytes
 */
export function valueOfText(text: string, codec: Pick<Codec<unknown>, "decode">, size: number): BtfValue {
  if (planOfCodec(codec)?.op === "chars" && !text.startsWith('"')) return text;
  // Bytes of zeros decode to a value of the right form.
  return valueLike(text, codec.decode(new DataView(new ArrayBuffer(size)), 0, size) as BtfValue);
}

/** The same, given another value of the type. */
export function valueLike(text: string, form: BtfValue): BtfValue {
  return formed(parsed(text), form) as BtfValue;
}

const HEXADECIMAL = /^0x[\da-f]+$/i;

/** Text that is not JSON is a number in hexadecimal, or a plain string. */
export function parsed(text: string): JsonValue {
  if (HEXADECIMAL.test(text)) return new Hexadecimal(text) as unknown as JsonValue;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** Digits of an integer, or of bytes in their order. */
class Hexadecimal {
  readonly #digits: string;

  constructor(text: string) {
    this.#digits = text.slice(2);
  }

  bytes(size: number): Uint8Array | undefined {
    return this.#digits.length === size * 2 ? new Uint8Array(Buffer.from(this.#digits, "hex")) : undefined;
  }

  integer(): number | bigint {
    const value = BigInt(`0x${this.#digits}`);
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }
}

/** Gives a parsed value the form of another one of the same type. */
function formed(value: unknown, form: unknown): unknown {
  if (isUint8Array(form)) return bytesFrom(value, form.length);
  if (value instanceof Hexadecimal) return value.integer();
  if (typeof form === "boolean" && (value === 0 || value === 1)) return value === 1;
  // Hexadecimal in JSON is a string, and JSON has no infinity.
  if (typeof form === "number" || typeof form === "bigint") return numberFrom(value);
  if (Array.isArray(form) && Array.isArray(value))
    return value.map((item, index) => formed(item, form[index] ?? form[0]));
  if (isRecord(form) && isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, formed(field, form[name])]));
  }
  return value;
}

function numberFrom(value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (/^-?(Infinity|NaN)$/.test(value)) return Number(value);
  return HEXADECIMAL.test(value) ? new Hexadecimal(value).integer() : value;
}

/** An array of bytes, hexadecimal digits, or an integer of the machine's byte order. */
function bytesFrom(value: unknown, size: number): unknown {
  if (Array.isArray(value)) {
    return value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255) ? Uint8Array.from(value) : value;
  }
  const given = typeof value === "string" && HEXADECIMAL.test(value) ? new Hexadecimal(value) : value;
  const digits = given instanceof Hexadecimal ? given.bytes(size) : undefined;
  if (digits !== undefined) return digits;
  const number = given instanceof Hexadecimal ? given.integer() : given;
  if (size > 8 || !(typeof number === "bigint" || Number.isSafeInteger(number))) return value;
  const [integer, bits] = [BigInt(number as number | bigint), size * 8];
  if (BigInt.asUintN(bits, integer) !== integer && BigInt.asIntN(bits, integer) !== integer) return value;
  const memory = new DataView(new ArrayBuffer(8));
  memory.setBigUint64(0, BigInt.asUintN(bits, integer), little);
  return new Uint8Array(memory.buffer, little ? 0 : 8 - size, size).slice();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
