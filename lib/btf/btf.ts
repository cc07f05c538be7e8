/**
 * BTF: the kernel's and an object's types, read from their bytes. A type is its id; nothing is made of it until asked.
 * Format: Documentation/bpf/btf.rst, include/uapi/linux/btf.h.
 */
import { little } from "../endian";
import { ArgumentError } from "../errors";
import { nearest } from "../nearest";
import { anyNumber, anyObject, anyString, type Callee, checkArgument } from "../options";
import { refuseOthers } from "../receivers";
import { BtfKind, MAX_DEPTH } from "./btf-kinds";
import { type BtfFault, faultOf } from "./fault";
import type { BtfMember } from "./type-records";
import { type BtfDeclarationTag, type BtfType, makeType } from "./types";

/** Words after the three that every type has: a fixed number, and a number for each of its members. */
const FIXED: readonly number[] = [0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0];
const EACH: readonly number[] = [0, 0, 0, 0, 3, 3, 2, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 0, 0, 3];

const MAGIC = 0xeb9f;

const method = (name: string): Callee => ({ name, details: { operation: "btf" } });
const FIND = method("find");
const TYPE = method("type");
const TYPE_NAMED = method("typeNamed");
const TAGS_OF = method("tagsOf");

/** Thrown for bytes that are no BTF of this machine; callers say whose they were. */
export class BtfError extends Error {}

/** The BTF has types of a kind that came later: it is not damaged, and can't be read here. */
export class BtfKindError extends BtfError {}

/** What a type is called by, and the kinds that it can be; a bare name is looked for among all, in this order. */
const NAMED: Readonly<Record<string, readonly number[]>> = {
  typedef: [BtfKind.TYPEDEF],
  struct: [BtfKind.STRUCT],
  union: [BtfKind.UNION],
  enum: [BtfKind.ENUM, BtfKind.ENUM64],
  "": [BtfKind.INT, BtfKind.FLOAT],
};

/**
 * The types of an object, of the kernel or of one of its modules: from {@link readBtf} or {@link kernelBtf}. Plain data: it
 * holds no resource of the kernel.
 *
 * A type has an id; 0 is void. A module's BTF goes on where the kernel's ends, its `base`: ids below `first` are the base's.
 */
