/**
 * Parser for the BTF of the kernel and of BPF objects. A type is an id into the raw bytes; objects are created on
 * demand.
 * Format: Documentation/bpf/btf.rst, include/uapi/linux/btf.h.
 */
import { little } from "../endian";
import { ArgumentError } from "../errors";
import { nearest } from "../nearest";
import { anyNumber, anyObject, anyString, type Callee, checkArgument } from "../options";
import { refuseOthers } from "../receivers";
import { latin1, textAt, textIn } from "../strings";
import { BtfKind, MAX_DEPTH } from "./btf-kinds";
import { type BtfFault, faultOf } from "./fault";
import { BtfError, type BtfSearch, EACH, inTypeScript, kindOf, withoutFlavor } from "./search";
import type { BtfMember } from "./type-records";
import { type BtfDeclarationTag, type BtfType, makeType } from "./types";

const MAGIC = 0xeb9f;
/** Making an index takes as long as so many searches. */
const SEARCHES_WITHOUT_INDEX = 16;
/** Bytes of many strings that become one JavaScript string in the time that a name alone takes. */
const BYTES_FOR_ONE = 4096;

/** Kinds whose third word is a size. */
const SIZED: ReadonlySet<number> = new Set([
  ...[BtfKind.INT, BtfKind.FLOAT, BtfKind.ENUM, BtfKind.ENUM64, BtfKind.STRUCT, BtfKind.UNION, BtfKind.DATASEC],
]);

const method = (name: string): Callee => ({ name, details: { operation: "btf" } });
const FIND = method("find");
const TYPE = method("type");
const TYPE_NAMED = method("typeNamed");
const TAGS_OF = method("tagsOf");

/** C keywords and the kinds they select. A name without keyword is searched in all of these, in this order. */
const NAMED: Readonly<Record<string, readonly number[]>> = {
  typedef: [BtfKind.TYPEDEF],
  struct: [BtfKind.STRUCT],
  union: [BtfKind.UNION],
  enum: [BtfKind.ENUM, BtfKind.ENUM64],
  "": [BtfKind.INT, BtfKind.FLOAT],
};

/**
 * The BTF types of an object, of the kernel or of a kernel module. Created by {@link readBtf} and {@link kernelBtf}.
 * Plain data: it holds no kernel resource and needs no close().
 *
 * Each type has an id; id 0 is void. A module's BTF is split BTF: its ids continue after those of the kernel's BTF, its
 * `base`. Ids below `first` belong to the base.
 */
export class Btf {
  static {
    refuseOthers(Btf, (value) => #words in value, ["type", "types", "find", "typeNamed", "tagsOf", "fault"]);
  }

  /** Where the types come from, for error messages: a file name, "this kernel" or a module name. */
  readonly label: string;
  /** Size of the raw BTF in bytes. */
  readonly size: number;
  /** The base BTF that these types extend: the kernel's for a module, undefined otherwise. libbpf: btf__base_btf(). */
  readonly base: Btf | undefined;
  /** The first id of this BTF's own types: 1, or the base's `end`. */
  readonly first: number;
  /** One past the last type id. libbpf: btf__type_cnt(). */
  readonly end: number;
  /** @internal The raw BTF, without its base. */
  readonly bytes: Uint8Array;
  readonly #words: Uint32Array;
  /** The word index at which each type record starts. */
  readonly #starts: Uint32Array;
  /** Bit mask of the kinds that occur. */
  readonly #kinds: number;
  readonly #search: BtfSearch;
  /** The string section. */
  readonly #chars: Uint8Array;
  /** The same as latin1, one character for each byte, so that a byte offset is a string index. */
  #text: string | undefined;
  /** The strings that were read one by one. */
  #asked = 0;
  readonly #stringsStart: number;
  readonly #nodes = new Map<number, BtfType>();
  #fault: { is: BtfFault | undefined } | undefined;
  #tags: Map<number, BtfDeclarationTag[]> | undefined;
  #index: Uint32Array | undefined;
  #searches = 0;

  /** @internal Throws {@link BtfError} for damaged BTF. */
  constructor(bytes: Uint8Array, base?: Btf, label = "the BTF", search = inTypeScript) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 24 || view.getUint16(0, little) !== MAGIC) throw new BtfError("not BTF of this machine");
    const field = (offset: number) => view.getUint32(offset, little);
    const header = field(4);
    const types = header + field(8);
    const strings = header + field(16);
    if (field(12) % 4 !== 0 || types + field(12) > bytes.length || strings + field(20) > bytes.length)
      throw new BtfError("truncated");

