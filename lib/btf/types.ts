/**
 * The type graph: what a BTF id stands for, as an object whose references lead to other types. Made when looked at, so that
 * the kernel's hundred thousand types cost nothing until they are asked for. Format: Documentation/bpf/btf.rst.
 */

import { ArgumentError, shown } from "../errors";
import { BtfKind, MAX_DEPTH } from "./btf-kinds";
import type { TypeRecords } from "./type-records";

/** What every type has. */
export interface BtfNode {
  /** The BTF id; 0 is void. */
  readonly id: number;
  /** "" for a type without a name. */
  readonly name: string;
}

/** An integer, a character or a boolean. */
export interface BtfInt extends BtfNode {
  readonly kind: "int";
  /** Bytes: 1, 2, 4, 8 or 16. */
  readonly size: number;
  /** Bits in use; fewer than size * 8 in the bit-fields of old compilers only. */
  readonly bits: number;
  /** The first of those bits. */
  readonly bitOffset: number;
  readonly encoding: "unsigned" | "signed" | "bool";
  /** C's plain `char`, which texts are made of. */
  readonly isChar: boolean;
}

export interface BtfFloat extends BtfNode {
  readonly kind: "float";
  /** Bytes: 2, 4, 8, 12 or 16. */
  readonly size: number;
}

export interface BtfPointer extends BtfNode {
  readonly kind: "ptr";
  readonly target: BtfType;
}

export interface BtfArray extends BtfNode {
  readonly kind: "array";
  readonly element: BtfType;
  readonly index: BtfType;
  /** Elements; 0 for a flexible array. */
  readonly length: number;
}

/** A struct's or union's member. */
export interface BtfField {
  /** "" for an anonymous struct or union. */
  readonly name: string;
  readonly type: BtfType;
  /** From the start of the struct, in bits. */
  readonly bitOffset: number;
  /** A bit-field's bits; 0 for any other member. */
  readonly bitSize: number;
}

export interface BtfStruct extends BtfNode {
  readonly kind: "struct" | "union";
  /** Bytes. */
  readonly size: number;
  readonly members: readonly BtfField[];
}

export interface BtfEnum extends BtfNode {
  /** "enum64" has 64-bit enumerators (Linux 6.0). */
  readonly kind: "enum" | "enum64";
  /** Bytes: 1, 2, 4 or 8. */
  readonly size: number;
  readonly signed: boolean;
  /** Numbers; bigints in an enum64. */
  readonly values: readonly { readonly name: string; readonly value: number | bigint }[];
}

/** A struct, union or enum that is declared and not defined. */
export interface BtfForward extends BtfNode {
  readonly kind: "fwd";
  readonly of: "struct" | "union";
}

export interface BtfTypedef extends BtfNode {
  readonly kind: "typedef";
  readonly target: BtfType;
}

/** const, volatile, restrict, and what btf_type_tag("…") says of a type (`name` is the tag; Linux 5.17). */
export interface BtfQualifier extends BtfNode {
  readonly kind: "const" | "volatile" | "restrict" | "type_tag";
  readonly target: BtfType;
}

export interface BtfFunctionPrototype extends BtfNode {
  readonly kind: "func_proto";
  readonly result: BtfType;
  /** A last one without name and of type void stands for `...`. */
  readonly parameters: readonly { readonly name: string; readonly type: BtfType }[];
}

export interface BtfFunction extends BtfNode {
  readonly kind: "func";
  readonly prototype: BtfType;
  readonly linkage: "static" | "global" | "extern";
}

export interface BtfVariable extends BtfNode {
  readonly kind: "var";
  readonly type: BtfType;
  readonly linkage: "static" | "global" | "extern";
}

/** A section of variables, such as .bss or .maps. */
export interface BtfSection extends BtfNode {
  readonly kind: "datasec";
  readonly size: number;
  /** In objects not linked by libbpf offsets are 0: the ELF symbols have them. */
  readonly variables: readonly { readonly variable: BtfType; readonly offset: number; readonly size: number }[];
}

/** btf_decl_tag("…") on a declaration (Linux 5.16); `name` is the tag. */
export interface BtfDeclarationTag extends BtfNode {
  readonly kind: "decl_tag";
  readonly target: BtfType;
  /** The member or parameter that is tagged, by its index; -1 for the declaration itself. */
  readonly component: number;
}

export interface BtfVoid extends BtfNode {
  readonly kind: "void";
}

/** A type of BTF; `kind` tells which. */
export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfFloat
  | BtfPointer
  | BtfArray
  | BtfStruct
  | BtfEnum
  | BtfForward
  | BtfTypedef
  | BtfQualifier
  | BtfFunctionPrototype
  | BtfFunction
  | BtfVariable
  | BtfSection
  | BtfDeclarationTag;

const LINKAGES = ["static", "global", "extern"] as const;
const SIGNED = 1;
const BOOL = 4;

/** A type graph that is being made: records, and the node of another id. */
interface Graph extends TypeRecords {
  type(id: number): BtfType;
}

type Maker = (btf: Graph, id: number, node: BtfNode) => BtfType;

const reference =
  (kind: "typedef" | "const" | "volatile" | "restrict" | "type_tag"): Maker =>
  (btf, id, node) => ({
    ...node,
    kind,
    get target() {
      return btf.type(btf.typeOrSize(id));
    },
  });

