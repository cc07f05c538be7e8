/**
 * Reads an ELF file's sections and checks that it is a complete BPF object for this machine. For most of these faults
 * libbpf returns a bare EINVAL.
 */
import { little } from "../endian";
import { type ErrorCode, ObjectError } from "../errors";
import { latin1, textAt } from "../strings";

const EM_BPF = 247;
const ET_REL = 1;
const SHT_NOBITS = 8;
/**
 * Maximum total size of zeroed variables (.bss), which take no space in the file. No kernel creates a map larger than 2
 * GiB.
 */
export const MAX_ZEROES = 1 << 30;
/** Sections that libbpf reads without checking that they have contents: bpf_object__elf_collect(). */
const NEVER_ZEROES: readonly string[] = ["license", "version"];
const HEADER_SIZE = 64;
const SECTION_HEADER_SIZE = 64;
const SHN_XINDEX = 0xffff;

/** A section and its header. */
export interface ElfSection {
  name: string;
  /** Section type, SHT_*. */
  type: number;
  /** Section flags, SHF_*. */
  flags: number;
  /** Index of the associated section: a symbol table's strings, or relocations' symbols. */
  link: number;
  /** Index of the section that relocations apply to. */
  info: number;
  /** Size in memory in bytes: the contents, or zeroes (.bss). */
  size: number;
  contents: Uint8Array;
}

/** All sections of an object, as from {@link readElf}. Throws {@link ObjectError} also if there is no BTF. */
export function readSections(bytes: Uint8Array, name: string): ElfSection[] {
  const sections = readElf(bytes, name);
  if (sections.some((section) => section.name === ".BTF")) return sections;
  throw new ObjectError("ERR_BPF_OBJECT_NO_BTF", `${name} has no BTF`, {
    operation: "open",
    hint: "Compile with clang -g, and don't strip .BTF",
  });
}

const RECOMPILE = "Recompile it, or copy it again";

type Fail = (code: ErrorCode, what: string, hint: string) => never;

/** All sections by index; the first is empty. Throws {@link ObjectError} if the file is not a valid ELF object. */
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
  if (bytes.length < HEADER_SIZE) fail("ERR_BPF_OBJECT_TRUNCATED", "is truncated in its ELF header", RECOMPILE);
  if (bytes[4] !== 2)
    fail("ERR_BPF_OBJECT_32BIT", "is a 32-bit ELF file", "BPF objects are 64-bit: compile with clang -target bpf");
  if ((bytes[5] === 1) !== little) {
    const [found, target] = little ? ["big", "bpfel"] : ["little", "bpfeb"];
    const hint = `Compile with clang -target ${target}`;
    fail("ERR_BPF_OBJECT_ENDIANNESS", `is ${found}-endian, but this machine is not`, hint);
  }
  const view = viewOf(bytes);
  const found = view.getUint16(18, little);
  if (machine === "bpf" && (found !== EM_BPF || view.getUint16(16, little) !== ET_REL)) {
    const what = `is an ELF file, but not a BPF object (e_machine ${found})`;
    fail("ERR_BPF_OBJECT_NOT_BPF", what, "Compile with clang -target bpf -c");
  }
}

function sectionsOf(bytes: Uint8Array, fail: Fail): ElfSection[] {
  const view = viewOf(bytes);
  const u64 = (offset: number) => u64At(view, offset);
  const table = u64(40);
  const inTable = (index: number) => table + index * SECTION_HEADER_SIZE;
  if (table === 0 || inTable(1) > bytes.length)
    fail("ERR_BPF_OBJECT_TRUNCATED", "is truncated before its section table", RECOMPILE);
  // Counts too large for the header are stored in the first section header.
  const count = view.getUint16(60, little) || u64(inTable(0) + 32);
  const names = view.getUint16(62, little);
  const namesIndex = names === SHN_XINDEX ? view.getUint32(inTable(0) + 40, little) : names;
  if (inTable(count) > bytes.length) fail("ERR_BPF_OBJECT_TRUNCATED", "is truncated in its section table", RECOMPILE);
  if (namesIndex >= count) fail("ERR_BPF_OBJECT_INVALID", "has no section names", RECOMPILE);

  const extent = (index: number): [number, number] => {
    const header = inTable(index);
    const size = view.getUint32(header + 4, little) === SHT_NOBITS ? 0 : u64(header + 32);
    const offset = size === 0 ? 0 : u64(header + 24);
    if (offset + size > bytes.length) fail("ERR_BPF_OBJECT_TRUNCATED", "is truncated in a section", RECOMPILE);
    return [offset, size];
  };
  const [namesOffset, namesSize] = extent(namesIndex);
  const texts = latin1(bytes.subarray(namesOffset, namesOffset + namesSize));
  const sections: ElfSection[] = [
    { name: "", type: 0, flags: 0, link: 0, info: 0, size: 0, contents: new Uint8Array() },
  ];
  for (let index = 1; index < count; index++) {
    const [offset, size] = extent(index);
    const header = inTable(index);
    const u32 = (at: number) => view.getUint32(header + at, little);
    sections.push({
      name: textAt(texts, u32(0)),
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
    if (NEVER_ZEROES.includes(name)) fail("ERR_BPF_OBJECT_INVALID", `has no contents in section ${name}`, RECOMPILE);
  }
  if (zeroes <= MAX_ZEROES) return;
  const hint = "Zero-initialized variables are limited to 1 GiB in total: use a map for larger data";
  fail("ERR_BPF_OBJECT_INVALID", `declares ${zeroes} bytes of zero-initialized variables (.bss)`, hint);
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** A 64-bit number, rounded beyond 2^53. */
export function u64At(view: DataView, offset: number): number {
  const [low, high] = little ? [0, 4] : [4, 0];
  return view.getUint32(offset + high, little) * 2 ** 32 + view.getUint32(offset + low, little);
}

/** The string at an offset, up to NUL or the end. */
export function stringAt(bytes: Uint8Array, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return Buffer.from(bytes.subarray(offset, end < 0 ? bytes.length : end)).toString("utf8");
}

function startsLikeElf(bytes: Uint8Array): boolean {
  const magic = [0x7f, 0x45, 0x4c, 0x46];
  return magic.slice(0, bytes.length).every((byte, index) => bytes[index] === byte);
}
