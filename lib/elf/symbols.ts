/** Symbols and relocations of an ELF file, read as libbpf reads them. Format: elf(5). */
import { little } from "../endian";
import { latin1, textAt } from "../strings";
import { type ElfSection, stringAt, u64At, viewOf } from "./elf";

const SHT_SYMTAB = 2;
const SHT_NOTE = 7;
const SHT_DYNSYM = 11;
const SHT_REL = 9;
const SYMBOL_SIZE = 24;
const RELOCATION_SIZE = 16;

export const SymbolType = { OBJECT: 1, FUNC: 2, SECTION: 3, FILE: 4 } as const;
export const SymbolBinding = { LOCAL: 0, WEAK: 2 } as const;

export interface ElfSymbol {
  name: string;
  /** Symbol type, STT_*. */
  type: number;
  /** Symbol binding, STB_*. */
  binding: number;
  /** Whether the visibility is STV_HIDDEN or STV_INTERNAL. */
  hidden: boolean;
  /** Index of its section; 0 for an undefined symbol. */
  section: number;
  /** Offset in the section, in bytes. */
  value: number;
  size: number;
}

export interface ElfRelocation {
  /** Offset in the section it applies to, in bytes. */
  offset: number;
  /** Undefined in a damaged file. */
  symbol: ElfSymbol | undefined;
}

/** The symbols of tables that were read. */
const read = new WeakMap<ElfSection, readonly ElfSymbol[]>();

/** The symbol table by index; empty if there is none. */
export function symbolsOf(sections: readonly ElfSection[], kind: number = SHT_SYMTAB): readonly ElfSymbol[] {
  const table = sections.find(({ type }) => type === kind);
  if (table === undefined) return [];
  const symbols = read.get(table) ?? readSymbols(table, sections[table.link]?.contents ?? new Uint8Array());
  read.set(table, symbols);
  return symbols;
}

function readSymbols(table: ElfSection, strings: Uint8Array): ElfSymbol[] {
  const names = latin1(strings);
  const view = viewOf(table.contents);
  return Array.from({ length: Math.floor(view.byteLength / SYMBOL_SIZE) }, (_, index) => {
    const at = index * SYMBOL_SIZE;
    const name = view.getUint32(at, little);
    const info = view.getUint8(at + 4);
    const visibility = view.getUint8(at + 5) & 3;
    return {
      name: textAt(names, name),
      type: info & 0xf,
      binding: info >> 4,
      hidden: visibility === 1 || visibility === 2,
      section: view.getUint16(at + 6, little),
      value: u64At(view, at + 8),
      size: u64At(view, at + 16),
    };
  });
}

/** The relocations that apply to a section. */
export function relocationsOf(
  sections: readonly ElfSection[],
  symbols: readonly ElfSymbol[],
  index: number,
): ElfRelocation[] {
  return sections
    .filter(({ type, info }) => type === SHT_REL && info === index)
    .flatMap(({ contents }) => {
      const view = viewOf(contents);
      return Array.from({ length: Math.floor(view.byteLength / RELOCATION_SIZE) }, (_, entry) => ({
        offset: u64At(view, entry * RELOCATION_SIZE),
        // The upper half of r_info.
        symbol: symbols[view.getUint32(entry * RELOCATION_SIZE + (little ? 12 : 8), little)],
      }));
    });
}

/** The function symbols of an executable or library. A stripped file has only its dynamic symbols. */
export function functionNames(sections: readonly ElfSection[]): string[] {
  const symbols = [...symbolsOf(sections), ...symbolsOf(sections, SHT_DYNSYM)];
  return symbols.filter(({ type, section }) => type === SymbolType.FUNC && section !== 0).map(({ name }) => name);
}

/**
 * The USDT probes of an executable or library as "provider:name". They are SystemTap notes: three addresses, then the
 * strings.
 */
export function usdtProbes(sections: readonly ElfSection[]): string[] {
  const notes = sections.find(({ name, type }) => name === ".note.stapsdt" && type === SHT_NOTE)?.contents;
  const probes: string[] = [];
  const view = viewOf(notes ?? new Uint8Array());
  const padded = (size: number) => Math.ceil(size / 4) * 4;
  for (let at = 0; notes !== undefined && at + 12 <= notes.length; ) {
    const text = at + 12 + padded(view.getUint32(at, little)) + 24;
    const provider = stringAt(notes, text);
    probes.push(`${provider}:${stringAt(notes, text + Buffer.byteLength(provider) + 1)}`);
    at = text - 24 + padded(view.getUint32(at + 4, little));
  }
  return probes;
}
