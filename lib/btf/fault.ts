/**
 * Checks BTF before anything else uses it. libbpf before 1.3 dereferences null for an invalid string or type reference,
 * and its btf_dump recurses endlessly on types that are not possible in C. Run time is linear in the size of the BTF.
 */
import { BtfKind, MAX_DEPTH } from "./btf-kinds";
import type { TypeRecords } from "./type-records";
import { type BtfType, sizeOf } from "./types";

/** Type records, with the words and strings they are read from. */
interface RawRecords extends TypeRecords {
  /** The base BTF, which holds the ids below `first`. */
  readonly base: { type(id: number): BtfType } | undefined;
  readonly first: number;
  readonly end: number;
  readonly words: Uint32Array;
  readonly strings: Uint8Array;
  readonly stringsEnd: number;
  readonly stringsSound: boolean;
  resolve(id: number): number;
  string(offset: number): string;
  hasNameOf(length: number): boolean;
  textLength(offset: number): number;
  word(id: number, index: number): number;
}

/** A fault in BTF, found by {@link Btf.fault}. */
export interface BtfFault {
  /** The id of the faulty type, or one past the last id if the fault is not in a type. */
  readonly id: number;
  /** The type and the fault, such as "struct pair (type 7): its member b lies beyond its 8 bytes". */
  readonly what: string;
}

export function faultOf(btf: RawRecords): BtfFault | undefined {
  if (!btf.stringsSound) return { id: btf.end, what: "its string section is not terminated" };
  for (let id = btf.first; id < btf.end; id++) {
    const what = danglingOf(btf, id) ?? oddityOf(btf, id);
    if (what !== undefined) return faultAt(btf, id, what);
  }
  return new Walk(btf).fault() ?? tooLong(btf);
}

/**
 * Limit for the total length of all names, each reference counted, as a multiple of the string section. Compilers emit
 * short names and reference each a few times.
 */
const MAX_COPIES = 16;
/** The length of a name longer than any that the kernel accepts (KSYM_NAME_LEN). */
const LONG = 513;

/** Names whose total length exceeds memory: many references to overlapping parts of one long string. */
function tooLong(btf: RawRecords): BtfFault | undefined {
  if (!btf.hasNameOf(LONG)) return undefined;
  let left = (1 << 20) + MAX_COPIES * (btf.words.length * 4 + btf.strings.length);
  for (let id = btf.first; id < btf.end; id++) {
    left -= btf.textLength(btf.word(id, 0));
    const { words, named } = MEMBERS[btf.kind(id)] ?? { words: 0, named: false };
    for (let member = 0; named && member < btf.vlen(id); member++)
      left -= btf.textLength(btf.word(id, 3 + member * words));
    if (left < 0) return { id, what: "its names are too long in total" };
  }
  return undefined;
}

const WORDS: Partial<Record<number, string>> = {
  [BtfKind.STRUCT]: "struct",
  [BtfKind.UNION]: "union",
  [BtfKind.ENUM]: "enum",
  [BtfKind.ENUM64]: "enum",
  [BtfKind.TYPEDEF]: "typedef",
  [BtfKind.PTR]: "pointer",
  [BtfKind.ARRAY]: "array",
  [BtfKind.DATASEC]: "section",
  [BtfKind.VAR]: "variable",
  [BtfKind.FUNC]: "function",
  [BtfKind.FUNC_PROTO]: "function prototype",
  [BtfKind.CONST]: "const",
  [BtfKind.VOLATILE]: "volatile",
  [BtfKind.RESTRICT]: "restrict",
  [BtfKind.TYPE_TAG]: "type tag",
  [BtfKind.DECL_TAG]: "declaration tag",
};

function titleOf(btf: RawRecords, id: number): string {
  const name = btf.word(id, 0) < btf.stringsEnd ? btf.name(id) : "";
  return [WORDS[btf.kind(id)], name].filter(Boolean).join(" ") || (id === 0 ? "void" : "a type");
}

function faultAt(btf: RawRecords, id: number, what: string): BtfFault {
  return { id, what: `${titleOf(btf, id)} (type ${id}): ${what}` };
}

