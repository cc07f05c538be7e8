/** What the bytes of a type mean, as a digest: two versions of a program can share a map if both give them the same meaning. */
import { createHash } from "node:crypto";
import { type BtfType, resolved } from "./types";

/** A digest of plain data. */
export function digest(value: unknown): string {
  const text = JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? `${each}n` : each));
  return createHash("sha256").update(text).digest("hex");
}

/** Digests of the types of one BTF: names, offsets and types of members. A pointer counts by its target's name and tags. */
export class Layouts {
  readonly #typeOf: (id: number) => BtfType;
  /** By BTF id: a struct that is used twice is looked at once. */
  readonly #known = new Map<number, string>();

  constructor(typeOf: (id: number) => BtfType) {
    this.#typeOf = typeOf;
  }

  /** Of the type with an id; 0 is none. */
  ofId(id: number): string {
    return id === 0 ? "" : this.of(this.#typeOf(id));
  }

  of(type: BtfType): string {
    const bare = resolved(type);
    const known = this.#known.get(bare.id);
    if (known !== undefined) return known;
    const made = digest(this.#parts(bare));
    this.#known.set(bare.id, made);
    return made;
  }

  #parts(type: ReturnType<typeof resolved>): unknown[] {
    const { kind, name } = type;
    switch (type.kind) {
      case "struct":
      case "union":
        return [
          ...[kind, name, type.size],
          ...type.members.map((member) => [member.name, member.bitOffset, member.bitSize, this.of(member.type)]),
        ];
      case "array":
        return [kind, type.length, this.of(type.element)];
      case "ptr":
        return [kind, ...tagsOf(type.target), resolved(type.target).name];
      case "int":
        return [kind, name, type.size, type.bits, type.bitOffset, type.encoding];
      case "enum":
      case "enum64":
        return [kind, name, type.size, type.signed, type.values];
      default:
        return [kind, name, "size" in type ? type.size : 0];
    }
  }
}

/** The type tags of a pointer's target, such as "kptr". */
function tagsOf(type: BtfType): string[] {
  if (!("target" in type) || type.kind === "ptr" || type.kind === "decl_tag") return [];
  return [...(type.kind === "type_tag" ? [type.name] : []), ...tagsOf(type.target)];
}
