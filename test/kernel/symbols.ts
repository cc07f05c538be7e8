/** Looks up offsets in an executable: of a function for uprobes, of a section. */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

const SHT_DYNSYM = 11;
const PT_LOAD = 1;
const SYMBOL_SIZE = 24;

/** Returns the file offset of an exported function. */
export function fileOffsetOf(path: string, name: string): number {
  const fd = openSync(path, "r");
  try {
    const at = (offset: number, size: number) => {
      const bytes = Buffer.alloc(size);
      readSync(fd, bytes, 0, size, offset);
      return bytes;
    };
    const u64 = (bytes: Buffer, offset: number) => Number(bytes.readBigUInt64LE(offset));
    const table = (offset: number, size: number, count: number) =>
      Array.from({ length: count }, (_, i) => at(offset + i * size, size));

    const header = at(0, 64);
    const sections = table(u64(header, 40), header.readUInt16LE(58), header.readUInt16LE(60));
    const segments = table(u64(header, 32), header.readUInt16LE(54), header.readUInt16LE(56));
    const symbols = sections.find((section) => section.readUInt32LE(4) === SHT_DYNSYM);
    const strings = symbols && sections[symbols.readUInt32LE(40)];
    if (symbols === undefined || strings === undefined) throw new Error(`${path} exports nothing`);
    const names = at(u64(strings, 24), u64(strings, 32));
    const entries = at(u64(symbols, 24), u64(symbols, 32));
    for (let entry = 0; entry < entries.length; entry += SYMBOL_SIZE) {
      const start = entries.readUInt32LE(entry);
      if (names.toString("latin1", start, names.indexOf(0, start)) !== name) continue;
      const address = u64(entries, entry + 8);
      const segment = segments.find(
        (bytes) =>
          bytes.readUInt32LE(0) === PT_LOAD && address >= u64(bytes, 16) && address < u64(bytes, 16) + u64(bytes, 40),
      );
      if (segment !== undefined) return address - u64(segment, 16) + u64(segment, 8);
    }
    throw new Error(`${path} exports no ${name}`);
  } finally {
    closeSync(fd);
  }
}

/** Returns the file offset of a section. */
export function sectionOf(path: string, name: string): number {
  const file = readFileSync(path);
  const header = (index: number) => Number(file.readBigUInt64LE(40)) + index * file.readUInt16LE(58);
  const offset = (at: number) => Number(file.readBigUInt64LE(at + 24));
  const names = offset(header(file.readUInt16LE(62)));
  for (let index = 0; index < file.readUInt16LE(60); index++) {
    const at = names + file.readUInt32LE(header(index));
    if (file.toString("latin1", at, at + name.length + 1) === `${name}\0`) return offset(header(index));
  }
  throw new Error(`${path} has no section ${name}`);
}
