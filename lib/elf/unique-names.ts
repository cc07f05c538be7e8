/**
 * Gives each variable and struct_ops map of an object a unique name. C static names are local to a file, so a linked
 * object may have several with the same name; the format string of a bpf_printk() in a shared inline function is
 * enough. A global symbol keeps its name.
 */
import type { Description, VariableDescription } from "../native";
import type { ElfSection } from "./elf";
import { isStructOps } from "./struct-ops";
import { SymbolBinding, SymbolType, symbolsOf } from "./symbols";

/**
 * Prefixes a shared name with its origin, as in "b.bpf.c:debug": the file, or the section where the file does not
 * distinguish them.
 */
export function giveOwnNames(description: Description, sections: readonly ElfSection[]): void {
  const { maps } = description;
  const data = new Set(maps.filter(({ internal }) => internal).map(({ valueTypeId }) => valueTypeId));
  const definesMap = ({ section }: VariableDescription) => section === ".maps" || isStructOps(section);
  const variables = description.variables.filter((one) => data.has(one.sectionId) || definesMap(one));
  const groups = new Map<string, VariableDescription[]>();
  for (const variable of variables) {
    const group = groups.get(variable.name);
    if (group === undefined) groups.set(variable.name, [variable]);
    else group.push(variable);
  }
  if (groups.size === variables.length) return;

  const places = locationsOf(sections);
  const taken = new Set(groups.keys());
  for (const [name, group] of groups) {
    const placeOf = ({ section, offset }: VariableDescription) => places.get(`${section} ${offset}`);
    const globals = group.filter((one) => one.section === ".kconfig" || placeOf(one)?.global);
    const statics = globals.length === 1 ? group.filter((one) => one !== globals[0]) : group;
    if (group.length === 1 || statics.length === 0) continue;
    const all = [statics.map((one) => placeOf(one)?.file ?? ""), statics.map(({ section }) => section)];
    const prefixes = all.find((each) => new Set(each).size === each.length && !each.includes(""));
    for (const [index, variable] of statics.entries()) {
      const prefix = prefixes?.[index] ?? `${variable.section}#${index + 1}`;
      variable.shared = name;
      variable.name = free(`${prefix}:${name}`, taken);
    }
    // Of static maps libbpf takes only struct_ops. It creates those of .maps first, in the order of their section's
    // variables.
    const named = maps.filter((map) => !map.internal && map.name === name);
    const definitions = group.filter(definesMap).toSorted((a, b) => +isStructOps(a.section) - +isStructOps(b.section));
    for (const [index, map] of named.entries()) map.name = definitions[index]?.name ?? map.name;
  }
}

function free(name: string, taken: Set<string>): string {
  const own = taken.has(name) ? free(`${name}'`, taken) : name;
  taken.add(own);
  return own;
}

interface SymbolLocation {
  /** The C file, if the symbol table has it. */
  file: string;
  global: boolean;
}

/** The origin of each data symbol by section and offset. The local symbols of a file follow its STT_FILE symbol. */
function locationsOf(sections: readonly ElfSection[]): Map<string, SymbolLocation> {
  const places = new Map<string, SymbolLocation>();
  let file = "";
  for (const { name, type, binding, section, value } of symbolsOf(sections)) {
    if (type === SymbolType.FILE) file = name;
    else if (type !== SymbolType.SECTION && sections[section] !== undefined)
      places.set(`${sections[section].name} ${value}`, { file, global: binding !== SymbolBinding.LOCAL });
  }
  return places;
}
