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

const RECOMPILE = "Compile it again, or copy it again";

type Fail = (code: ErrorCode, what: string, hint: string) => never;

/** All sections, each at its index; the first is empty. Throws an {@link ObjectError} that names what is wrong with the file. */
export function readElf(bytes: Uint8Array, name: string, machine: "bpf" | "any" = "bpf"): ElfSection[] {
  const fail: Fail = (code, what, hint) => {
    throw new ObjectError(code, `${name} ${what}`, { operation: "open", hint });
  };
  checkHeader(bytes, machine, fail);
  const sections = sectionsOf(bytes, fail);
  if (machine === "bpf") checkZeroes(sections, fail);
  return sections;
}

function checkHeader(bytes: Uint8Array, machine: "bpf" | "any", fail: Fail): void {
  if (bytes.length === 0) fail("ERR_BPF_OBJECT_EMPTY", "is empty", RECOMPILE);
  if (!startsLikeElf(bytes))
    fail("ERR_BPF_OBJECT_NOT_ELF", "is not an ELF file", "Pass the .o that clang -target bpf made");
  if (bytes.length < HEADER_SIZE) fail("ERR_BPF_OBJECT_TRUNCATED", "is cut off in its ELF header", RECOMPILE);
  if (bytes[4] !== 2)
    fail("ERR_BPF_OBJECT_32BIT", "is a 32-bit ELF file", "BPF objects are 64-bit: compile with clang -target bpf");
  if ((bytes[5] === 1) !== little) {
    const [found, target] = little ? ["big", "bpfel"] : ["little", "bpfeb"];
    const hint = `Compile with clang -target ${target}`;
    fail("ERR_BPF_OBJECT_ENDIANNESS", `is ${found}-endian, this machine is not`, hint);
  }
  const view = viewOf(bytes);
  const found = view.getUint16(18, little);
  if (machine === "bpf" && (found !== EM_BPF || view.getUint16(16, little) !== ET_REL)) {
    const what = `is an ELF file, but no BPF object (e_machine ${found})`;
    fail("ERR_BPF_OBJECT_NOT_BPF", what, "Compile with clang -target bpf -c");
  }
}

function sectionsOf(bytes: Uint8Array, fail: Fail): ElfSection[] {
  const view = viewOf(bytes);
  const u64 = (offset: number) => Number(view.getBigUint64(offset, little));
  const table = u64(40);
  const inTable = (index: number) => table + index * SECTION_HEADER_SIZE;
  if (table === 0 || inTable(1) > bytes.length)
    fail("ERR_BPF_OBJECT_TRUNCATED", "is cut off before its section table", RECOMPILE);
  // Counts that do not fit the header stand in the first section header.
  const count = view.getUint16(60, little) || u64(inTable(0) + 32);
  const names = view.getUint16(62, little);
  const namesIndex = names === SHN_XINDEX ? view.getUint32(inTable(0) + 40, little) : names;
  if (inTable(count) > bytes.length) fail("ERR_BPF_OBJECT_TRUNCATED", "is cut off in its section table", RECOMPILE);
  if (namesIndex >= count) fail("ERR_BPF_OBJECT_INVALID", "has no section names", RECOMPILE);

  const extent = (index: number): [number, number] => {
    const header = inTable(index);
    const size = view.getUint32(header + 4, little) === SHT_NOBITS ? 0 : u64(header + 32);
    const offset = size === 0 ? 0 : u64(header + 24);
    if (offset + size > bytes.length) fail("ERR_BPF_OBJECT_TRUNCATED", "is cut off in a section", RECOMPILE);
    return [offset, size];
  };
  const [namesOffset, namesSize] = extent(namesIndex);
  const sections: ElfSection[] = [
    { name: "", type: 0, flags: 0, link: 0, info: 0, size: 0, contents: new Uint8Array() },
  ];
  for (let index = 1; index < count; index++) {
    const [offset, size] = extent(index);
    const header = inTable(index);
    const u32 = (at: number) => view.getUint32(header + at, little);
    sections.push({
      name: u32(0) < namesSize ? stringAt(bytes, namesOffset + u32(0)) : "",
      type: u32(4),
      flags: u64(header + 8),
      link: u32(40),
      info: u32(44),
      size: u64(header + 32),
      contents: bytes.subarray(offset, offset + size),
    });
  }
  return sections;
}

function checkZeroes(sections: readonly ElfSection[], fail: Fail): void {
  let zeroes = 0;
  for (const { name, type, size } of sections) {
    if (type !== SHT_NOBITS) continue;
    zeroes += size;
    if (NEVER_ZEROES.includes(name))
      fail("ERR_BPF_OBJECT_INVALID", `has no contents in its section ${name}`, RECOMPILE);
  }
  if (zeroes <= MAX_ZEROES) return;
  const hint = "Variables without a value may have 1 GiB in all: put what is larger into a map";
  fail("ERR_BPF_OBJECT_INVALID", `claims ${zeroes} bytes of variables without a value (.bss)`, hint);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
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
