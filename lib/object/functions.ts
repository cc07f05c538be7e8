/** An object's functions, and what each one's instructions name: helpers, kfuncs, functions, maps, constants of load time. */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/kinds";
import { HELPERS } from "../helpers";
import type { VariableDescription } from "../native";
import { kernelConstants } from "./core-relocations";
import type { ElfSection } from "./elf";
import { type ElfSymbol, relocationsOf, SymbolBinding, SymbolType, symbolsOf } from "./elf-symbols";
import { Instructions, PSEUDO_CALL } from "./instructions";

const SHF_EXECINSTR = 4;
const INSTRUCTION = 8;

/** Where a function calls a helper or kfunc. */
export interface Call {
  at: number;
  name: string;
  kfunc: boolean;
}

/** Where a function calls another, or takes its address for a helper that calls back. */
export interface Callee {
  at: number;
  target: BpfFunction;
  callback: boolean;
}

export interface BpfFunction {
  name: string;
  section: string;
  /** Verified on its own, for all arguments (since Linux 5.6); a static one is verified at each call, for that call's. */
  global: boolean;
  instructions: Instructions;
  calls: Call[];
  callees: Callee[];
  /** Maps by name; those of variables by their section's. */
  maps: Set<string>;
  /** Looks at what is only constant from load on, which the verifier decides branches by: .rodata, .kconfig, CO-RE, weak externs. */
  constants: boolean;
}

/** What functions are read from. */
export interface ObjectSource {
  sections: readonly ElfSection[];
  btf: Btf;
  /** Of all sections, at their offsets. */
  variables: readonly VariableDescription[];
  /** Throws. */
  damaged: (what: string) => never;
}

interface Placed extends BpfFunction {
  sectionIndex: number;
  /** In instructions from the section's beginning. */
  start: number;
}

/** All functions of executable sections. libbpf: bpf_object__add_programs(), bpf_program__record_reloc(). */
export function readFunctions(source: ObjectSource): BpfFunction[] {
  const { sections, btf, damaged } = source;
  const symbols = symbolsOf(sections);
  const functions = symbols.flatMap((symbol) => {
    const section = sections[symbol.section];
    if (symbol.type !== SymbolType.FUNC || section === undefined || (section.flags & SHF_EXECINSTR) === 0) return [];
    const end = symbol.value + symbol.size;
    if (symbol.value % INSTRUCTION !== 0 || end > section.contents.length) damaged(`the function ${symbol.name}`);
    return [placed(symbol, section.name, section.contents.subarray(symbol.value, end))];
  });
  const text = functions.filter(({ section }) => section === ".text");
  const conditions = kernelConstants(sections.find(({ name }) => name === ".BTF.ext")?.contents, btf);
  const resolver = new Resolver(source, text);

  for (const [index, section] of sections.entries()) {
    const own = functions.filter(({ sectionIndex }) => sectionIndex === index);
    if (own.length === 0) continue;
    const relocations = new Map(relocationsOf(sections, symbols, index).map(({ offset, symbol }) => [offset, symbol]));
    const constants = [...(conditions.get(section.name) ?? [])];
    for (const fn of own) {
      const { instructions, start } = fn;
      for (let at = 0; at < instructions.length; at++) {
        const isCall = instructions.isCall(at);
        const isLoad = instructions.isAddressLoad(at);
        if (!isCall && !isLoad) continue;
        const offset = (start + at) * INSTRUCTION;
        if (relocations.has(offset)) {
          resolver.relocated(fn, at, relocations.get(offset) ?? damaged(`a relocation of ${fn.name}`));
        } else if (isCall) resolver.call(fn, at);
        if (isLoad) at++;
      }
      const end = (start + instructions.length) * INSTRUCTION;
      if (constants.some((offset) => offset >= start * INSTRUCTION && offset < end)) fn.constants = true;
    }
  }
  return functions;
}

function placed(symbol: ElfSymbol, section: string, bytes: Uint8Array): Placed {
  return {
    name: symbol.name,
    section,
    sectionIndex: symbol.section,
    start: symbol.value / INSTRUCTION,
    global: symbol.binding !== SymbolBinding.LOCAL && !symbol.hidden,
    instructions: new Instructions(bytes),
    calls: [],
    callees: [],
    maps: new Set(),
    constants: false,
  };
}

