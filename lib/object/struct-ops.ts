/** Which member of which struct a struct_ops program is for. libbpf: bpf_object__collect_st_ops_relos(). */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/kinds";
import type { VariableDescription } from "../native";
import type { ElfSection } from "./elf";
import { relocationsOf, symbolsOf } from "./elf-symbols";
import { withoutFlavor } from "./functions";

const SECTIONS: ReadonlySet<string> = new Set([".struct_ops", ".struct_ops.link", "?.struct_ops", "?.struct_ops.link"]);

/** A section whose variables are struct_ops maps. */
export const isStructOps = (section: string): boolean => SECTIONS.has(section);

/** "struct.member" by program name; the first, of a program that is for more than one. */
export function structOpsMembers(
  sections: readonly ElfSection[],
  btf: Btf,
  variables: readonly VariableDescription[],
): Map<string, string> {
  const result = new Map<string, string>();
  if (!sections.some(({ name }) => SECTIONS.has(name))) return result;
  const symbols = symbolsOf(sections);
  for (const [index, section] of sections.entries()) {
    if (!SECTIONS.has(section.name)) continue;
    for (const { offset, symbol } of relocationsOf(sections, symbols, index)) {
      const variable = variables.find(
        (other) => other.section === section.name && offset >= other.offset && offset < other.offset + other.size,
      );
      if (symbol === undefined || variable === undefined || result.has(symbol.name)) continue;
      const struct = btf.resolve(variable.typeId);
      if (btf.kind(struct) !== BtfKind.STRUCT) continue;
      const member = btf.members(struct).find((other) => other.offset === (offset - variable.offset) * 8);
      if (member !== undefined) result.set(symbol.name, `${withoutFlavor(btf.name(struct))}.${member.name}`);
    }
  }
  return result;
}