/** Kinds whose third word is a type. */
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

/** Words of each member, whether the first is a name, and which one is a type. */
const MEMBERS: Partial<Record<number, { words: number; named: boolean; type?: number }>> = {
  [BtfKind.STRUCT]: { words: 3, named: true, type: 1 },
  [BtfKind.UNION]: { words: 3, named: true, type: 1 },
  [BtfKind.ENUM]: { words: 2, named: true },
  [BtfKind.ENUM64]: { words: 3, named: true },
  [BtfKind.FUNC_PROTO]: { words: 2, named: true, type: 1 },
  [BtfKind.DATASEC]: { words: 3, named: false, type: 0 },
};

/** Kinds that are declarations, not types. */
const DECLARATIONS: ReadonlySet<number> = new Set([BtfKind.FUNC, BtfKind.VAR, BtfKind.DATASEC, BtfKind.DECL_TAG]);

/** The kinds that a kind may refer to, for kinds that do not refer to types. */
const REFERRED: Partial<Record<number, ReadonlySet<number>>> = {
  [BtfKind.FUNC]: new Set([BtfKind.FUNC_PROTO]),
  // Kernel functions, in .ksyms.
  [BtfKind.DATASEC]: new Set([BtfKind.VAR, BtfKind.FUNC]),
};

/** What is wrong with a reference of a type of this kind to another. */
function wrong(btf: RawRecords, kind: number, type: number): string | undefined {
  if (type >= btf.end) return `type ${type} does not exist`;
  if (kind === BtfKind.DECL_TAG) return undefined;
  const found = btf.kind(type);
  const referred = REFERRED[kind];
  if (referred === undefined ? !DECLARATIONS.has(found) : referred.has(found)) return undefined;
  return `it can't refer to ${titleOf(btf, type)} (type ${type})`;
}

/** A reference to a string or type that does not exist. */
function danglingOf(btf: RawRecords, id: number): string | undefined {
  const kind = btf.kind(id);
  if (btf.word(id, 0) >= btf.stringsEnd) return "its name offset is invalid";
  let what = REFERS.has(kind) ? wrong(btf, kind, btf.word(id, 2)) : undefined;
  if (kind === BtfKind.ARRAY) what = wrong(btf, kind, btf.word(id, 3)) ?? wrong(btf, kind, btf.word(id, 4));
  const members = MEMBERS[kind];
  if (members === undefined) return what;
  const { words, named, type } = members;
  const end = 3 + btf.vlen(id) * words;
  for (let at = 3; what === undefined && at < end; at += words) {
    if (named && btf.word(id, at) >= btf.stringsEnd) return "a member's name offset is invalid";
    if (type !== undefined) what = wrong(btf, kind, btf.word(id, at + type));
  }
  return what;
}

const SIZES: Partial<Record<number, readonly number[]>> = {
  [BtfKind.INT]: [1, 2, 4, 8, 16],
  [BtfKind.FLOAT]: [2, 4, 8, 12, 16],
  [BtfKind.ENUM]: [1, 2, 4, 8],
  [BtfKind.ENUM64]: [1, 2, 4, 8],
};

/** A scalar with a size that no machine has. */
function oddityOf(btf: RawRecords, id: number): string | undefined {
  const kind = btf.kind(id);
  const size = btf.word(id, 2);
  // `enum color;` from clang and `()` from rustc have size 0. Only pointers to them are possible.
  if (kind === BtfKind.ENUM && size === 0 && btf.vlen(id) === 0) return undefined;
  if (kind === BtfKind.INT && size === 0 && intBits(btf, id) === 0) return undefined;
  if (SIZES[kind]?.includes(size) === false) return `it can't have ${size} bytes`;
  if (kind === BtfKind.INT && (btf.extra(id) & 0xff) === 0) return "it has no bits";
  if (kind === BtfKind.INT && intBits(btf, id) > size * 8)
    return `${intBits(btf, id)} bits don't fit its ${size} bytes`;
  return undefined;
}

/**
 * Bits that an integer occupies, from its start. Old compilers describe bit-fields with fewer bits than the type has.
 */
