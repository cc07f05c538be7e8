/** Strings in bytes, each ended by NUL: the string sections of ELF and BTF. */

/** All of them as one string, in which a character stands for each byte: an offset of theirs is an index of its. */
export function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}

/** The string at an offset of {@link latin1}'s result, up to NUL or the end. */
export function textAt(strings: string, offset: number): string {
  const end = strings.indexOf("\0", offset);
  const text = strings.slice(offset, end < 0 ? undefined : end);
  return /[\u0080-\u00ff]/.test(text) ? Buffer.from(text, "latin1").toString() : text;
}

/** The same, of the bytes themselves. */
export function textIn(bytes: Uint8Array, offset: number): string {
  const end = bytes.indexOf(0, offset);
  const text = bytes.subarray(offset, end < 0 ? undefined : end);
  return Buffer.from(text.buffer, text.byteOffset, text.length).toString();
}
