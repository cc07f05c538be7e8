/** What libbpf believes of an object's symbols and relocations, and would go past the end of its memory for. */
import type { ElfSection } from "./elf";
import { relocationsOf, SymbolType, symbolsOf } from "./elf-symbols";
import { Instructions } from "./instructions";

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
