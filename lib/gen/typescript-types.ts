/**
 * BTF types as TypeScript: the types of the values that lib/codec/codec.ts decodes. Covers only types that have values;
 * a pointer is a bigint, because its target is in another address space.
 */

import { MAX_DEPTH } from "../btf/btf-kinds";
import { isManaged } from "../btf/fields";
import { type BtfEnum, type BtfStruct, type BtfType, resolved } from "../btf/types";
import type { U64 } from "../codec/plan";
import { ArgumentError } from "../errors";
import { declaration, typeName } from "./declaration";
import { assignNames, byText, inComment, literalKey, type Nameless, propertyKey } from "./names";

/**
 * TypeScript declarations of types and their dependencies, sorted by name. The same types give the same text. Different
 * types with the same name, as in the kernel, are numbered as libbpf does: `foo`, `foo___2`.
 *
 * @throws {@link ArgumentError} for a type without values
 */
export function renderTypes(types: readonly BtfType[]): string {
  const writer = new TypeWriter([], "bigint");
  for (const type of types) writer.add(type, type.name || `type_${type.id}`, type.name || `type ${type.id}`);
  return writer.render();
}

/** A member of a struct, or of an unnamed struct inside it. */
interface Property {
  name: string;
  type: BtfType;
  bitSize: number;
  /** For a union: reading returns all members, writing takes one. */
  optional: boolean;
}

interface Declared extends Nameless {
  type: BtfStruct | BtfEnum;
  properties: readonly Property[];
  /** Its structure as text, which identifies equal types. */
  look: string;
}

/** Collects types and their dependencies, names them and writes their declarations. */
export class TypeWriter {
  readonly #declared = new Map<BtfType, Declared>();
  /** Types by structure: a type declared twice in linked objects is written once. */
  readonly #alike = new Map<string, Declared>();
  readonly #taken: readonly string[];
  readonly #u64: U64;
  #names: Map<Declared, string> | undefined;

  /**
   * Creates an empty collection.
   *
   * @param taken names that must not be used
   * @param u64 how 64-bit integers are decoded
   */
  constructor(taken: readonly string[], u64: U64) {
    this.#taken = taken;
    this.#u64 = u64;
  }

  /**
   * Adds a type and its dependencies.
   *
   * @param wish its name if it is unnamed
   * @param path where it was found, for errors
   * @throws {@link ArgumentError} for a type without values: void, a function, a forward declaration
   */
  add(type: BtfType, wish: string, path: string): void {
    this.#visit(type, wish, path, []);
  }

  /** The TypeScript expression for the type, which must have been added. */
  expression(type: BtfType): string {
    const bare = resolved(type);
    switch (bare.kind) {
      case "int":
        if (bare.encoding === "bool") return "boolean";
        return bare.size === 8 ? this.#u64 : bare.size > 8 ? "bigint" : "number";
      case "float":
        // JavaScript has no equivalent of long double.
        return bare.size > 8 || bare.size < 4 ? "Uint8Array" : "number";
      case "ptr":
        return "bigint";
      case "array": {
        const element = resolved(bare.element);
        if (element.kind === "int" && element.isChar) return "string";
        if (element.kind === "int" && element.size === 1 && element.encoding !== "bool") return "Uint8Array";
        return `${this.expression(element)}[]`;
      }
      default: {
        const declared = this.#declared.get(bare);
        return (declared && this.#named().get(declared)) ?? "never";
      }
    }
  }

  /** The declarations of all added types, each preceded by an empty line. */
  render(): string {
    const names = this.#named();
    const sorted = Array.from(names).toSorted(([, a], [, b]) => byText(a, b));
    return sorted.map(([declared, name]) => this.#declaration(declared, name)).join("\n");
  }

  #visit(type: BtfType, wish: string, path: string, within: readonly BtfType[]): void {
    const bare = resolved(type);
    if (within.includes(bare)) throw noValue(path, `${typeName(bare)} contains itself`);
    if (within.length > MAX_DEPTH) throw noValue(path, "types are nested too deep");
    if (bare.kind === "array") this.#visit(bare.element, wish, path, [...within, bare]);
    else if ("members" in bare || "values" in bare) this.#declare(type, bare, wish, path, within);
    else if (bare.kind !== "int" && bare.kind !== "ptr" && bare.kind !== "float") {
      throw noValue(path, `${typeName(bare)} has no values`);
    }
  }

  #declare(type: BtfType, bare: BtfStruct | BtfEnum, place: string, path: string, within: readonly BtfType[]): void {
    if (this.#declared.has(bare)) return;
    const alias = aliasOf(type);
    const keyword = bare.name !== "" ? keywordOf(bare) : alias !== "" ? "typedef" : "";
    const wish = bare.name || alias || place;
    const properties = "members" in bare ? propertiesOf(bare, path) : [];
    for (const { name, type: of } of properties)
      this.#visit(of, `${wish}_${name}`, `${path}.${name}`, [...within, bare]);
    const parts =
      "values" in bare ? bare.values.map(({ name, value }) => `${name} = ${value}`) : properties.map(this.#look);
    const look = `${keyword} ${wish} ${bare.kind} ${bare.size} {${parts.join("; ")}}`;
    const declared = this.#alike.get(look) ?? { type: bare, wish, keyword, path, properties, look };
    this.#alike.set(look, declared);
    this.#declared.set(bare, declared);
    this.#names = undefined;
  }

  /** A member with its structure, down to named types. */
  readonly #look = ({ type, name, bitSize }: Property): string => {
    let bare = resolved(type);
    while (bare.kind === "array") bare = resolved(bare.element);
    const inner = this.#declared.get(bare);
    return declaration(type, name, bitSize) + (inner?.keyword === "" ? inner.look : "");
  };

  #named(): Map<Declared, string> {
    this.#names ??= assignNames(Array.from(new Set(this.#declared.values())), this.#taken);
    return this.#names;
  }