    this.bytes = bytes;
    this.size = bytes.length;
    this.label = label;
    this.base = base;
    this.first = base?.end ?? 1;
    this.#stringsStart = base === undefined ? 0 : base.stringsEnd;
    this.#search = search;
    this.#chars = bytes.subarray(strings, strings + field(20));
    const start = bytes.byteOffset + types;
    this.#words =
      start % 4 === 0
        ? new Uint32Array(bytes.buffer, start, field(12) >> 2)
        : new Uint32Array(Uint8Array.from(bytes.subarray(types, types + field(12))).buffer);
    const { starts, kinds } = search.starts(this.#words);
    this.#starts = starts;
    this.#kinds = kinds;
    this.end = this.first + this.#starts.length;
  }

  /** @internal BTF_KIND_*; 0 for void. */
  kind(id: number): number {
    if (id < this.first) return this.base?.kind(id) ?? 0;
    return kindOf(this.word(id, 1));
  }

  /** @internal The type's name; "" for an unnamed type or an invalid id. */
  name(id: number): string {
    if (id < this.first) return this.base?.name(id) ?? "";
    return this.string(this.word(id, 0));
  }

  /** @internal The type that this one refers to (pointer target, function prototype), or its size in bytes. */
  typeOrSize(id: number): number {
    if (id < this.first) return this.base?.typeOrSize(id) ?? 0;
    return this.word(id, 2);
  }

  /**
   * @internal kind_flag, the top bit of btf_type.info: signed enum, union forward declaration, struct with bit-fields,
   *   attribute tag.
   */
  kindFlag(id: number): boolean {
    if (id < this.first) return this.base?.kindFlag(id) ?? false;
    return this.word(id, 1) >>> 31 === 1;
  }

  /**
   * @internal The first word after struct btf_type: integer encoding, variable linkage or declaration tag component.
   */
  extra(id: number): number {
    if (id < this.first) return this.base?.extra(id) ?? 0;
    return this.word(id, 3);
  }

  /** @internal vlen, the lower half of btf_type.info: a function's linkage, or the number of members. */
  vlen(id: number): number {
    if (id < this.first) return this.base?.vlen(id) ?? 0;
    return this.word(id, 1) & 0xffff;
  }

  /** @internal The size of a type, or of a variable's, in bytes; 0 if it has none. */
  sizeOf(id: number): number {
    let elements = 1;
    for (let depth = 0; depth <= MAX_DEPTH; depth++) {
      id = this.resolve(id);
      const kind = this.kind(id);
      if (kind === BtfKind.PTR) return 8 * elements;
      if (kind === BtfKind.VAR) id = this.typeOrSize(id);
      else if (kind === BtfKind.ARRAY) {
        elements *= this.array(id).length;
        id = this.element(id);
      } else return SIZED.has(kind) ? elements * this.typeOrSize(id) : 0;
    }
    return 0;
  }

  /** @internal An array's element type. */
  element(id: number): number {
    return this.extra(id);
  }

  /** @internal An array's index type and number of elements. */
  array(id: number): { index: number; length: number } {
    if (id < this.first) return this.base?.array(id) ?? { index: 0, length: 0 };
    return { index: this.word(id, 4), length: this.word(id, 5) };
  }

  /** @internal The enumerators. `high` is 0 unless the type is an enum64. */
  enumerators(id: number): { name: string; low: number; high: number }[] {
    if (id < this.first) return this.base?.enumerators(id) ?? [];
    const each = EACH[this.kind(id)] ?? 0;
    return Array.from({ length: this.vlen(id) }, (_, index) => {
      const at = 3 + index * each;
      const high = each === 3 ? this.word(id, at + 2) : 0;
      return { name: this.string(this.word(id, at)), low: this.word(id, at + 1), high };
    });
  }

  /** @internal Members of a struct, union, datasec, enum or function prototype. */
  members(id: number): BtfMember[] {
    const members: BtfMember[] = [];
    for (let member = this.member(id, 0); member !== undefined; member = this.member(id, members.length))
      members.push(member);
    return members;
  }

  /** @internal One of {@link members}; undefined past the last. */
  member(id: number, index: number): BtfMember | undefined {
    if (id < this.first) return this.base?.member(id, index);
    const info = this.word(id, 1);
    const kind = kindOf(info);
    const each = EACH[kind] ?? 0;
    if (each === 0 || index >= (info & 0xffff)) return undefined;
    const at = 3 + index * each;
    const [a, b, c] = [this.word(id, at), this.word(id, at + 1), this.word(id, at + 2)];
    // Entries of a datasec have no name of their own; they are type, offset, size.
    if (kind === BtfKind.DATASEC) return { name: this.name(a), type: a, offset: b, size: c };
    // With kind_flag set, the top eight bits of an offset are the bit-field size.
    const hasSizes = info >>> 31 === 1;
    const offset = each < 3 ? 0 : hasSizes ? c & 0xffffff : c;
    return { name: this.string(a), type: b, offset, size: hasSizes && each === 3 ? c >>> 24 : 0 };
  }

