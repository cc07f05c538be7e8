/**
 * An ELF file's sections, and whether it is a whole BPF object for this machine: libbpf's own answer to most of that is a
 * bare EINVAL.
 */
import { little } from "../endian";
import { type ErrorCode, ObjectError } from "../errors";

const EM_BPF = 247;
const ET_REL = 1;
const SHT_NOBITS = 8;
/** Zeroes that a file may claim (.bss), for which it needs no bytes: no kernel makes a map of more than 2 GiB. */
export const MAX_ZEROES = 1 << 30;
/** What libbpf reads without asking whether it is there: bpf_object__elf_collect(). */
const NEVER_ZEROES: readonly string[] = ["license", "version"];
const HEADER_SIZE = 64;
const SECTION_HEADER_SIZE = 64;
const SHN_XINDEX = 0xffff;

/** A section and its header. */
export interface ElfSection {
  name: string;
  /** SHT_* */
  type: number;
  /** SHF_* */
  flags: number;
  /** The section that goes with it: a symbol table's strings, relocations' symbols. */
  link: number;
  /** The section that relocations are for. */
  info: number;
  /** Bytes that it has in memory: those of its contents, or zeroes (.bss). */
  size: number;
  contents: Uint8Array;
}

/** All sections of an object, as {@link readElf} gives them. Throws an {@link ObjectError} for want of BTF too. */
export function readSections(bytes: Uint8Array, name: string): ElfSection[] {
  const sections = readElf(bytes, name);
  if (sections.some((section) => section.name === ".BTF")) return sections;
  throw new ObjectError("ERR_BPF_OBJECT_NO_BTF", `${name} has no BTF`, {
    operation: "open",
    hint: "Compile with clang -g, and don't strip .BTF",
  });
}

/** All sections, each at its index; the first is empty. Throws an {@link ObjectError} that names what is wrong with the file. */
export function readElf(bytes: Uint8Array, name: string, machine: "bpf" | "any" = "bpf"): ElfSection[] {
  const fail = (code: ErrorCode, what: string, hint: string): never => {
    throw new ObjectError(code, `${name} ${what}`, { operation: "open", hint });
  };
  const recompile = "Compile it again, or copy it again";

  if (bytes.length === 0) fail("ERR_BPF_OBJECT_EMPTY", "is empty", recompile);
  if (!startsLikeElf(bytes)) {
    fail("ERR_BPF_OBJECT_NOT_ELF", "is not an ELF file", "Pass the .o that clang -target bpf made");
  }
  if (bytes.length < HEADER_SIZE) fail("ERR_BPF_OBJECT_TRUNCATED", "is cut off in its ELF header", recompile);
  if (bytes[4] !== 2) {
    fail("ERR_BPF_OBJECT_32BIT", "is a 32-bit ELF file", "BPF objects are 64-bit: compile with clang -target bpf");
  }
  if ((bytes[5] === 1) !== little) {
    const [found, target] = little ? ["big", "bpfel"] : ["little", "bpfeb"];
    fail(
      "ERR_BPF_OBJECT_ENDIANNESS",
      `is ${found}-endian, this machine is not`,
      `Compile with clang -target ${target}`,
    );
  }

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u64 = (offset: number) => Number(view.getBigUint64(offset, little));
  const found = view.getUint16(18, little);
  if (machine === "bpf" && (found !== EM_BPF || view.getUint16(16, little) !== ET_REL)) {
    fail(
      "ERR_BPF_OBJECT_NOT_BPF",
      `is an ELF file, but no BPF object (e_machine ${found})`,
      "Compile with clang -target bpf -c",
    );
  }

  const table = u64(40);
  const inTable = (index: number) => table + index * SECTION_HEADER_SIZE;
  if (table === 0 || inTable(1) > bytes.length)
    fail("ERR_BPF_OBJECT_TRUNCATED", "is cut off before its section table", recompile);
  // Counts that do not fit the header stand in the first section header.
  const count = view.getUint16(60, little) || u64(inTable(0) + 32);
  const names = view.getUint16(62, little);
  const namesIndex = names === SHN_XINDEX ? view.getUint32(inTable(0) + 40, little) : names;
  if (inTable(count) > bytes.length) fail("ERR_BPF_OBJECT_TRUNCATED", "is cut off in its section table", recompile);
  if (namesIndex >= count) fail("ERR_BPF_OBJECT_INVALID", "has no section names", recompile);

  const extent = (index: number): [number, number] => {
    const header = inTable(index);
    const size = view.getUint32(header + 4, little) === SHT_NOBITS ? 0 : u64(header + 32);
    const offset = size === 0 ? 0 : u64(header + 24);
    if (offset + size > bytes.length) fail("ERR_BPF_OBJECT_TRUNCATED", "is cut off in a section", recompile);
    return [offset, size];
  };
  const [namesOffset, namesSize] = extent(namesIndex);
  let zeroes = 0;
  const sections: ElfSection[] = [
    { name: "", type: 0, flags: 0, link: 0, info: 0, size: 0, contents: new Uint8Array() },
  ];
  for (let index = 1; index < count; index++) {
    const [offset, size] = extent(index);
    const header = inTable(index);
    const u32 = (at: number) => view.getUint32(header + at, little);
    const sectionName = u32(0) < namesSize ? stringAt(bytes, namesOffset + u32(0)) : "";
    if (machine === "bpf" && u32(4) === SHT_NOBITS) {
      zeroes += u64(header + 32);
      if (NEVER_ZEROES.includes(sectionName))
        fail("ERR_BPF_OBJECT_INVALID", `has no contents in its section ${sectionName}`, recompile);
    }
    sections.push({
      name: sectionName,
      type: u32(4),
      flags: u64(header + 8),
      link: u32(40),
      info: u32(44),
      size: u64(header + 32),
      contents: bytes.subarray(offset, offset + size),
    });
  }
  if (zeroes > MAX_ZEROES) {
    const hint = "Variables without a value may have 1 GiB in all: put what is larger into a map";
    fail("ERR_BPF_OBJECT_INVALID", `claims ${zeroes} bytes of variables without a value (.bss)`, hint);
  }
  return sections;
}

/** The text at an offset, up to NUL or the end. */
export function stringAt(bytes: Uint8Array, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return Buffer.from(bytes.subarray(offset, end < 0 ? bytes.length : end)).toString("utf8");
}

function startsLikeElf(bytes: Uint8Array): boolean {
  const magic = [0x7f, 0x45, 0x4c, 0x46];
  return magic.slice(0, bytes.length).every((byte, index) => bytes[index] === byte);
}
