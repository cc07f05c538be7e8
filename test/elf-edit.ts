/** Copies of an object with a changed symbol or section. */
import { readElf } from "../lib/elf/elf";
import { relocationsOf, symbolsOf } from "../lib/elf/symbols";

const SYMBOL = 24;
const HEADER = 64;
const SHT_SYMTAB = 2;

export class ElfEdit {
  readonly bytes: Buffer;
  readonly #sections;

  constructor(source: Uint8Array) {
    this.bytes = Buffer.from(source);
    this.#sections = readElf(this.bytes, "object");
  }

  /** Sets a field of a section's header: 4 type, 24 offset, 32 size. */
  header(section: string, field: number, value: bigint): this {
    const at = this.#header(this.#sections.findIndex(({ name }) => name === section)) + field;
    if (field === 4) this.bytes.writeUInt32LE(Number(value), at);
    else this.bytes.writeBigUInt64LE(value, at);
    return this;
  }

  symbolValue(name: string, value: bigint): this {
    return this.#symbol(name, 8, value);
  }

  symbolSize(name: string, size: bigint): this {
    return this.#symbol(name, 16, size);
  }

  /** The function sizes that would end in the middle of each relocated load. */
  sizesInsideLoads(name: string): bigint[] {
    const symbols = symbolsOf(this.#sections);
    const fn = symbols.find((symbol) => symbol.name === name);
    if (fn === undefined) throw new Error(`no function ${name}`);
    const code = this.#sections[fn.section]?.contents ?? new Uint8Array();
    return relocationsOf(this.#sections, symbols, fn.section)
      .filter(({ offset }) => offset >= fn.value && offset < fn.value + fn.size && code[offset] === 0x18)
      .map(({ offset }) => BigInt(offset - fn.value + 8));
  }

  #symbol(name: string, field: number, value: bigint): this {
    const index = symbolsOf(this.#sections).findIndex((symbol) => symbol.name === name);
    const table = this.#sections.findIndex(({ type }) => type === SHT_SYMTAB);
    this.bytes.writeBigUInt64LE(value, this.#contents(table) + index * SYMBOL + field);
    return this;
  }

  #header(index: number): number {
    return Number(this.bytes.readBigUInt64LE(40)) + index * HEADER;
  }

  #contents(index: number): number {
    return Number(this.bytes.readBigUInt64LE(this.#header(index) + 24));
  }
}