export class Btf {
  static {
    refuseOthers(Btf, (value) => #words in value, ["type", "types", "find", "typeNamed", "tagsOf", "fault"]);
  }

  /** Whose types they are, for messages: a file's name, "this kernel", a module's name. */
  readonly label: string;
  /** In bytes. */
  readonly size: number;
  /** The BTF that this one goes on from, which is the kernel's, for a module's. */
  readonly base: Btf | undefined;
  /** The first id of its own types: 1, or the base's `end`. */
  readonly first: number;
  /** The first id that is not a type. */
  readonly end: number;
  /** @internal */
  readonly bytes: Uint8Array;
  readonly #words: Uint32Array;
  /** Where the type of each id begins in the words. */
  readonly #starts: Uint32Array;
  /** A bit for each kind that there are types of. */
  readonly #kinds: number;
  /** One character for each byte: an offset is an index. */
  readonly #strings: string;
  readonly #stringsStart: number;
  readonly #nodes = new Map<number, BtfType>();
  #fault: { is: BtfFault | undefined } | undefined;
  #tags: Map<number, BtfDeclarationTag[]> | undefined;

  /** @internal Throws a {@link BtfError}. */
  constructor(bytes: Uint8Array, base?: Btf, label = "the BTF") {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 24 || view.getUint16(0, little) !== MAGIC) throw new BtfError("no BTF of this machine");
    const field = (offset: number) => view.getUint32(offset, little);
    const header = field(4);
    const types = header + field(8);
    const strings = header + field(16);
    if (field(12) % 4 !== 0 || types + field(12) > bytes.length || strings + field(20) > bytes.length)
      throw new BtfError("cut off");

    this.bytes = bytes;
    this.size = bytes.length;
    this.label = label;
    this.base = base;
    this.first = base?.end ?? 1;
    this.#stringsStart = base === undefined ? 0 : base.stringsEnd;
    this.#strings = Buffer.from(bytes.buffer, bytes.byteOffset + strings, field(20)).toString("latin1");
    const start = bytes.byteOffset + types;
    this.#words =
      start % 4 === 0
        ? new Uint32Array(bytes.buffer, start, field(12) >> 2)
        : new Uint32Array(Uint8Array.from(bytes.subarray(types, types + field(12))).buffer);
    const { starts, kinds } = startsOf(this.#words);
    this.#starts = starts;
    this.#kinds = kinds;
    this.end = this.first + this.#starts.length;
  }

  /** @internal BTF_KIND_*; 0 for void. */
  kind(id: number): number {
    if (id < this.first) return this.base?.kind(id) ?? 0;
    return kindOf(this.word(id, 1));
  }

  /** @internal The type's name; "" for a type without one, or an id that is none. */
  name(id: number): string {
    if (id < this.first) return this.base?.name(id) ?? "";
    return this.string(this.word(id, 0));
  }

  /** @internal What the type refers to (a pointer's target, a function's prototype), or its size. */
  typeOrSize(id: number): number {
    if (id < this.first) return this.base?.typeOrSize(id) ?? 0;
    return this.word(id, 2);
  }

  /** @internal info's top bit: signed enumerators, a union's forward declaration, members with bit-fields, tags that are attributes. */
  kindFlag(id: number): boolean {
    if (id < this.first) return this.base?.kindFlag(id) ?? false;
    return this.word(id, 1) >>> 31 === 1;
  }

  /** @internal The first word after the common three: an integer's encoding, a variable's linkage, a declaration tag's component. */
  extra(id: number): number {
    if (id < this.first) return this.base?.extra(id) ?? 0;
    return this.word(id, 3);
  }

  /** @internal info's lower half: a function's linkage, a number of members. */
  vlen(id: number): number {
    if (id < this.first) return this.base?.vlen(id) ?? 0;
    return this.word(id, 1) & 0xffff;
  }

  /** @internal The type that an array is of. */
  element(id: number): number {
    return this.extra(id);
  }

  /** @internal What an array is indexed by, and its number of elements. */
  array(id: number): { index: number; length: number } {
    if (id < this.first) return this.base?.array(id) ?? { index: 0, length: 0 };
    return { index: this.word(id, 4), length: this.word(id, 5) };
  }

  /** @internal The two words of each 64-bit enumerator; the second is 0 for others. */
  enumerators(id: number): { name: string; low: number; high: number }[] {
    if (id < this.first) return this.base?.enumerators(id) ?? [];
    const each = EACH[this.kind(id)] ?? 0;
    return Array.from({ length: this.vlen(id) }, (_, index) => {
      const at = 3 + index * each;
      const high = each === 3 ? this.word(id, at + 2) : 0;
      return { name: this.string(this.word(id, at)), low: this.word(id, at + 1), high };
    });
  }

  /** @internal Of a struct, union, section, enum or function prototype. */
  members(id: number): BtfMember[] {
    if (id < this.first) return this.base?.members(id) ?? [];
    const info = this.word(id, 1);
    const kind = kindOf(info);
    const each = EACH[kind] ?? 0;
    // With kind_flag an offset's top eight bits are a bit-field's size.
    const hasSizes = info >>> 31 === 1;
    return Array.from({ length: each === 0 ? 0 : info & 0xffff }, (_, index) => {
      const [a, b, c] = [0, 1, 2].map((word) => this.word(id, 3 + index * each + word)) as [number, number, number];
      // A section's variables have no name of their own: type, offset, size.
      if (kind === BtfKind.DATASEC) return { name: this.name(a), type: a, offset: b, size: c };
      const offset = each < 3 ? 0 : hasSizes ? c & 0xffffff : c;
      return { name: this.string(a), type: b, offset, size: hasSizes && each === 3 ? c >>> 24 : 0 };
    });
  }

  /**
   * @internal Calls back for every type of its own that has one of the kinds and a name that begins with the kind's prefix. One
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
    if (!wanted.some((prefix, kind) => prefix !== undefined && (this.#kinds >>> kind) & 1)) return;
    for (let index = 0; index < starts.length; index++) {
      const at = starts[index] as number;
      const kind = kindOf(words[at + 1] as number);
      const prefix = wanted[kind];
      if (prefix === undefined) continue;
      const start = (words[at] as number) - this.#stringsStart;
      // One character first: most names differ there, and startsWith() is a call.
      if (start < 0 || (prefix !== "" && strings.charCodeAt(start) !== prefix.charCodeAt(0))) continue;
      if (!strings.startsWith(prefix, start)) continue;
      visit(kind, strings.slice(start, strings.indexOf("\0", start)), this.first + index);
    }
  }

  /** The id of the first type of a kind ({@link BtfKind}) and name; a base is searched first. libbpf: btf__find_by_name_kind(). */
  find(kind: number, name: string): number | undefined {
    checkArgument(FIND, "kind", kind, anyNumber);
    checkArgument(FIND, "name", name, anyString);
    const inBase = this.base?.find(kind, name);
    if (inBase !== undefined) return inBase;
    const whole = `${Buffer.from(name).toString("latin1")}\0`;
    for (let id = this.first; id < this.end; id++) {
      if (this.kind(id) !== kind) continue;
      const start = this.word(id, 0) - this.#stringsStart;
      if (start >= 0 && this.#strings.startsWith(whole, start)) return id;
    }
    return undefined;
  }

  /** @internal The id with typedefs and qualifiers taken off. */
  resolve(id: number): number {
    for (let depth = 0; depth <= MAX_DEPTH; depth++) {
      const kind = this.kind(id);
      const transparent = (kind >= BtfKind.TYPEDEF && kind <= BtfKind.RESTRICT) || kind === BtfKind.TYPE_TAG;
      if (!transparent) return id;
      id = this.typeOrSize(id);
    }
    return 0;
  }

  /** @internal The text at an offset of the string section. */
  string(offset: number): string {
    if (offset < this.#stringsStart) return this.base?.string(offset) ?? "";
    const start = offset - this.#stringsStart;
    const end = this.#strings.indexOf("\0", start);
    const text = this.#strings.slice(start, end < 0 ? undefined : end);
    return /[\u0080-\u00ff]/.test(text) ? Buffer.from(text, "latin1").toString() : text;
  }

  /** The type of an id as a node of the type graph; the same object each time. An id that is none gives void. */
  type(id: number): BtfType {
    checkArgument(TYPE, "id", id, anyNumber);
    if (id < this.first && this.base !== undefined) return this.base.type(id);
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    const made = makeType(this, id);
    this.#nodes.set(id, made);
    return made;
  }

  /** Its own types in the order of their ids, without the base's. A kernel has more than a hundred thousand. */
  *types(): IterableIterator<BtfType> {
    for (let id = this.first; id < this.end; id++) yield this.type(id);
  }

  /**
   * A type by its C name: "struct task_struct", "union bpf_attr", "enum pid_type", "typedef u32"; or by its bare name, which
   * is a typedef's, or else a struct's, a union's, an enum's or that of an integer ("unsigned int"). The first of that name.
   *
   * @throws {@link ArgumentError} if there is none, with the name that was perhaps meant
   */
  typeNamed(name: string): BtfType {
    checkArgument(TYPE_NAMED, "name", name, anyString);
    const [, keyword, bare = name] = /^(struct|union|enum|typedef)\s+(.+)$/.exec(name) ?? [];
    const kinds = keyword === undefined ? Object.values(NAMED).flat() : (NAMED[keyword] ?? []);
    const id = bare === "" ? undefined : this.#findAny(kinds, bare);
    if (id !== undefined) return this.type(id);
    const forward = keyword === "enum" || keyword === "typedef" ? undefined : this.find(BtfKind.FWD, bare);
    if (forward !== undefined && (keyword === undefined || this.kindFlag(forward) === (keyword === "union")))
      return this.type(forward);
    throw new ArgumentError(`${this.label} has no type ${name}`, { hint: this.#meant(keyword, bare) });
  }

  /** The btf_decl_tag("…") of a type, variable or function; those of its members and parameters have their `component`. */
  tagsOf(type: BtfType): readonly BtfDeclarationTag[] {
    checkArgument(TAGS_OF, "type", type, anyObject);
    const { id } = type;
    const inherited = this.base === undefined || id >= this.first ? [] : this.base.tagsOf(this.base.type(id));
    this.#tags ??= this.#indexTags();
    const own = this.#tags.get(id) ?? [];
    return inherited.length === 0 ? own : [...inherited, ...own];
  }

  /**
   * The first thing in it that C can't say, and that no reader of it should have to bear: a text or type that is not there, a
   * type that is made of itself, nested too deep or larger than memory, a member beyond its struct, an odd size. Looks at its
   * own types, not at the base's. {@link readBtf} has seen to it.
   */
  fault(): BtfFault | undefined {
    this.#fault ??= { is: faultOf(this) };
    return this.#fault.is;
  }

  /** @internal The end of the string section, which a BTF based on this one counts on from. */
  get stringsEnd(): number {
    return this.#stringsStart + this.#strings.length;
  }

  /** @internal Every text has an end, and the first is "" (a base has it for those based on it). */
  get stringsSound(): boolean {
    const strings = this.#strings;
    if (this.base !== undefined && strings === "") return true;
    return strings.endsWith("\0") && (this.base !== undefined || strings.startsWith("\0"));
  }

  /** @internal */
  hasText(pattern: RegExp): boolean {
    return pattern.test(this.#strings);
  }

  /** @internal Bytes of a text of its own. */
  textLength(offset: number): number {
    const start = offset - this.#stringsStart;
    return start < 0 ? 0 : this.#strings.indexOf("\0", start) - start;
  }

  #findAny(kinds: readonly number[], name: string): number | undefined {
    for (const kind of kinds) {
      const id = this.find(kind, name);
      if (id !== undefined) return id;
    }
    return undefined;
  }

  /** What was meant by a name: that of another kind of type, or one like it. */
  #meant(keyword: string | undefined, name: string): string {
    const others = Object.keys(NAMED).filter(
      (word) => name !== "" && this.#findAny(NAMED[word] ?? [], name) !== undefined,
    );
    const meant = others[0] === undefined ? this.#similar(keyword, name) : `${others[0]} ${name}`.trim();
    return meant === undefined
      ? "List the types that there are: node-libbpf btf dump --format json"
      : `Did you mean ${meant}?`;
  }

  #similar(keyword: string | undefined, name: string): string | undefined {
    const names = new Map<string, string>();
    for (const [word, kinds] of Object.entries(NAMED).reverse()) {
      if (keyword !== undefined && word !== keyword) continue;
      const prefixes = Object.fromEntries(kinds.map((kind) => [kind, ""]));
      for (let btf: Btf | undefined = this; btf !== undefined; btf = btf.base)
        btf.scan(prefixes, (_, found) => found !== "" && names.set(found, `${word} ${found}`.trim()));
    }
    return names.get(nearest(name, names.keys()) ?? "");
  }

  #indexTags(): Map<number, BtfDeclarationTag[]> {
    const index = new Map<number, BtfDeclarationTag[]>();
    this.scan({ [BtfKind.DECL_TAG]: "" }, (_kind, _name, id) => {
      const tag = this.type(id) as BtfDeclarationTag;
      const target = this.typeOrSize(id);
      index.set(target, [...(index.get(target) ?? []), tag]);
    });
    return index;
  }

  /** @internal The words of its own types. */
  get words(): Uint32Array {
    return this.#words;
  }

  /** @internal Where one of its own types begins in its words. */
  start(id: number): number {
    return this.#starts[id - this.first] ?? 0;
  }

  /** @internal The bytes of its own texts. */
  get strings(): Uint8Array {
    return Buffer.from(this.#strings, "latin1");
  }

  /** @internal A word of one of its own types; 0 if there is none. */
  word(id: number, index: number): number {
    const at = this.#starts[id - this.first];
    return at === undefined ? 0 : (this.#words[at + index] ?? 0);
  }
}

function kindOf(info: number): number {
  return (info >>> 24) & 0x1f;
}

function startsOf(words: Uint32Array): { starts: Uint32Array; kinds: number } {
  const starts = new Uint32Array(Math.ceil(words.length / 3));
  let count = 0;
  let kinds = 0;
  let at = 0;
  while (at + 3 <= words.length) {
    const info = words[at + 1] as number;
    const kind = kindOf(info);
    const fixed = FIXED[kind];
    // The sizes of kinds that came later are not known here.
    if (fixed === undefined || kind === 0) throw new BtfKindError(`a type of the unknown kind ${kind}`);
    starts[count++] = at;
    kinds |= 1 << kind;
    at += 3 + fixed + (EACH[kind] as number) * (info & 0xffff);
  }
  if (at !== words.length) throw new BtfError("cut off in a type");
  return { starts: starts.subarray(0, count), kinds };
}
