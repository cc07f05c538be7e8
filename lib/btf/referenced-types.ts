/** The types that a type refers to. */
import type { Btf } from "./btf";
import type { BtfType } from "./types";

/** The types that a type refers to directly, with duplicates. */
export function referencesOf(type: BtfType): BtfType[] {
  switch (type.kind) {
    case "struct":
    case "union":
      return type.members.map((member) => member.type);
    case "array":
      return [type.element, type.index];
    case "func_proto":
      return [type.result, ...type.parameters.map((parameter) => parameter.type)];
    case "func":
      return [type.prototype];
    case "var":
      return [type.type];
    case "datasec":
      return type.variables.map(({ variable }) => variable);
    default:
      return "target" in type ? [type.target] : [];
  }
}

/**
 * The given types and all types reachable from them, through pointers too, with their declaration tags. In id order,
 * without void.
 */
export function reached(btf: Btf, types: Iterable<BtfType>): BtfType[] {
  const found = new Map<number, BtfType>();
  const open = Array.from(types);
  for (let type = open.pop(); type !== undefined; type = open.pop()) {
    if (type.kind === "void" || found.has(type.id)) continue;
    found.set(type.id, type);
    open.push(...btf.tagsOf(type));
    for (const other of referencesOf(type)) open.push(other);
  }
  return [...found.values()].sort((one, other) => one.id - other.id);
}
