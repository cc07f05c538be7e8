/** Reads struct bpf_line_info: which line of the source an instruction comes from. */
import { little } from "../endian";

/** A line of the source that a program was compiled from. */
export interface ProgramLine {
  /** Index of its first instruction in the translated instructions, in units of 8 bytes. */
  readonly instruction: number;
  /** Address of its machine code; undefined if it is interpreted, or the kernel hides addresses. */
  readonly address: bigint | undefined;
  /** Path of the source, as the compiler was given it. */
  readonly file: string;
  /** Number of the line, from 1; 0 if the compiler did not tell. */
  readonly line: number;
  /** Number of the column, from 1; 0 if the compiler did not tell. */
  readonly column: number;
  /** The text of the line. */
  readonly text: string;
}

/** Offsets in struct btf_header. */
const HEADER_SIZE = 4;
const STRINGS = 16;

/**
 * Decodes the records.
 *
 * @param btf the BTF that has the strings
 * @param size of a record
 * @param addresses of the machine code of each line, if known
 */
export function readLines(
  btf: Uint8Array,
  records: Uint8Array,
  size: number,
  addresses: readonly bigint[],
): ProgramLine[] {
  const header = new DataView(btf.buffer, btf.byteOffset, btf.byteLength);
  const strings = btf.subarray(header.getUint32(HEADER_SIZE, little) + header.getUint32(STRINGS, little));
  const text = (offset: number) => {
    const end = strings.indexOf(0, offset);
    return Buffer.from(strings.subarray(offset, end < 0 ? undefined : end)).toString("utf8");
  };
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  return Array.from({ length: Math.floor(records.length / size) }, (_, index) => {
    const u32 = (offset: number) => view.getUint32(index * size + offset, little);
    // BPF_LINE_INFO_LINE_NUM(), BPF_LINE_INFO_LINE_COL()
    const [line, column] = [u32(12) >>> 10, u32(12) & 0x3ff];
    const address = addresses[index] || undefined;
    return { instruction: u32(0), address, file: text(u32(4)), line, column, text: text(u32(8)) };
  });
}
