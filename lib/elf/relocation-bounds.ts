/** What libbpf believes of an object's symbols and relocations, and would go past the end of its memory for. */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/btf-kinds";
import { sizeOf } from "../btf/types";
import { type ElfSection, MAX_ZEROES } from "./elf";
import { Instructions } from "./instructions";
import { relocationsOf, SymbolBinding, SymbolType, symbolsOf } from "./symbols";

const SHF_EXECINSTR = 4;
/** Bytes of a pointer in a map's definition. */
const POINTER = 8;
/** Functions that share instructions are copied for each: so many times the file at most. */
const MAX_COPIES = 16;

/**
 * What is wrong, in words; undefined if nothing is.
 *
 * libbpf writes to both halves of a two-slot load, where a function has just room for one (bpf_object__relocate_data(),
 * bpf_core_patch_insn()); makes room for as many slots of a map of maps as an offset near 2^64 says (bpf_object__collect_map_relos());
 * and copies each function's instructions (bpf_object__init_prog()).
 */
export function unsound(sections: readonly ElfSection[], bytes: number): string | undefined {
  const symbols = symbolsOf(sections);
  let copied = 0;
  for (const { type, section: index, name, value, size } of symbols) {
    const section = sections[index];
    if (type !== SymbolType.FUNC || section === undefined || (section.flags & SHF_EXECINSTR) === 0) continue;
    const { contents } = section;
    if (value + size > contents.length) return `the function ${name} is longer than its section`;
    const instructions = new Instructions(contents.subarray(value, value + size));
    if (instructions.length > 0 && instructions.isAddressLoad(instructions.length - 1))
      return `the function ${name} ends inside an instruction`;
    copied += size;
    if (copied > MAX_COPIES * bytes) return "its functions overlap";
  }
  const maps = sections.findIndex(({ name }) => name === ".maps");
  const room = sections[maps]?.contents.length ?? 0;
  const outside = relocationsOf(sections, symbols, maps).some(({ offset }) => offset + POINTER > room);
  return outside ? "a relocation is outside of .maps" : undefined;
}

/** What libbpf makes itself, for what is defined elsewhere. */
const EXTERNS: readonly string[] = [".kconfig", ".ksyms"];

/**
 * A variable that is not inside its section. libbpf adds place and size in 32 bits before it copies a struct_ops (init_struct_ops_maps()),
 * and gives the others out as they are. Places are where btf_fixup_datasec() finds them.
 */
export function variableOutside(sections: readonly ElfSection[], btf: Btf): string | undefined {
  const places = new Map<string, number>();
  for (const { type, binding, name, value } of symbolsOf(sections)) {
    const counts = type === SymbolType.OBJECT && binding !== SymbolBinding.LOCAL;
    if (counts && !places.has(name)) places.set(name, value);
  }
  let found: string | undefined;
  btf.scan({ [BtfKind.DATASEC]: "" }, (_, name, id) => {
    const datasec = btf.type(id);
    if (datasec.kind !== "datasec") return;
    if (EXTERNS.includes(name)) {
      // libbpf makes .kconfig as large as its types: bpf_object__collect_externs().
      const sizes = datasec.variables.map(({ variable }) => sizeOf(variable) ?? 0);
      if (name === ".kconfig" && sizes.reduce((sum, size) => sum + size, 0) > MAX_ZEROES)
        found ??= "its __kconfig variables claim more than 1 GiB";
      return;
    }
    const room = Math.min(...sections.filter((section) => section.name === name).map(({ size }) => size));
    for (const { variable, offset, size } of datasec.variables) {
      if (variable.kind !== "var") continue;
      // Linked objects say it in BTF; so do others of static variables.
      const place =
        datasec.size === 0 && variable.linkage !== "static" ? (places.get(variable.name) ?? offset) : offset;
      if (place + Math.max(size, sizeOf(variable.type) ?? 0) > room)
        found ??= `the variable ${variable.name} lies beyond its section ${name}`;
    }
  });
  return found;
}