  #declaration({ type, properties, wish, keyword }: Declared, name: string): string {
    const what =
      keyword === "" ? `${type.kind === "enum64" ? "enum" : type.kind} without a name` : `${keyword} ${wish}`;
    const doc = `/** ${inComment(what)}: ${type.size} byte${type.size === 1 ? "" : "s"} */\n`;
    if ("values" in type) {
      const members = type.values.map(({ name: member, value }) => {
        return `  ${literalKey(member)}: ${value}${typeof value === "bigint" ? "n" : ""},\n`;
      });
      const object = members.length === 0 ? "{}" : `{\n${members.join("")}}`;
      const other = type.kind === "enum64" || type.size > 4 ? "bigint" : "number";
      return `${doc}export const ${name} = ${object} as const;\nexport type ${name} = keyof typeof ${name} | ${other};\n`;
    }
    if (properties.length === 0) return `${doc}export type ${name} = Record<string, never>;\n`;
    const members = properties.map((property) => {
      const comment = `  /** ${declaration(property.type, property.name, property.bitSize)} */\n`;
      return `${comment}  ${propertyKey(property.name)}${property.optional ? "?" : ""}: ${this.expression(property.type)};\n`;
    });
    return `${doc}export interface ${name} {\n${members.join("")}}\n`;
  }
}

/**
 * The members of a struct or union, with those of unnamed structs and unions inlined, and without kernel-managed
 * fields.
 */
function propertiesOf(struct: BtfStruct, path: string): Property[] {
  const found = new Map<string, Property>();
  const walk = ({ kind, members }: BtfStruct, optional: boolean, within: readonly BtfType[]) => {
    for (const { name, type, bitSize } of members) {
      if (isManaged(type)) continue;
      const bare = resolved(type);
      const inUnion = optional || kind === "union";
      if (name === "" && (bare.kind === "struct" || bare.kind === "union")) {
        if (within.includes(bare)) throw noValue(path, `${typeName(bare)} contains itself`);
        walk(bare, inUnion, [...within, bare]);
      } else if (name !== "") {
        if (found.has(name)) throw noValue(`${path}.${name}`, "two members have the same name");
        found.set(name, { name, type, bitSize, optional: inUnion });
      }
    }
  };
  walk(struct, false, [struct]);
  return Array.from(found.values());
}

const keywordOf = ({ kind }: BtfStruct | BtfEnum) => (kind === "enum64" ? "enum" : kind);

/** The name of the typedef before an unnamed type; "" if there is none. */
function aliasOf(type: BtfType): string {
  let alias = "";
  for (let next = type, depth = 0; depth < MAX_DEPTH && "target" in next && next.kind !== "ptr"; depth++) {
    if (next.kind === "typedef") alias = next.name;
    next = next.target;
  }
  return alias;
}

function noValue(path: string, message: string): ArgumentError {
  return new ArgumentError(`${path}: ${message}`, { operation: "gen" });
}
