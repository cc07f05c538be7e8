/** Builds BTF type by type, for tests. */
import { Btf } from "../lib/btf/btf";
import { BtfKind } from "../lib/btf/btf-kinds";
import type { BtfType } from "../lib/btf/types";
import { little } from "../lib/endian";

export interface BuiltMember {
  name: string;
  type: number;
  /** In bits. */
  offset: number;
  /** The size of a bit-field. */
  bits?: number;
}

const ENCODINGS = { unsigned: 0, signed: 1, bool: 4 } as const;

export class BtfBuilder {
  readonly #words: number[] = [];
  readonly #strings: string[] = [""];
  #length = 1;
  #types = 0;

  /** Adds a type of any kind; returns its id. */
  add(
    kind: number,
    name: string,
    sizeOrType: number,
    options: { count?: number; flag?: boolean } = {},
    words: number[] = [],
  ) {
    const info = ((kind << 24) | (options.count ?? 0) | (options.flag ? 1 << 31 : 0)) >>> 0;
    this.#words.push(this.#text(name), info, sizeOrType, ...words);
    return ++this.#types;
  }

  int(name: string, size: number, encoding: keyof typeof ENCODINGS, bits = size * 8, offset = 0): number {
    return this.add(BtfKind.INT, name, size, {}, [(ENCODINGS[encoding] << 24) | (offset << 16) | bits]);
  }

  /** Adds a kind that only refers to another type: a pointer, typedef, const … */
  reference(kind: number, target: number, name = ""): number {
    return this.add(kind, name, target);
  }

  array(element: number, length: number): number {
    return this.add(BtfKind.ARRAY, "", 0, {}, [element, 0, length]);
  }

  /** @param flag whether the members contain the bit-field sizes; otherwise their integers do */
  struct(kind: "struct" | "union", name: string, size: number, members: readonly BuiltMember[], flag = true): number {
    const words = members.flatMap(({ name, type, offset, bits = 0 }) => [
      this.#text(name),
      type,
      flag ? ((bits << 24) | offset) >>> 0 : offset,
    ]);
    const id = kind === "struct" ? BtfKind.STRUCT : BtfKind.UNION;
    return this.add(id, name, size, { count: members.length, flag }, words);
  }

  enumeration(
    name: string,
    size: number,
    signed: boolean,
    values: readonly (readonly [string, bigint])[],
    wide = false,
  ) {
    const words = values.flatMap(([name, value]) => {
      const low = Number(BigInt.asUintN(32, value));
      return [this.#text(name), low, ...(wide ? [Number(BigInt.asUintN(32, value >> 32n))] : [])];
    });
    return this.add(wide ? BtfKind.ENUM64 : BtfKind.ENUM, name, size, { count: values.length, flag: signed }, words);
  }

  /** The type of an id, in the BTF of everything that was added. */
  type(id: number): BtfType {
    return this.build().type(id);
  }

  build(): Btf {
    const strings = Buffer.from(`${this.#strings.join("\0")}\0`, "latin1");
    const bytes = new Uint8Array(24 + this.#words.length * 4 + strings.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, 0xeb9f, little);
    view.setUint8(2, 1);
    const header = [24, 0, this.#words.length * 4, this.#words.length * 4, strings.length];
    for (const [index, word] of header.entries()) view.setUint32(4 + index * 4, word, little);
    for (const [index, word] of this.#words.entries()) view.setUint32(24 + index * 4, word, little);
    bytes.set(strings, 24 + this.#words.length * 4);
    return new Btf(bytes);
  }

  #text(text: string): number {
    if (text === "") return 0;
    const at = this.#length;
    this.#strings.push(text);
    this.#length += text.length + 1;
    return at;
  }
}
