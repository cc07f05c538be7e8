/**
 * Plans: BTF types prepared for codecs. Building a plan resolves names, offsets and operations and finds all errors in
 * the type, before the first value. Codecs and views are built from plans and do not use BTF again.
 */

import { MAX_DEPTH } from "../btf/btf-kinds";
import { isManaged } from "../btf/fields";
import {
  type BtfArray,
  type BtfEnum,
  type BtfField,
  type BtfInt,
  type BtfStruct,
  type BtfType,
  resolved,
} from "../btf/types";
import { ArgumentError } from "../errors";
import { type Enumeration, enumerationOf } from "./enumeration";

/** How 64-bit integers are decoded: "bigint" is exact; "number" is faster and rounds beyond 2^53. */
export type U64 = "bigint" | "number";

/** How values are decoded. */
export interface CodecOptions {
  /** What the values are, for error messages: "map denied: key". */
  path: string;
  /** How 64-bit integers are decoded. Default "bigint". */
  u64?: U64;
  /** Whether arrays of `char` decode to strings or to Uint8Arrays. Default "string". */
  chars?: "string" | "bytes";
  /**
   * "skip" omits the fields of map values that the kernel manages: spin locks, timers, kptrs. By default they are
   * ordinary fields.
   */
  managed?: "skip";
}

/** An integer, or a type stored as one: a boolean, an enum, a pointer, a bit-field. */
export interface IntPlan {
  readonly op: "int";
  /** Size in bytes. For a bit-field, the bytes that hold it, up to 17. */
  readonly size: number;
  /** Width in bits. More than 32 bits are handled as bigint, whatever the decoded value is. */
  readonly width: number;
  /** Offset of a bit-field's first bit in its first byte; undefined for a whole integer. */
  readonly shift: number | undefined;
  readonly signed: boolean;
  readonly as: "number" | "bigint" | "bool" | "enum";
  readonly enumeration?: Enumeration;
  /** The expected value, for error messages: "u32". */
  readonly expected: string;
}

export interface FloatPlan {
  readonly op: "float";
  readonly size: 4 | 8;
}

/** Strings and byte arrays. */
export interface BytesPlan {
  readonly op: "chars" | "bytes";
  readonly size: number;
  /** Whether it is a flexible array, which extends to the end of the bytes. */
  readonly flexible: boolean;
}

export interface ArrayPlan {
  readonly op: "array";
  readonly size: number;
  readonly length: number;
  readonly element: Plan;
  readonly flexible: boolean;
}

export interface PlannedField {
  /** "" for an anonymous struct or union, whose fields are merged into its parent's. */
  readonly name: string;
  /** Offset in bytes. */
  readonly offset: number;
  readonly plan: Plan;
}

export interface StructPlan {
  readonly op: "struct" | "union";
  readonly size: number;
  /** The label in error messages: "struct key". */
  readonly label: string;
  readonly members: readonly PlannedField[];
  /** The fields of a value: the members, with anonymous ones replaced by their own members. */
  readonly fields: readonly PlannedField[];
}

export type Plan = IntPlan | FloatPlan | BytesPlan | ArrayPlan | StructPlan;

/** Maximum number of fields; larger than any struct of the kernel. */
const FIELDS = 1 << 16;
const WHOLE = [1, 2, 4, 8, 16];

interface Site {
  readonly path: string;
  readonly depth: number;
  /** Whether the type ends the value, so that a flexible array in it extends to the end of the bytes. */
  readonly last: boolean;
}

/**
 * Builds the plan of a type.
 *
 * @throws {@link ArgumentError} with the type's path, for a type without values or contradictory BTF
 */
export function planOf(type: BtfType, options: CodecOptions): Plan {
  return new Planner(options).plan(type, { path: options.path, depth: 0, last: true });
}

class Planner {
  readonly #options: CodecOptions;
  /** Fields that a plan may still get. */
  #left = FIELDS;

  constructor(options: CodecOptions) {
    this.#options = options;
  }

  plan(type: BtfType, site: Site): Plan {
    if (site.depth > MAX_DEPTH) throw refuse(site.path, "types are nested too deep");
    if (--this.#left < 0) throw refuse(site.path, `more than ${FIELDS} fields`);
    const bare = resolved(type);
    switch (bare.kind) {
      case "int":
        return this.#integer(bare, site);
      case "ptr":
        return { op: "int", size: 8, width: 64, shift: undefined, signed: false, as: "bigint", expected: "a pointer" };
      case "enum":
      case "enum64":
        return this.#enumOf(bare, labelOf("enum", type), site);
      case "float":
        if (bare.size === 4 || bare.size === 8) return { op: "float", size: bare.size };
        return { op: "bytes", size: bare.size, flexible: false };
      case "array":
        return this.#arrayOf(bare, site);
      case "struct":
      case "union":
        return this.#structOf(bare, labelOf(bare.kind, type), site);
      case "var":
        return this.plan(bare.type, site);
      case "fwd":
        throw refuse(site.path, `${bare.of} ${bare.name} is declared and not defined`);
      case "func":
      case "func_proto":
        throw refuse(site.path, "a function has no values");
      default:
        throw refuse(site.path, `${bare.kind} has no values`);
    }
  }

  #integer({ size, bits, bitOffset, encoding }: BtfInt, site: Site): IntPlan {
    if (!WHOLE.includes(size) || bits + bitOffset > size * 8) throw refuse(site.path, `an integer of ${size} bytes`);
    const whole = bits === size * 8;
    return this.#intOf(encoding, size, whole ? undefined : { offset: bitOffset, bits });
  }

