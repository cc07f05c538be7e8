/**
 * BTF: the kernel's and an object's types, read from their bytes. A type is its id; nothing is made of it until asked.
 * Format: Documentation/bpf/btf.rst, include/uapi/linux/btf.h.
 */
import { little } from "../endian";
import { BtfKind } from "./kinds";
import { type BtfType, makeType } from "./types";

/** Words after the three that every type has: a fixed number, and a number for each of its members. */
const FIXED: readonly number[] = [0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0];
const EACH: readonly number[] = [0, 0, 0, 0, 3, 3, 2, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 0, 0, 3];

const MAGIC = 0xeb9f;

/** A member of a struct or union, a variable of a section, a parameter, or an enumerator. */
export interface BtfMember {
  name: string;
  /** The id of its type; an enumerator's value. */
  type: number;
  /** In bits, for members of structs; in bytes, for variables of a section. */
  offset: number;
  /** A bit-field's bits, else 0; a variable's bytes. */
  size: number;
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
  readonly #nodes = new Map<number, BtfType>();

  /** @param base the kernel's BTF, for a module's */
  constructor(bytes: Uint8Array, base?: Btf) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 24 || view.getUint16(0, little) !== MAGIC) throw new BtfError("no BTF of this machine");
    const field = (offset: number) => view.getUint32(offset, little);
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

  /** info's top bit: signed enumerators, a union's forward declaration, members with bit-fields, tags that are attributes. */
  kindFlag(id: number): boolean {
    if (id < this.#first) return this.#base?.kindFlag(id) ?? false;
    return this.#word(id, 1) >>> 31 === 1;
  }

  /** The first word after the common three: an integer's encoding, a variable's linkage, a declaration tag's component. */
  extra(id: number): number {
    if (id < this.#first) return this.#base?.extra(id) ?? 0;
    return this.#word(id, 3);
  }

  /** info's lower half: a function's linkage, a number of members. */
  vlen(id: number): number {
    if (id < this.#first) return this.#base?.vlen(id) ?? 0;
    return this.#word(id, 1) & 0xffff;
  }

  /** The type that an array is of. */
  element(id: number): number {
    return this.extra(id);
  }

  /** What an array is indexed by, and its number of elements. */
  array(id: number): { index: number; length: number } {
    if (id < this.#first) return this.#base?.array(id) ?? { index: 0, length: 0 };
    return { index: this.#word(id, 4), length: this.#word(id, 5) };
  }

  /** The two words of each 64-bit enumerator; the second is 0 for others. */
  enumerators(id: number): { name: string; low: number; high: number }[] {
    if (id < this.#first) return this.#base?.enumerators(id) ?? [];
    const each = EACH[this.kind(id)] ?? 0;
    return Array.from({ length: this.vlen(id) }, (_, index) => {
      const at = 3 + index * each;
      const high = each === 3 ? this.#word(id, at + 2) : 0;
      return { name: this.string(this.#word(id, at)), low: this.#word(id, at + 1), high };
    });
  }

  members(id: number): BtfMember[] {
    if (id < this.#first) return this.#base?.members(id) ?? [];
    const info = this.#word(id, 1);
    const kind = kindOf(info);
    const each = EACH[kind] ?? 0;
    // With kind_flag an offset's top eight bits are a bit-field's size.
    const hasSizes = info >>> 31 === 1;
    return Array.from({ length: each === 0 ? 0 : info & 0xffff }, (_, index) => {
      const [a, b, c] = [0, 1, 2].map((word) => this.#word(id, 3 + index * each + word)) as [number, number, number];
      // A section's variables have no name of their own: type, offset, size.
      if (kind === BtfKind.DATASEC) return { name: this.name(a), type: a, offset: b, size: c };
      const offset = each < 3 ? 0 : hasSizes ? c & 0xffffff : c;
      return { name: this.string(a), type: b, offset, size: hasSizes && each === 3 ? c >>> 24 : 0 };
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

  /** The type of an id as a node of the type graph; the same object each time. */
  type(id: number): BtfType {
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    const made = makeType(this, id);
    this.#nodes.set(id, made);
    return made;
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