/** Finds what an instruction names, and notes it in the function. */
class Resolver {
  readonly #source: ObjectSource;
  readonly #text: readonly Placed[];
  readonly #kconfig: ReadonlySet<string>;

  constructor(source: ObjectSource, text: readonly Placed[]) {
    this.#source = source;
    this.#text = text;
    const kconfig = source.variables.filter(({ section }) => section === ".kconfig");
    this.#kconfig = new Set(kconfig.map(({ name }) => name));
  }

  /** A call that the compiler left as it is: of a helper, or of a static function in the same section. */
  call(fn: Placed, at: number): void {
    const immediate = fn.instructions.immediate(at);
    const source = fn.instructions.source(at);
    if (source === 0) fn.calls.push({ at, name: HELPERS[immediate] ?? `helper ${immediate >>> 0}`, kfunc: false });
    else if (source === PSEUDO_CALL) this.#callee(fn, at, fn.start + at + immediate + 1, false);
  }

  relocated(fn: Placed, at: number, symbol: ElfSymbol): void {
    const section = this.#source.sections[symbol.section]?.name;
    const immediate = fn.instructions.immediate(at);
    if (symbol.section === 0) this.#extern(fn, at, symbol);
    else if (fn.instructions.isCall(at)) this.#callee(fn, at, symbol.value / INSTRUCTION + immediate + 1, false);
    else if (section === ".text") this.#callee(fn, at, (symbol.value + immediate) / INSTRUCTION, true);
    else if (section !== undefined) this.#data(fn, section, symbol.value + immediate);
  }

  #extern(fn: Placed, at: number, { name, binding }: ElfSymbol): void {
    if (binding === SymbolBinding.WEAK) fn.constants = true;
    if (fn.instructions.isCall(at)) fn.calls.push({ at, name: withoutFlavor(name), kfunc: true });
    else if (this.#kconfig.has(name)) {
      fn.maps.add(".kconfig");
      fn.constants = true;
    }
  }

  /** `start` counts from the beginning of .text: libbpf takes functions from nowhere else. */
  #callee(fn: Placed, at: number, start: number, callback: boolean): void {
    const target = this.#text.find((other) => start >= other.start && start < other.start + other.instructions.length);
    if (target === undefined) this.#source.damaged(`a call in ${fn.name}`);
    else fn.callees.push({ at, target, callback });
  }

  #data(fn: Placed, section: string, offset: number): void {
    const { btf, variables } = this.#source;
    const variable = variables.find(
      (other) => other.section === section && offset >= other.offset && offset < other.offset + other.size,
    );
    // Of maps, the section is not one map.
    if (section === ".maps") {
      if (variable !== undefined) fn.maps.add(variable.name);
      return;
    }
    fn.maps.add(section);
    if (!section.startsWith(".rodata") || variable === undefined) return;
    // The compiler knows what is const and not volatile: strings, tables.
    if (SCALARS.has(btf.kind(btf.resolve(variable.typeId))) || isVolatile(btf, variable.typeId)) fn.constants = true;
  }
}

/** libbpf: bpf_core_essential_name_len(). What comes after three underscores tells variants of a name apart. */
export function withoutFlavor(name: string): string {
  return name.replace(/^(.*[^_])___[^_].*$/, "$1");
}

const SCALARS: ReadonlySet<number> = new Set([BtfKind.INT, BtfKind.ENUM, BtfKind.ENUM64]);

/** True if a type is volatile, or an array of what is. */
function isVolatile(btf: Btf, type: number): boolean {
  let id = type;
  for (let depth = 0; depth < 32; depth++) {
    const kind = btf.kind(id);
    if (kind === BtfKind.VOLATILE) return true;
    if (kind === BtfKind.ARRAY) id = btf.element(id);
    else if (kind === BtfKind.CONST || kind === BtfKind.TYPEDEF || kind === BtfKind.TYPE_TAG) id = btf.typeOrSize(id);
    else return false;
  }
  return false;
}