  #intOf(encoding: BtfInt["encoding"], size: number, field?: { offset: number; bits: number }): IntPlan {
    const width = field?.bits ?? size * 8;
    const signed = encoding === "signed";
    // A bit-field decodes as its declared type: `__u64 flag : 1` is a bigint.
    const wide = size === 16 || (size === 8 && this.#options.u64 !== "number");
    const expected = encoding === "bool" ? "a boolean" : `${signed ? "s" : "u"}${width}`;
    const as = encoding === "bool" ? "bool" : wide ? "bigint" : "number";
    return { op: "int", ...placeOf(size, field), width, signed, as, expected };
  }

  #enumOf(type: BtfEnum, label: string, site: Site, field?: { offset: number; bits: number }): IntPlan {
    if (!WHOLE.includes(type.size) || type.size > 8) throw refuse(site.path, `an enum of ${type.size} bytes`);
    const width = field?.bits ?? type.size * 8;
    const enumeration = enumerationOf(type, label, width);
    const place = placeOf(type.size, field);
    return { op: "int", ...place, width, signed: type.signed, as: "enum", enumeration, expected: label };
  }

  #arrayOf(array: BtfArray, site: Site): Plan {
    const flexible = array.length === 0 && site.last;
    const kind = resolved(array.element);
    if (kind.kind === "int" && kind.size === 1 && kind.bits === 8 && kind.encoding !== "bool") {
      const op = kind.isChar && this.#options.chars !== "bytes" ? "chars" : "bytes";
      return { op, size: array.length, flexible };
    }
    const element = this.plan(array.element, { path: `${site.path}[]`, depth: site.depth + 1, last: false });
    const size = element.size * array.length;
    if (element.size === 0 && array.length > FIELDS) throw refuse(site.path, `${array.length} elements of size 0`);
    if (size > 0xffffffff) throw refuse(site.path, "too large");
    return { op: "array", size, length: array.length, element, flexible };
  }

  #structOf(type: BtfStruct, label: string, site: Site): StructPlan {
    const members: PlannedField[] = [];
    const count = type.members.length;
    for (const [index, member] of type.members.entries()) {
      if (this.#options.managed === "skip" && isManaged(member.type)) continue;
      const path = member.name === "" ? site.path : `${site.path}.${member.name}`;
      const last = site.last && (type.kind === "union" || index === count - 1);
      const field = this.#memberOf(member, { path, depth: site.depth + 1, last });
      // Unnamed and not a struct: padding that the compiler emitted.
      if (field === undefined) continue;
      if (field.offset + field.plan.size > type.size) throw refuse(path, `reaches beyond ${label}`);
      members.push(field);
    }
    const fields = members.flatMap((member) => {
      if (member.name !== "") return member;
      const { offset, plan } = member;
      return (plan as StructPlan).fields.map((field) => ({ ...field, offset: offset + field.offset }));
    });
    const names = new Set<string>();
    for (const { name } of fields) {
      if (names.has(name)) throw refuse(`${site.path}.${name}`, `${label} has two fields with this name`);
      names.add(name);
    }
    return { op: type.kind, size: type.size, label, members, fields };
  }

  #memberOf({ name, type, bitOffset, bitSize }: BtfField, site: Site): PlannedField | undefined {
    const bare = resolved(type);
    const isStruct = bare.kind === "struct" || bare.kind === "union";
    if (name === "" && !isStruct) return undefined;
    // Without kind_flag on the struct, the integer type itself has the bit-field's width.
    const old = bare.kind === "int" && bare.bits !== bare.size * 8;
    const bits = bitSize !== 0 ? bitSize : old ? bare.bits : 0;
    if (bits === 0) {
      if (bitOffset % 8 !== 0) throw refuse(site.path, "does not begin at a byte boundary");
      return { name, offset: bitOffset / 8, plan: this.plan(type, site) };
    }
    const isInt = bare.kind === "int" || bare.kind === "enum" || bare.kind === "enum64";
    if (!isInt || !WHOLE.includes(bare.size) || bits > bare.size * 8) throw refuse(site.path, "invalid bit-field");
    const from = bitOffset + (bitSize === 0 && bare.kind === "int" ? bare.bitOffset : 0);
    const field = { offset: from % 8, bits };
    this.#left--;
    const made =
      bare.kind === "int"
        ? this.#intOf(bare.encoding, bare.size, field)
        : this.#enumOf(bare, labelOf("enum", type), site, field);
    return { name, offset: (from - field.offset) / 8, plan: made };
  }
}

function placeOf(size: number, field?: { offset: number; bits: number }): { size: number; shift: number | undefined } {
  if (field === undefined) return { size, shift: undefined };
  return { size: Math.ceil((field.offset + field.bits) / 8), shift: field.offset };
}

export function labelOf(kind: string, type: BtfType): string {
  const { name } = resolved(type);
  if (name !== "") return `${kind} ${name}`;
  return type.kind === "typedef" ? type.name : kind;
}

function refuse(path: string, what: string): ArgumentError {
  return new ArgumentError(`${path}: ${what}`, { operation: "codec" });
}
