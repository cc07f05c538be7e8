/**
 * BTF: the kernel's and an object's types, read from their bytes. A type is its id; nothing is made of it until asked.
 * Format: Documentation/bpf/btf.rst, include/uapi/linux/btf.h.
 */
import { endianness } from "node:os";

/** enum BTF_KIND_*. */
export const BtfKind = {
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;

/** Words after the three that every type has: a fixed number, and a number for each of its members. */
const FIXED: readonly number[] = [0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0];
const EACH: readonly number[] = [0, 0, 0, 0, 3, 3, 2, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 0, 0, 3];

const MAGIC = 0xeb9f;
const ENCODING_LITTLE = endianness() === "LE";

/** A member of a struct or union, a variable of a section, a parameter, or an enumerator. */
export interface BtfMember {
  name: string;
  /** The id of its type; an enumerator's value. */
  type: number;
  /** In bits, for members of structs; in bytes, for variables of a section. */
  offset: number;
}

/** Thrown for bytes that are no BTF of this machine; callers say whose they were. */
export class BtfError extends Error {}

/** The BTF has types of a kind that came later: it is not damaged, and can't be read here. */
export class BtfKindError extends BtfError {}

/** Kinds whose third word is a type, not a size. */
const REFERS: ReadonlySet<number> = new Set([
  BtfKind.PTR,
  BtfKind.TYPEDEF,
  BtfKind.VOLATILE,
  BtfKind.CONST,
  BtfKind.RESTRICT,
  BtfKind.FUNC,
  BtfKind.FUNC_PROTO,
  BtfKind.VAR,
  BtfKind.DECL_TAG,
  BtfKind.TYPE_TAG,
]);

export class Btf {
  /** In bytes. */
  readonly size: number;
  /** The first id that is not a type. */
  readonly end: number;
  readonly #base: Btf | undefined;
  readonly #words: Uint32Array;
  /** Where the type of each id begins in the words. */
  readonly #starts: Uint32Array;
  readonly #first: number;
  /** One character for each byte: an offset is an index. */
  readonly #strings: string;
  readonly #stringsStart: number;

  /** @param base the kernel's BTF, for a module's */
  constructor(bytes: Uint8Array, base?: Btf) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 24 || view.getUint16(0, ENCODING_LITTLE) !== MAGIC) throw new BtfError("no BTF of this machine");
    const field = (offset: number) => view.getUint32(offset, ENCODING_LITTLE);
    const header = field(4);
    const types = header + field(8);
    const strings = header + field(16);
    if (field(12) % 4 !== 0 || types + field(12) > bytes.length || strings + field(20) > bytes.length)
      throw new BtfError("cut off");

    this.size = bytes.length;
    this.#base = base;
    this.#first = base?.end ?? 1;
    this.#stringsStart = base === undefined ? 0 : base.#stringsStart + base.#strings.length;
    this.#strings = Buffer.from(bytes.buffer, bytes.byteOffset + strings, field(20)).toString("latin1");
    const start = bytes.byteOffset + types;
    this.#words =
      start % 4 === 0
        ? new Uint32Array(bytes.buffer, start, field(12) >> 2)
        : new Uint32Array(Uint8Array.from(bytes.subarray(types, types + field(12))).buffer);
    this.#starts = startsOf(this.#words);
    this.end = this.#first + this.#starts.length;
  }

  kind(id: number): number {
    if (id < this.#first) return this.#base?.kind(id) ?? 0;
    return kindOf(this.#word(id, 1));
  }

  /** The type's name; "" for a type without one, or an id that is none. */
  name(id: number): string {
    if (id < this.#first) return this.#base?.name(id) ?? "";
    return this.string(this.#word(id, 0));
  }

  /** What the type refers to (a pointer's target, a function's prototype), or its size. */
  typeOrSize(id: number): number {
    if (id < this.#first) return this.#base?.typeOrSize(id) ?? 0;
    return this.#word(id, 2);
  }

  /** The type that an array is of. */
  element(id: number): number {
    if (id < this.#first) return this.#base?.element(id) ?? 0;
    return this.#word(id, 3);
  }

  members(id: number): BtfMember[] {
    if (id < this.#first) return this.#base?.members(id) ?? [];
    const info = this.#word(id, 1);
    const kind = kindOf(info);
    const each = EACH[kind] ?? 0;
    // With kind_flag an offset's top eight bits are a bit-field's size.
    const mask = info >>> 31 === 1 ? 0xffffff : 0xffffffff;
    return Array.from({ length: each === 0 ? 0 : info & 0xffff }, (_, index) => {
      const [a, b, c] = [0, 1, 2].map((word) => this.#word(id, 3 + index * each + word)) as [number, number, number];
      // A section's variables have no name of their own: type, offset, size.
      if (kind === BtfKind.DATASEC) return { name: this.name(a), type: a, offset: b };
      return { name: this.string(a), type: b, offset: each === 3 ? (c & mask) >>> 0 : 0 };
    });
  }

  /**
   * Calls back for every type of its own that has one of the kinds and a name that begins with the kind's prefix. One
   * pass over the kernel's hundred thousand types, which makes no strings but those asked for.
   */
  scan(
    prefixes: Readonly<Partial<Record<number, string>>>,
    visit: (kind: number, name: string, id: number) => void,
  ): void {
    const words = this.#words;
    const starts = this.#starts;
    const strings = this.#strings;
    const wanted = Array.from(FIXED, (_, kind) => prefixes[kind]);
    for (let index = 0; index < starts.length; index++) {
      const at = starts[index] as number;
      const kind = kindOf(words[at + 1] as number);
      const prefix = wanted[kind];
      if (prefix === undefined) continue;
      const start = (words[at] as number) - this.#stringsStart;
      // One character first: most names differ there, and startsWith() is a call.
      if (start < 0 || (prefix !== "" && strings.charCodeAt(start) !== prefix.charCodeAt(0))) continue;
      if (!strings.startsWith(prefix, start)) continue;
      visit(kind, strings.slice(start, strings.indexOf("\0", start)), this.#first + index);
    }
  }

  /** The first type that names what there is not: a text beyond the strings, or a type beyond the last; undefined if none does. */
  fault(): number | undefined {
    const isName = (offset: number) => offset < this.#stringsStart + this.#strings.length;
    const isType = (id: number) => id < this.end;
    for (let id = this.#first; id < this.end; id++) {
      const kind = this.kind(id);
      const info = this.#word(id, 1);
      const each = EACH[kind] as number;
      let sound = isName(this.#word(id, 0)) && (!REFERS.has(kind) || isType(this.#word(id, 2)));
      if (kind === BtfKind.ARRAY) sound &&= isType(this.#word(id, 3)) && isType(this.#word(id, 4));
      for (let at = 3; sound && at < 3 + (info & 0xffff) * each; at += each) {
        // A section's variable has no name; an enumerator has no type.
        const section = kind === BtfKind.DATASEC;
        const enumerator = kind === BtfKind.ENUM || kind === BtfKind.ENUM64;
        sound = section || isName(this.#word(id, at));
        if (sound && !enumerator) sound = isType(this.#word(id, section ? at : at + 1));
      }
      if (!sound) return id;
    }
    return this.#strings.endsWith("\0") ? undefined : this.end;
  }

  /** The first type of a kind and name, as libbpf's btf__find_by_name_kind(); a base is searched first. */
  find(kind: number, name: string): number | undefined {
    const inBase = this.#base?.find(kind, name);
    if (inBase !== undefined) return inBase;
    const whole = `${name}\0`;
    for (let id = this.#first; id < this.end; id++) {
      if (this.kind(id) !== kind) continue;
      const start = this.#word(id, 0) - this.#stringsStart;
      if (start >= 0 && this.#strings.startsWith(whole, start)) return id;
    }
    return undefined;
  }

  /** The id with typedefs and qualifiers taken off. */
  resolve(id: number): number {
    for (let depth = 0; depth < 32; depth++) {
      const kind = this.kind(id);
      const transparent = (kind >= BtfKind.TYPEDEF && kind <= BtfKind.RESTRICT) || kind === BtfKind.TYPE_TAG;
      if (!transparent) return id;
      id = this.typeOrSize(id);
    }
    return 0;
  }

  /** The text at an offset of the string section. */
  string(offset: number): string {
    if (offset < this.#stringsStart) return this.#base?.string(offset) ?? "";
    const start = offset - this.#stringsStart;
    const end = this.#strings.indexOf("\0", start);
    return this.#strings.slice(start, end < 0 ? undefined : end);
  }

  #word(id: number, index: number): number {
    const at = this.#starts[id - this.#first];
    return at === undefined ? 0 : (this.#words[at + index] as number);
  }
}

function kindOf(info: number): number {
  return (info >>> 24) & 0x1f;
}

function startsOf(words: Uint32Array): Uint32Array {
  const starts = new Uint32Array(Math.ceil(words.length / 3));
  let count = 0;
  let at = 0;
  while (at + 3 <= words.length) {
    const info = words[at + 1] as number;
    const kind = kindOf(info);
    const fixed = FIXED[kind];
    // The sizes of kinds that came later are not known here.
    if (fixed === undefined || kind === 0) throw new BtfKindError(`a type of the unknown kind ${kind}`);
    starts[count++] = at;
    at += 3 + fixed + (EACH[kind] as number) * (info & 0xffff);
  }
  if (at !== words.length) throw new BtfError("cut off in a type");
  return starts.subarray(0, count);
}
