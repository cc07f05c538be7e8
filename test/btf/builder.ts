/** Builds BTF word by word, for types that no compiler emits. */
import type { Btf } from "../../lib/btf/btf";
import { BtfKind } from "../../lib/btf/btf-kinds";
import { little } from "../../lib/endian";

const HEADER = 24;

export class BtfBuilder {
  readonly #words: number[] = [];
  #strings: string;
  readonly #offsets = new Map<string, number>();
  readonly #base: Btf | undefined;
  #next: number;

  constructor(base?: Btf) {
    this.#base = base;
    this.#strings = base === undefined ? "\0" : "";
    this.#next = base?.end ?? 1;
  }

  /** The offset of a string. */
  text(text: string): number {
    if (text === "") return 0;
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = (this.#base?.stringsEnd ?? 0) + this.#strings.length;
    this.#strings += `${text}\0`;
    this.#offsets.set(text, offset);
    return offset;
  }

  /** Adds a type by its name, kind, number of members, third word and the words that follow; returns its id. */
  add(name: string, kind: number, vlen: number, third: number, rest: readonly number[] = [], flag = false): number {
    const info = ((flag ? 0x80000000 : 0) | (kind << 24) | vlen) >>> 0;
    this.#words.push(this.text(name), info, third, ...rest);
    return this.#next++;
  }

  int(name = "int", size = 4, bits = size * 8): number {
    return this.add(name, BtfKind.INT, 0, size, [bits]);
  }

  /** Adds a pointer, typedef or another type that refers to one. */
  to(kind: number, target: number, name = ""): number {
    return this.add(name, kind, 0, target);
  }

  array(element: number, length: number, index = element): number {
    return this.add("", BtfKind.ARRAY, 0, 0, [element, index, length]);
  }

  /** Adds a struct with members by their names, types and offsets in bits. */
  struct(name: string, size: number, members: readonly (readonly [string, number, number])[], flag = false): number {
    const words = members.flatMap(([member, type, offset]) => [this.text(member), type, offset]);
    return this.add(name, BtfKind.STRUCT, members.length, size, words, flag);
  }

  bytes(): Uint8Array {
    const types = this.#words.length * 4;
    const view = new DataView(new ArrayBuffer(HEADER + types + this.#strings.length));
    view.setUint16(0, 0xeb9f, little);
    view.setUint8(2, 1);
    for (const [index, word] of [HEADER, 0, types, types, this.#strings.length, ...this.#words].entries())
      view.setUint32(4 + index * 4, word, little);
    const bytes = new Uint8Array(view.buffer);
    bytes.set(Buffer.from(this.#strings, "latin1"), HEADER + types);
    return bytes;
  }
}
