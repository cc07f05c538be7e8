/**
 * The type graph: BTF types as objects whose properties lead to other types. Nodes are created on access, so that a
 * kernel's 100,000 types cost nothing until used. Format: Documentation/bpf/btf.rst.
 */

import { ArgumentError, shown } from "../errors";
import { BtfKind, MAX_DEPTH } from "./btf-kinds";
import type { TypeRecords } from "./type-records";

/** Properties of every BTF type. */
export interface BtfNode {
  /** The BTF id; 0 is void. */
  readonly id: number;
  /** "" for an unnamed type. */
  readonly name: string;
}

/** An integer, a character or a boolean. */
export interface BtfInt extends BtfNode {
  /** Discriminant of {@link BtfType}. */
  readonly kind: "int";
  /** Bytes: 1, 2, 4, 8 or 16. */
  readonly size: number;
  /** Bits in use. Smaller than size * 8 only in bit-fields of old compilers. */
  readonly bits: number;
  /** Offset of the first bit in use. */
  readonly bitOffset: number;
  /** How the bits are interpreted (BTF_INT_SIGNED, BTF_INT_BOOL). */
  readonly encoding: "unsigned" | "signed" | "bool";
  /** Whether it is C's plain `char`, the element type of strings. */
  readonly isChar: boolean;
}

/** A floating-point type. Since Linux 5.13. */
export interface BtfFloat extends BtfNode {
  /** Discriminant of {@link BtfType}. */
  readonly kind: "float";
  /** Bytes: 2, 4, 8, 12 or 16. */
  readonly size: number;
}

/** A pointer. */
export interface BtfPointer extends BtfNode {
  /** Discriminant of {@link BtfType}. */
  readonly kind: "ptr";
  /** The type pointed to. */
  readonly target: BtfType;
}

/** An array. */
export interface BtfArray extends BtfNode {
  /** Discriminant of {@link BtfType}. */
  readonly kind: "array";
  /** The type of the elements. */
  readonly element: BtfType;
  /** The type of the index, an integer. */
  readonly index: BtfType;
  /** Number of elements; 0 for a flexible array. */
  readonly length: number;
}

/** A member of a struct or union. */
export interface BtfField {
  /** "" for an anonymous struct or union. */
  readonly name: string;
  /** The member's type. */
  readonly type: BtfType;
  /** Offset from the start of the struct, in bits. */
  readonly bitOffset: number;
  /** Size of a bit-field in bits; 0 for any other member. */
  readonly bitSize: number;
}

/** A struct or union. */
export interface BtfStruct extends BtfNode {
  /** Discriminant of {@link BtfType}. */
  readonly kind: "struct" | "union";
  /** Size in bytes. */
  readonly size: number;
  /** The members in declaration order. */
  readonly members: readonly BtfField[];
}

/** An enum. */
export interface BtfEnum extends BtfNode {
  /** Discriminant of {@link BtfType}. "enum64" has 64-bit enumerators (Linux 6.0). */
  readonly kind: "enum" | "enum64";
  /** Bytes: 1, 2, 4 or 8. */
  readonly size: number;
  /** Whether the enumerators are signed. clang before 15 does not record it and emits false. */
  readonly signed: boolean;
  /** The enumerators. Values are bigints in an enum64, else numbers. */
  readonly values: readonly { readonly name: string; readonly value: number | bigint }[];
}

/** A forward declaration of a struct or union. */
export interface BtfForward extends BtfNode {
  /** Discriminant of {@link BtfType}. */
  readonly kind: "fwd";
  /** What is declared. */
  readonly of: "struct" | "union";
}

/** A typedef. */
export interface BtfTypedef extends BtfNode {
  /** Discriminant of {@link BtfType}. */
  readonly kind: "typedef";
  /** The type that the typedef names. */
  readonly target: BtfType;
}

/** const, volatile, restrict, or a btf_type_tag("…"), whose `name` is the tag (Linux 5.17). */
export interface BtfQualifier extends BtfNode {
  /** Discriminant of {@link BtfType}. */
  readonly kind: "const" | "volatile" | "restrict" | "type_tag";
  /** The qualified type. */
  readonly target: BtfType;
}

/** A function prototype. */
export interface BtfFunctionPrototype extends BtfNode {
  /** Discriminant of {@link BtfType}. */
  readonly kind: "func_proto";
  /** The return type. */
  readonly result: BtfType;
  /** The parameters. A last one without name and of type void stands for `...`. */
  readonly parameters: readonly { readonly name: string; readonly type: BtfType }[];
}

/** A function. */
export interface BtfFunction extends BtfNode {
  /** Discriminant of {@link BtfType}. */
  readonly kind: "func";
  /** Its prototype, a {@link BtfFunctionPrototype}. */
  readonly prototype: BtfType;
  /** The linkage (enum btf_func_linkage). */
  readonly linkage: "static" | "global" | "extern";
}

/** A variable. */
export interface BtfVariable extends BtfNode {
  /** Discriminant of {@link BtfType}. */
  readonly kind: "var";
  /** The variable's type. */
  readonly type: BtfType;
  /** The linkage (BTF_VAR_*). */
  readonly linkage: "static" | "global" | "extern";
}

/** A section of variables (BTF_KIND_DATASEC), such as .bss or .maps. */
export interface BtfSection extends BtfNode {
  /** Discriminant of {@link BtfType}. */
  readonly kind: "datasec";
  /** Size in bytes; 0 in objects that libbpf has not linked. */
  readonly size: number;
  /**
   * The variables; offsets and sizes are in bytes. In objects that libbpf has not linked, offsets are 0: the ELF
   * symbols have them.
   */
  readonly variables: readonly { readonly variable: BtfType; readonly offset: number; readonly size: number }[];
}

/** A btf_decl_tag("…") on a declaration (Linux 5.16). `name` is the tag. */
export interface BtfDeclarationTag extends BtfNode {
  /** Discriminant of {@link BtfType}. */
  readonly kind: "decl_tag";
  /** The tagged type, variable or function. */
  readonly target: BtfType;
  /** Index of the tagged member or parameter; -1 if the tag applies to the declaration itself. */
  readonly component: number;
}

/** void. */
export interface BtfVoid extends BtfNode {
  /** Discriminant of {@link BtfType}. */
  readonly kind: "void";
}

/** A BTF type; `kind` is the discriminant. */
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

/** Type records, and the graph node for an id. */
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
      // By name: compilers emit BTF_INT_SIGNED for char, never BTF_INT_CHAR.
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

/** @internal Creates the node for an id; {@link Btf.type} caches it. Returns void for an invalid id. */
export function makeType(btf: Graph, id: number): BtfType {
  const make = makers[btf.kind(id)];
  return make === undefined ? { id: 0, kind: "void", name: "" } : make(btf, id, { id, name: btf.name(id) });
}

/**
 * The type after removing typedefs, qualifiers and type tags.
 *
 * @throws {@link ArgumentError} if `type` is not a BTF type
 */
export function resolved(type: BtfType): Exclude<BtfType, BtfTypedef | BtfQualifier> {
  if (typeof type !== "object" || type === null)
    throw new ArgumentError(`expected a type of a Btf, got ${shown(type)}`, { operation: "btf" });
  let current = type;
  // Btf.fault() guarantees that no chain is longer.
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    if (!("target" in current) || current.kind === "ptr" || current.kind === "decl_tag") return current;
    current = current.target;
  }
  return { id: 0, kind: "void", name: "" };
}

/**
 * The size of a type in memory, in bytes; undefined for void, functions and forward declarations. libbpf:
 * btf__resolve_size().
 */
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
