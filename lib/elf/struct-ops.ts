/** Finds the struct member that each struct_ops program implements. libbpf: bpf_object__collect_st_ops_relos(). */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/btf-kinds";
import { withoutFlavor } from "../btf/search";
import type { VariableDescription } from "../native";
import type { ElfSection } from "./elf";
import { relocationsOf, symbolsOf } from "./symbols";

const SECTIONS: ReadonlySet<string> = new Set([".struct_ops", ".struct_ops.link", "?.struct_ops", "?.struct_ops.link"]);

/** Whether a section's variables are struct_ops maps. */
export const isStructOps = (section: string): boolean => SECTIONS.has(section);

/** The member of a struct_ops map that a program implements. */
export interface StructOpsSlot {
  program: string;
  /** The name of the map variable. */
  map: string;
  /** Offset in the map's struct, in bytes. */
  offset: number;
  /** "struct.member" */
  target: string;
}

/** All slots in file order. */
export function structOpsSlots(
  sections: readonly ElfSection[],
  btf: Btf,
  variables: readonly VariableDescription[],
): StructOpsSlot[] {
  if (!sections.some(({ name }) => isStructOps(name))) return [];
  const symbols = symbolsOf(sections);
  const slots: StructOpsSlot[] = [];
  for (const [index, section] of sections.entries()) {
    if (!isStructOps(section.name)) continue;
    for (const { offset, symbol } of relocationsOf(sections, symbols, index)) {
      const variable = variables.find(
        (other) => other.section === section.name && offset >= other.offset && offset < other.offset + other.size,
      );
      if (symbol === undefined || variable === undefined) continue;
      const struct = btf.resolve(variable.typeId);
      if (btf.kind(struct) !== BtfKind.STRUCT) continue;
      const within = offset - variable.offset;
      const member = btf.members(struct).find((other) => other.offset === within * 8);
      if (member === undefined) continue;
      const target = `${withoutFlavor(btf.name(struct))}.${member.name}`;
      slots.push({ program: symbol.name, map: variable.name, offset: within, target });
    }
  }
  return slots;
}
