/** Reads and writes strings and byte arrays in memory. */
import { isUint8Array } from "node:util/types";
import { ArgumentError, shown } from "../errors";
import { expected, ValueMismatch } from "./mismatch";

/** The error in a codec's arguments, if any. Checked only after a failure, so that success costs nothing. */
export function memoryFault(view: unknown, offset: unknown, length: unknown): ArgumentError | undefined {
  const refuse = (message: string) => new ArgumentError(message, { operation: "codec" });
  if (!(view instanceof DataView)) return refuse(`a codec's view must be a DataView, got ${shown(view)}`);
  let size: number;
  try {
    size = view.byteLength;
  } catch {
    return refuse("a codec's view must have memory, but its buffer was detached or resized");
  }
  if (!Number.isSafeInteger(offset) || (offset as number) < 0)
    return refuse(`a codec's offset must be a non-negative integer (bytes), got ${shown(offset)}`);
  if (!Number.isSafeInteger(length) || (length as number) < 0)
    return refuse(`a codec's length must be a non-negative integer (bytes), got ${shown(length)}`);
  const end = (offset as number) + (length as number);
  return end <= size ? undefined : refuse(`a codec's value ends at byte ${end}, but its view has ${size} bytes`);
}

/** Copies bytes out of memory. */
export function readBytes(view: DataView, offset: number, size: number): Uint8Array {
  return Uint8Array.from(new Uint8Array(view.buffer, view.byteOffset + offset, size));
}

/** The string up to the first NUL. Invalid UTF-8 becomes U+FFFD. */
export function readText(view: DataView, offset: number, size: number): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset + offset, size);
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? size : end);
}

/** Writes exactly `size` bytes, or at most that many if the array is flexible. */
export function writeBytes(view: DataView, offset: number, size: number, flexible: boolean, value: unknown): void {
  const fits = isUint8Array(value) && (flexible ? value.length <= size : value.length === size);
  if (!fits) throw expected(`${flexible ? "at most " : ""}${size} bytes (a Uint8Array)`, value);
  new Uint8Array(view.buffer, view.byteOffset + offset, size).set(value);
}

/**
 * Writes a string; no NUL is appended if it fills the array. Also accepts the array's raw bytes, for text that is not
 * UTF-8.
 */
export function writeText(view: DataView, offset: number, size: number, value: unknown): void {
  if (isUint8Array(value) && value.length === size) {
    writeBytes(view, offset, size, false, value);
    return;
  }
  if (typeof value !== "string") throw expected(`a text of at most ${size} bytes`, value);
  if (value.includes("\0")) throw new ValueMismatch("text ends at the first NUL, but this one contains a NUL");
  if (/\p{Surrogate}/u.test(value)) throw new ValueMismatch("the text contains a lone surrogate");
  const length = Buffer.byteLength(value);
  if (length > size) throw new ValueMismatch(`expected a text of at most ${size} bytes, got ${length} bytes`);
  Buffer.from(view.buffer, view.byteOffset + offset, size).write(value);
}