function intBits(btf: RawRecords, id: number): number {
  const word = btf.extra(id);
  return (word & 0xff) + ((word >>> 16) & 0xff);
}

/** BTF_VAR_GLOBAL_EXTERN */
const EXTERN = 2;

const END = -1;
/**
 * Maximum size of an array in bytes. Not 32 bits: `__uint(max_entries, N)` in a map definition is a pointer to an array
 * of N integers that does not exist in memory. Struct members and variables are bounded by their container.
 */
const MAX_ARRAY = Number.MAX_SAFE_INTEGER;
/**
 * Maximum number of members over all types when each type is written out; for a kernel-sized BTF, three times its
 * number of words.
 */
const MAX_MEMBERS = 1_000_000;
const ACTIVE = 0xffff;
/** Size of a type without size: void, a function, a forward declaration. */
const NONE = -1;

/**
 * Walks the dependency graph of types. In C a struct's members must be defined before it; a named struct used only
 * through a pointer need not be. Each type is two nodes: its full definition (id * 2), and its name behind a pointer
 * (id * 2 + 1), as in btf_dump_order_type() of libbpf's btf_dump.c. Types with a cycle in this graph can't be written
 * in C.
 */
class Walk {
  readonly #btf: RawRecords;
  /** Nesting depth below each node. 0: not visited; ACTIVE: on the current path from the root. */
  readonly #depths: Uint16Array;
  /** Size of each type in bytes. */
  readonly #sizes: Float64Array;
  /**
   * Members that it takes to write each type in C, with those of unnamed nested types. Unnamed types nested twice in
   * each other double the output with every line of BTF. Each eight bytes of padding count as one member.
   */
  readonly #members: Float64Array;
  /** The path from the root: its nodes, the number of the next edge of each, and the nesting depth below it so far. */
  readonly #path = new Uint32Array(MAX_DEPTH);
  readonly #nexts = new Uint32Array(MAX_DEPTH);
  readonly #deepest = new Uint16Array(MAX_DEPTH);
  #total = 0;

  constructor(btf: RawRecords) {
    this.#btf = btf;
    this.#depths = new Uint16Array((btf.end - btf.first) * 2);
    this.#sizes = new Float64Array(btf.end - btf.first).fill(NONE);
    this.#members = new Float64Array(btf.end - btf.first);
  }