const struct =
  (kind: "struct" | "union"): Maker =>
  (btf, id, node) => {
    let members: BtfField[] | undefined;
    return {
      ...node,
      kind,
      size: btf.typeOrSize(id),
      get members() {
        members ??= btf.members(id).map((member) => ({
          name: member.name,
          bitOffset: member.offset,
          bitSize: member.size,
          get type() {
            return btf.type(member.type);
          },
        }));
        return members;
      },
    };
  };

const enumeration =
  (kind: "enum" | "enum64"): Maker =>
  (btf, id, node) => {
    const signed = btf.kindFlag(id);
    const numberOf = (low: number, high: number) => {
      if (kind === "enum") return signed ? low | 0 : low;
      const value = (BigInt(high) << 32n) | BigInt(low);
      return signed ? BigInt.asIntN(64, value) : value;
    };
    let values: { name: string; value: number | bigint }[] | undefined;
    return {
      ...node,
      kind,
      size: btf.typeOrSize(id),
      signed,
      get values() {
        values ??= btf.enumerators(id).map(({ name, low, high }) => ({ name, value: numberOf(low, high) }));
        return values;
      },
    };
  };

const makers: Partial<Record<number, Maker>> = {
  [BtfKind.INT]: (btf, id, node) => {
    const word = btf.extra(id);
    const encoding = (word >>> 24) & 0xf;
    return {
      ...node,
      kind: "int",
      size: btf.typeOrSize(id),
      bits: word & 0xff,
      bitOffset: (word >>> 16) & 0xff,
      encoding: encoding & BOOL ? "bool" : encoding & SIGNED ? "signed" : "unsigned",
      // By name: compilers say SIGNED of it, and never CHAR.
      isChar: node.name === "char",
    };
  },
  [BtfKind.FLOAT]: (btf, id, node) => ({ ...node, kind: "float", size: btf.typeOrSize(id) }),
  [BtfKind.PTR]: (btf, id, node) => ({
    ...node,
    kind: "ptr",
    get target() {
      return btf.type(btf.typeOrSize(id));
    },
  }),
  [BtfKind.ARRAY]: (btf, id, node) => {
    const { index, length } = btf.array(id);
    return {
      ...node,
      kind: "array",
      length,
      get element() {
        return btf.type(btf.element(id));
      },
      get index() {
        return btf.type(index);
      },
    };
  },
  [BtfKind.STRUCT]: struct("struct"),
  [BtfKind.UNION]: struct("union"),
  [BtfKind.ENUM]: enumeration("enum"),
  [BtfKind.ENUM64]: enumeration("enum64"),
  [BtfKind.FWD]: (btf, id, node) => ({ ...node, kind: "fwd", of: btf.kindFlag(id) ? "union" : "struct" }),
  [BtfKind.TYPEDEF]: reference("typedef"),
  [BtfKind.CONST]: reference("const"),
  [BtfKind.VOLATILE]: reference("volatile"),
  [BtfKind.RESTRICT]: reference("restrict"),
  [BtfKind.TYPE_TAG]: reference("type_tag"),
  [BtfKind.FUNC_PROTO]: (btf, id, node) => ({
    ...node,
    kind: "func_proto",
    get result() {
      return btf.type(btf.typeOrSize(id));
    },
    get parameters() {
      return btf.members(id).map(({ name, type }) => ({ name, type: btf.type(type) }));
    },
  }),
  [BtfKind.FUNC]: (btf, id, node) => ({
    ...node,
    kind: "func",
    linkage: LINKAGES[btf.vlen(id)] ?? "extern",
    get prototype() {
      return btf.type(btf.typeOrSize(id));
    },
  }),
  [BtfKind.VAR]: (btf, id, node) => ({
    ...node,
    kind: "var",
    linkage: LINKAGES[btf.extra(id)] ?? "extern",
    get type() {
      return btf.type(btf.typeOrSize(id));
    },
  }),
  [BtfKind.DATASEC]: (btf, id, node) => ({
    ...node,
    kind: "datasec",
    size: btf.typeOrSize(id),
    get variables() {
      return btf.members(id).map(({ type, offset, size }) => ({ variable: btf.type(type), offset, size }));
    },
  }),
  [BtfKind.DECL_TAG]: (btf, id, node) => ({
    ...node,
    kind: "decl_tag",
    component: btf.extra(id) | 0,
    get target() {
      return btf.type(btf.typeOrSize(id));
    },
  }),
};

/** @internal The node of an id: {@link Btf.type} keeps it. An id that is none gives void. */
export function makeType(btf: Graph, id: number): BtfType {
  const make = makers[btf.kind(id)];
  return make === undefined ? { id: 0, kind: "void", name: "" } : make(btf, id, { id, name: btf.name(id) });
}

/** The type without typedefs, qualifiers and tags. */
export function resolved(type: BtfType): Exclude<BtfType, BtfTypedef | BtfQualifier> {
  if (typeof type !== "object" || type === null)
    throw new ArgumentError(`expected a type of a Btf, got ${shown(type)}`, { operation: "btf" });
  let current = type;
  // No chain is longer: Btf.fault().
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    if (!("target" in current) || current.kind === "ptr" || current.kind === "decl_tag") return current;
    current = current.target;
  }
  return { id: 0, kind: "void", name: "" };
}

/** A type's bytes in memory; undefined for what has none: void, functions, forward declarations. */
export function sizeOf(type: BtfType): number | undefined {
  let current = type;
  let elements = 1;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const bare = resolved(current);
    if (bare.kind === "ptr") return 8 * elements;
    if (bare.kind === "var") current = bare.type;
    else if (bare.kind === "array") {
      elements *= bare.length;
      current = bare.element;
    } else return "size" in bare ? bare.size * elements : undefined;
  }
  return undefined;
}
