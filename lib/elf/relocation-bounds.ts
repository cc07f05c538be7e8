/** Checks symbols and relocations that libbpf does not check, and that would make it access memory out of bounds. */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/btf-kinds";
import { type ElfSection, MAX_ZEROES } from "./elf";
import { Instructions } from "./instructions";
import { relocationsOf, SymbolBinding, SymbolType, symbolsOf } from "./symbols";

const SHF_EXECINSTR = 4;
/** Size of a pointer in a map definition, in bytes. */
const POINTER = 8;
/** Functions that share instructions are copied for each. This limits the copies to a multiple of the file size. */
const MAX_COPIES = 16;

/**
 * The fault in words; undefined if there is none.
 *
 * libbpf writes to both slots of a two-slot load even where the function has room for only one
 * (bpf_object__relocate_data(), bpf_core_patch_insn()). It allocates as many slots for a map of maps as an offset near
 * 2^64 implies (bpf_object__collect_map_relos()). It copies each function's instructions (bpf_object__init_prog()).
 */
export function unsound(sections: readonly ElfSection[], bytes: number): string | undefined {
  const symbols = symbolsOf(sections);
  let copied = 0;
  for (const { type, section: index, name, value, size } of symbols) {
    const section = sections[index];
    if (type !== SymbolType.FUNC || section === undefined || (section.flags & SHF_EXECINSTR) === 0) continue;
    const { contents } = section;
    if (value + size > contents.length) return `the function ${name} extends beyond its section`;
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

const BTF_VAR_STATIC = 0;
/** Sections that libbpf creates for externs. */
const EXTERNS: readonly string[] = [".kconfig", ".ksyms"];

/**
 * A variable outside its section. libbpf adds offset and size in 32 bits before it copies a struct_ops
 * (init_struct_ops_maps()), and reports other variables unchecked. Offsets are determined as in btf_fixup_datasec().
 */
export function variableOutside(sections: readonly ElfSection[], btf: Btf): string | undefined {
  const places = new Map<string, number>();
  for (const { type, binding, name, value } of symbolsOf(sections)) {
    const counts = type === SymbolType.OBJECT && binding !== SymbolBinding.LOCAL;
    if (counts && !places.has(name)) places.set(name, value);
  }
  let found: string | undefined;
  btf.scan({ [BtfKind.DATASEC]: "" }, (_, name, id) => {
    if (EXTERNS.includes(name)) {
      // libbpf makes .kconfig as large as the types of its variables: bpf_object__collect_externs().
      const sizes = btf.members(id).map(({ type }) => btf.sizeOf(type));
      if (name === ".kconfig" && sizes.reduce((sum, size) => sum + size, 0) > MAX_ZEROES)
        found ??= "its __kconfig variables declare more than 1 GiB";
      return;
    }
    const room = Math.min(...sections.filter((section) => section.name === name).map(({ size }) => size));
    const isLinked = btf.typeOrSize(id) !== 0;
    // Not members(), which reads all names.
    for (let at = 3; at < 3 + btf.vlen(id) * 3; at += 3) {
      const [type, offset, size] = [btf.word(id, at), btf.word(id, at + 1), btf.word(id, at + 2)];
      if (btf.kind(type) !== BtfKind.VAR) continue;
      // Linked objects have offsets in BTF, others for static variables only.
      const isPlaced = isLinked || btf.extra(type) === BTF_VAR_STATIC;
      const place = isPlaced ? offset : (places.get(btf.name(type)) ?? offset);
      if (place + Math.max(size, btf.sizeOf(type)) > room)
        found ??= `the variable ${btf.name(type)} lies outside its section ${name}`;
    }
  });
  return found;
}