  fault(): BtfFault | undefined {
    const { first, end } = this.#btf;
    for (let id = first; id < end; id++) {
      const fault = this.#from(id * 2);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** Iterative depth-first search. The path from the root is never longer than MAX_DEPTH. */
  #from(root: number): BtfFault | undefined {
    const depths = this.#depths;
    const path = this.#path;
    const nexts = this.#nexts;
    const deepest = this.#deepest;
    const offset = this.#btf.first * 2;
    if (depths[root - offset] !== 0) return undefined;
    let top = 0;
    path[top] = root;
    nexts[top] = deepest[top] = 0;
    depths[root - offset] = ACTIVE;
    while (top >= 0) {
      const node = path[top] as number;
      const next = this.#edge(node, (nexts[top] as number)++);
      if (next === END) {
        const depth = (deepest[top] as number) + 1;
        depths[node - offset] = depth;
        top--;
        if (top >= 0 && (deepest[top] as number) < depth) deepest[top] = depth;
        const id = node >>> 1;
        const what =
          node % 2 === 0 ? (this.#settle(id) ?? this.#count(id)) : this.#isDeclared(id) ? undefined : this.#count(id);
        if (what !== undefined) return faultAt(this.#btf, id, what);
        continue;
      }
      // The base BTF is checked on its own.
      if (next < offset) continue;
      const depth = depths[next - offset] as number;
      if (depth === ACTIVE) return this.#cycle(Array.from(path.subarray(0, top + 1)), next);
      if (top + 1 + depth >= MAX_DEPTH) return faultAt(this.#btf, root / 2, `nested more than ${MAX_DEPTH} types deep`);
      if (depth === 0) {
        depths[next - offset] = ACTIVE;
        top++;
        path[top] = next;
        nexts[top] = deepest[top] = 0;
      } else if ((deepest[top] as number) < depth) deepest[top] = depth;
    }
    return undefined;
  }

  #cycle(path: readonly number[], again: number): BtfFault {
    const ids = [...path.slice(path.indexOf(again)), again].map((node) => Math.floor(node / 2));
    const names = ids.slice(0, 5).map((id) => titleOf(this.#btf, id));
    const id = Math.floor(again / 2);
    return faultAt(this.#btf, id, `it contains itself: ${names.join(" → ")}${ids.length > 5 ? " → …" : ""}`);
  }

  /** The n-th node that a node depends on. */
  #edge(node: number, n: number): number {
    const btf = this.#btf;
    const behind = node % 2;
    const id = node >>> 1;
    switch (btf.kind(id)) {
      case BtfKind.PTR:
      case BtfKind.FUNC:
      case BtfKind.DECL_TAG:
        return n > 0 ? END : btf.word(id, 2) * 2 + 1;
      case BtfKind.TYPEDEF:
      case BtfKind.CONST:
      case BtfKind.VOLATILE:
      case BtfKind.RESTRICT:
      case BtfKind.TYPE_TAG:
        return n > 0 ? END : btf.word(id, 2) * 2 + behind;
      case BtfKind.VAR:
        return n > 0 ? END : btf.word(id, 2) * 2;
      case BtfKind.ARRAY:
        return n > 1 ? END : btf.word(id, 3 + n) * 2;
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        if (n === btf.vlen(id) || (behind === 1 && btf.word(id, 0) !== 0)) return END;
        return btf.word(id, 4 + n * 3) * 2;
      case BtfKind.FUNC_PROTO:
        if (n > btf.vlen(id)) return END;
        return btf.word(id, n === 0 ? 2 : 2 + n * 2) * 2 + behind;
      case BtfKind.DATASEC:
        return n === btf.vlen(id) ? END : btf.word(id, 3 + n * 3) * 2;
      default:
        return END;
    }
  }

  /** Records a type's size when the sizes of its parts are known. Returns the fault, if any. */
  #settle(id: number): string | undefined {
    const btf = this.#btf;
    const kind = btf.kind(id);
    let size = NONE;
    switch (kind) {
      case BtfKind.PTR:
        size = 8;
        break;
      case BtfKind.TYPEDEF:
      case BtfKind.CONST:
      case BtfKind.VOLATILE:
      case BtfKind.RESTRICT:
      case BtfKind.TYPE_TAG:
      case BtfKind.VAR:
        size = this.#size(btf.word(id, 2));
        break;
      case BtfKind.ARRAY: {
        const element = this.#size(btf.word(id, 3));
        if (element !== NONE) size = element * btf.word(id, 5);
        if (size > MAX_ARRAY) return `${btf.word(id, 5)} elements of ${element} bytes are too large`;
        break;
      }
      case BtfKind.INT:
      case BtfKind.ENUM:
        size = btf.word(id, 2) || NONE;
        break;
      case BtfKind.FLOAT:
      case BtfKind.ENUM64:
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        size = btf.word(id, 2);
    }
    this.#sizes[id - btf.first] = size;
    if (kind === BtfKind.DATASEC) return this.#cutOff(id);
    return kind === BtfKind.STRUCT || kind === BtfKind.UNION ? this.#misplaced(id) : undefined;
  }

  /** Whether only the type's name is written when it is behind a pointer. */
  #isDeclared(id: number): boolean {
    const kind = this.#btf.kind(id);
    return (kind === BtfKind.STRUCT || kind === BtfKind.UNION) && this.#btf.word(id, 0) !== 0;
  }

  /** Records the number of members to write for a type when those of its parts are known. */
  #count(id: number): string | undefined {
    const btf = this.#btf;
    const kind = btf.kind(id);
    let members = 1;
    if (kind === BtfKind.PTR || kind === BtfKind.TYPE_TAG || isQualifier(kind))
      members = this.#written(btf.word(id, 2));
    else if (kind === BtfKind.TYPEDEF) members += this.#written(btf.word(id, 2));
    else if (kind === BtfKind.ARRAY) members = this.#written(btf.word(id, 3));
    else if (kind === BtfKind.ENUM || kind === BtfKind.ENUM64) members += btf.vlen(id);
    else if (kind === BtfKind.FUNC_PROTO) {
      members += this.#written(btf.word(id, 2));
      for (let at = 4; at < 4 + btf.vlen(id) * 2; at += 2) members += this.#written(btf.word(id, at));
    } else if (kind === BtfKind.STRUCT || kind === BtfKind.UNION) {
      let free = btf.word(id, 2);
      for (let at = 3; at < 3 + btf.vlen(id) * 3; at += 3) {
        const type = btf.word(id, at + 1);
        // An unnamed member is written in full, even if its struct has a name (see whole.ts).
        members += this.#written(type, btf.word(id, at) === 0);
        free -= Math.max(this.#size(type), 0);
      }
      if (free > 0) members += Math.floor(free / 8);
    }
    this.#members[id - btf.first] = members;
    this.#total += members;
    return this.#total > Math.max(MAX_MEMBERS, 3 * btf.words.length) ? "it is too large to write out" : undefined;
  }

  #written(id: number, whole = false): number {
    const { first } = this.#btf;
    return id < first || (!whole && this.#btf.word(id, 0) !== 0) ? 1 : (this.#members[id - first] as number);
  }

  #size(id: number): number {
    const { base, first } = this.#btf;
    if (id >= first) return this.#sizes[id - first] as number;
    return (base === undefined ? undefined : sizeOf(base.type(id))) ?? NONE;
  }

  /** A member outside its struct. */
  #misplaced(id: number): string | undefined {
    const btf = this.#btf;
    const size = btf.word(id, 2);
    const hasBits = btf.kindFlag(id);
    const end = 3 + btf.vlen(id) * 3;
    for (let at = 3; at < end; at += 3) {
      const type = btf.word(id, at + 1);
      const bytes = this.#size(type);
      // clang emits void for types that BTF can't express, such as a complex number or a C++ base class.
      if (bytes === NONE) return `its member ${memberName(btf, id, at)} has no size, and libbpf would divide by zero`;
      const offset = hasBits ? btf.word(id, at + 2) & 0xffffff : btf.word(id, at + 2);
      const bits = hasBits ? btf.word(id, at + 2) >>> 24 : 0;
      if (bits > bytes * 8) return `its bit-field ${memberName(btf, id, at)} is wider than its type`;
      if (offset + (bits || this.#width(type, bytes)) > size * 8)
        return `its member ${memberName(btf, id, at)} lies beyond its ${size} bytes`;
    }
    return undefined;
  }

  /** A variable that is smaller than its type. The kernel rejects it too: btf_datasec_resolve(). */
  #cutOff(id: number): string | undefined {
    const btf = this.#btf;
    const end = 3 + btf.vlen(id) * 3;
    // An object need not know the size of a kernel variable in .ksyms. libbpf creates the variables of .kconfig.
    const known = btf.name(id) === ".kconfig";
    for (let at = 3; at < end; at += 3) {
      const variable = btf.word(id, at);
      if (btf.kind(variable) !== BtfKind.VAR || (btf.extra(variable) === EXTERN && !known)) continue;
      const bytes = btf.word(id, at + 2);
      if (bytes < this.#size(variable))
        return `its variable ${btf.name(variable)} has ${bytes} bytes, but its type ${this.#size(variable)}`;
    }
    return undefined;
  }

  #width(type: number, bytes: number): number {
    const bare = this.#btf.resolve(type);
    return this.#btf.kind(bare) === BtfKind.INT ? intBits(this.#btf, bare) : bytes * 8;
  }
}

function memberName(btf: RawRecords, id: number, at: number): string {
  return btf.string(btf.word(id, at)) || "without name";
}

function isQualifier(kind: number): boolean {
  return kind === BtfKind.CONST || kind === BtfKind.VOLATILE || kind === BtfKind.RESTRICT;
}