  /**
   * @internal Calls `visit` for each of this BTF's own types whose kind is a key of `prefixes` and whose name starts
   *   with the prefix. One pass over a kernel's 100,000 types, which creates strings only for the matches.
   */
  scan(
    prefixes: Readonly<Partial<Record<number, string>>>,
    visit: (kind: number, name: string, id: number) => void,
  ): void {
    const kinds = Object.keys(prefixes).map(Number);
    const lists = kinds.map((kind) => this.#matches(kind, prefixes[kind] ?? ""));
    const found = lists.length === 1 ? (lists[0] as ArrayLike<number>) : sorted(lists);
    const strings = this.#strings;
    for (let place = 0; place < found.length; place++) {
      const index = found[place] as number;
      const at = this.#starts[index] as number;
      const start = (this.#words[at] as number) - this.#stringsStart;
      const name = strings.slice(start, strings.indexOf("\0", start));
      visit(kindOf(this.#words[at + 1] as number), name, this.first + index);
    }
  }

  #matches(kind: number, prefix: string, limit = this.#starts.length): ArrayLike<number> {
    if (((this.#kinds >>> kind) & 1) === 0) return [];
    return this.#search.matches(this.#words, this.#starts, this.#chars, this.#stringsStart, kind, prefix, limit);
  }

  /**
   * The id of the first type with this kind ({@link BtfKind}) and name, or undefined. Searches the base first. libbpf:
   * btf__find_by_name_kind().
   *
   * @throws {@link ArgumentError} if `kind` is not a number or `name` not a string
   */
  find(kind: number, name: string): number | undefined {
    checkArgument(FIND, "kind", kind, anyNumber);
    checkArgument(FIND, "name", name, anyString);
    const inBase = this.base?.find(kind, name);
    if (inBase !== undefined) return inBase;
    const indexed = this.#indexed(kind, name);
    if (indexed !== undefined) return indexed.find((id) => this.name(id) === name);
    const index = this.#matches(kind, `${name}\0`, 1)[0];
    return index === undefined ? undefined : this.first + index;
  }

  /** @internal The ids of this BTF's own types of some kinds that have a name, with or without a flavor. */
  named(kinds: readonly number[], name: string): number[] {
    const found = kinds.flatMap((kind) => this.#indexed(kind, name) ?? this.#namedOf(kind, name));
    return found.sort((one, other) => one - other);
  }

  #namedOf(kind: number, name: string): number[] {
    const ids = Array.from(this.#matches(kind, name), (index) => this.first + index);
    return ids.filter((id) => withoutFlavor(this.name(id)) === name);
  }

  /** The same by an index, if there have been searches enough for one. */
  #indexed(kind: number, name: string): number[] | undefined {
    const { index, named } = this.#search;
    if (index === undefined || named === undefined || name === "") return undefined;
    if (++this.#searches <= SEARCHES_WITHOUT_INDEX) return undefined;
    if (((this.#kinds >>> kind) & 1) === 0) return [];
    const types = [this.#words, this.#starts, this.#chars, this.#stringsStart] as const;
    this.#index ??= index(...types);
    return Array.from(named(...types, this.#index, kind, name), (place) => this.first + place);
  }

  /** @internal The id after removing typedefs, qualifiers and type tags. */
  resolve(id: number): number {
    for (let depth = 0; depth <= MAX_DEPTH; depth++) {
      const kind = this.kind(id);
      const transparent = (kind >= BtfKind.TYPEDEF && kind <= BtfKind.RESTRICT) || kind === BtfKind.TYPE_TAG;
      if (!transparent) return id;
      id = this.typeOrSize(id);
    }
    return 0;
  }

  /** @internal The string at an offset of the string section. */
  string(offset: number): string {
    if (offset < this.#stringsStart) return this.base?.string(offset) ?? "";
    const start = offset - this.#stringsStart;
    return this.#pays() ? textAt(this.#strings, start) : textIn(this.#chars, start);
  }

  /** Whether it pays to have all strings at once: of a kernel's three megabytes few are asked for. */
  #pays(): boolean {
    if (this.#text !== undefined) return true;
    this.#asked += 1;
    return this.#asked * BYTES_FOR_ONE > this.#chars.length;
  }

  /**
   * The type with this id as a node of the type graph; void for an invalid id. Returns the same object each time.
   * libbpf: btf__type_by_id().
   *
   * @throws {@link ArgumentError} if `id` is not a number
   */
  type(id: number): BtfType {
    checkArgument(TYPE, "id", id, anyNumber);
    if (id < this.first && this.base !== undefined) return this.base.type(id);
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    const made = makeType(this, id);
    this.#nodes.set(id, made);
    return made;
  }

  /** Iterates over this BTF's own types in id order, without the base's. A kernel has more than 100,000. */
  *types(): IterableIterator<BtfType> {
    for (let id = this.first; id < this.end; id++) yield this.type(id);
  }

  /**
   * Finds a type by its C name, such as "struct task_struct", "union bpf_attr", "enum pid_type" or "typedef u32". A
   * name without keyword matches a typedef, then a struct, union, enum, and last an integer or float such as "unsigned
   * int". Returns the first match.
   *
   * @throws {@link ArgumentError} if there is no such type; its hint suggests a similar name
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

  /**
   * The btf_decl_tag("…") attributes of a type, variable or function. Tags on its members or parameters are included;
   * their `component` is the member's index. Since Linux 5.16.
   *
   * @throws {@link ArgumentError} if `type` is not an object
   */
  tagsOf(type: BtfType): readonly BtfDeclarationTag[] {
    checkArgument(TAGS_OF, "type", type, anyObject);
    const { id } = type;
    const inherited = this.base === undefined || id >= this.first ? [] : this.base.tagsOf(this.base.type(id));
    this.#tags ??= this.#indexTags();
    const own = this.#tags.get(id) ?? [];
    return inherited.length === 0 ? own : [...inherited, ...own];
  }

  /**
   * The first fault in this BTF that a reader should not have to handle: an invalid string or type reference, a type
   * that contains itself, nesting that is too deep, a type larger than memory, a member outside its struct, an invalid
   * size. Checks this BTF's own types, not the base's. {@link readBtf} has already checked its result, so this is
   * undefined there.
   */
  fault(): BtfFault | undefined {
    this.#fault ??= { is: faultOf(this) };
    return this.#fault.is;
  }

  /** @internal The end offset of the string section; a split BTF's offsets continue here. */
  get stringsEnd(): number {
    return this.#stringsStart + this.#chars.length;
  }

  /**
   * @internal Whether the string section ends in NUL and starts with "". Split BTF does not start with "": its base
   *   does.
   */
  get stringsSound(): boolean {
    const strings = this.#strings;
    if (this.base !== undefined && strings === "") return true;
    return strings.endsWith("\0") && (this.base !== undefined || strings.startsWith("\0"));
  }

  /** @internal Whether the string section has a string of so many bytes, or more. */
  hasNameOf(length: number): boolean {
    const chars = this.#chars;
    for (let start = 0; start + length <= chars.length; ) {
      const end = chars.lastIndexOf(0, start + length - 1);
      if (end < start) return true;
      start = end + 1;
    }
    return false;
  }

  /** @internal Length in bytes of the string at an offset of this BTF's own string section. */
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

  /** Suggests a name: the same name as another kind of type, or a similar name. */
  #meant(keyword: string | undefined, name: string): string {
    const others = Object.keys(NAMED).filter(
      (word) => name !== "" && this.#findAny(NAMED[word] ?? [], name) !== undefined,
    );
    const meant = others[0] === undefined ? this.#similar(keyword, name) : `${others[0]} ${name}`.trim();
    return meant === undefined ? "List the types: node-libbpf btf dump --format json" : `Did you mean ${meant}?`;
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

  /** @internal The type section of this BTF, as words. */
  get words(): Uint32Array {
    return this.#words;
  }

  /** @internal The word index at which one of this BTF's own types starts. */
  start(id: number): number {
    return this.#starts[id - this.first] ?? 0;
  }

  /** @internal The string section of this BTF, as bytes. */
  get strings(): Uint8Array {
    return this.#chars;
  }

  get #strings(): string {
    this.#text ??= latin1(this.#chars);
    return this.#text;
  }

  /** @internal A word of one of this BTF's own type records; 0 if it does not exist. */
  word(id: number, index: number): number {
    const at = this.#starts[id - this.first];
    return at === undefined ? 0 : (this.#words[at + index] ?? 0);
  }
}

function sorted(lists: readonly ArrayLike<number>[]): Uint32Array {
  return Uint32Array.from(lists.flatMap((list) => Array.from(list))).sort();
}
