/**
 * Plans: a BTF type worked out for a codec. Names, offsets and operations are found, and everything that can be wrong with a type
 * is found out, before the first value. A codec or a view is made of a plan, and never looks at BTF again.
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

/** What 64-bit integers are: bigints, exactly, or numbers, faster, which beyond 2^53 are rounded. */
export type U64 = "bigint" | "number";

/** How values look. */
export interface CodecOptions {
  /** What the values are, for errors: "map denied: key". */
  path: string;
  /** By default "bigint". */
  u64?: U64;
  /** Arrays of `char` as texts, or as Uint8Arrays. By default texts. */
  chars?: "string" | "bytes";
  /** Leaves out what the kernel manages in a map's values: spin locks, timers, kptrs. By default they are as any field. */
  managed?: "skip";
}

/** An integer, and what is one in memory: a boolean, an enum, a pointer, a bit-field. */
export interface IntPlan {
  readonly op: "int";
  /** Bytes; of a bit-field those that it lies in, up to 17. */
  readonly size: number;
  /** Bits. More than 32 are a bigint while they are moved, whatever they become. */
  readonly width: number;
  /** A bit-field's first bit in its first byte; undefined for a whole integer. */
  readonly shift: number | undefined;
  readonly signed: boolean;
  readonly as: "number" | "bigint" | "bool" | "enum";
  readonly enumeration?: Enumeration;
  /** For errors: "u32". */
  readonly expected: string;
}

export interface FloatPlan {
  readonly op: "float";
  readonly size: 4 | 8;
}

/** Texts and bytes. */
export interface BytesPlan {
  readonly op: "chars" | "bytes";
  readonly size: number;
  /** Takes what is left. */
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
  /** "" for an anonymous struct or union, whose fields are its parent's. */
  readonly name: string;
  /** Bytes. */
  readonly offset: number;
  readonly plan: Plan;
}

export interface StructPlan {
  readonly op: "struct" | "union";
  readonly size: number;
  /** "struct key" */
  readonly label: string;
  readonly members: readonly PlannedField[];
  /** The members with those of anonymous members in their place: what a value has. */
  readonly fields: readonly PlannedField[];
}

export type Plan = IntPlan | FloatPlan | BytesPlan | ArrayPlan | StructPlan;

/** More than the greatest struct of the kernel has. */
const FIELDS = 1 << 16;
const WHOLE = [1, 2, 4, 8, 16];

interface Site {
  readonly path: string;
  readonly depth: number;
  /** Whether what is left of the bytes belongs to it: a flexible array there takes them. */
  readonly last: boolean;
}

/** @throws {@link ArgumentError} with the type's path for a type that has no values, or BTF that contradicts itself */
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
    // A bit-field is what its declared type is: `__u64 flag : 1` is a bigint.
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
    if (element.size === 0 && array.length > FIELDS) throw refuse(site.path, `${array.length} elements without bytes`);
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
      // Nameless and no struct: padding that a compiler wrote down.
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
      if (names.has(name)) throw refuse(`${site.path}.${name}`, `${label} has two fields of this name`);
      names.add(name);
    }
    return { op: type.kind, size: type.size, label, members, fields };
  }

  #memberOf({ name, type, bitOffset, bitSize }: BtfField, site: Site): PlannedField | undefined {
    const bare = resolved(type);
    const isStruct = bare.kind === "struct" || bare.kind === "union";
    if (name === "" && !isStruct) return undefined;
    // Without the struct's kind_flag, the bits in use are the integer type's own.
    const old = bare.kind === "int" && bare.bits !== bare.size * 8;
    const bits = bitSize !== 0 ? bitSize : old ? bare.bits : 0;
    if (bits === 0) {
      if (bitOffset % 8 !== 0) throw refuse(site.path, "begins within a byte");
      return { name, offset: bitOffset / 8, plan: this.plan(type, site) };
    }
    const isInt = bare.kind === "int" || bare.kind === "enum" || bare.kind === "enum64";
    if (!isInt || !WHOLE.includes(bare.size) || bits > bare.size * 8)
      throw refuse(site.path, "an impossible bit-field");
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

/** "struct key"; the typedef's name for a type without one. */
export function labelOf(kind: string, type: BtfType): string {
  const { name } = resolved(type);
  if (name !== "") return `${kind} ${name}`;
  return type.kind === "typedef" ? type.name : kind;
}

function refuse(path: string, what: string): ArgumentError {
  return new ArgumentError(`${path}: ${what}`, { operation: "codec" });
}
