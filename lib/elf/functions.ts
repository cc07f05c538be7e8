/** An object's functions and what their instructions reference: helpers, kfuncs, functions, maps, variables. */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/btf-kinds";
import { withoutFlavor } from "../btf/search";
import { HELPERS } from "../helpers";
import type { VariableDescription } from "../native";
import type { Slices } from "../slices";
import { type CoreRelocation, coreRelocations } from "./core-relocations";
import type { ElfSection } from "./elf";
import { Instructions, PSEUDO_CALL } from "./instructions";
import { type ElfSymbol, relocationsOf, SymbolBinding, SymbolType, symbolsOf } from "./symbols";

const SHF_EXECINSTR = 4;
const INSTRUCTION = 8;
/** Argument registers r1 to r5. */
const ARGUMENTS = 5;
const NUMBERS: ReadonlySet<number> = new Set([BtfKind.INT, BtfKind.ENUM, BtfKind.ENUM64]);

/** A call of a helper or kfunc. */
export interface Call {
  name: string;
  kfunc: boolean;
  /** A weak kfunc, which the kernel need not have. */
  weak: boolean;
  /** The id of a kfunc's prototype in the object's BTF. */
  prototype?: number | undefined;
}

/** The target of an address load. */
export type Address =
  | { of: "data"; section: string; offset: number }
  | { of: "map"; name: string }
  | { of: "function"; target: BpfFunction }
  | { of: "kconfig"; name: string }
  /** A kernel function, or a kernel variable, which has no prototype. */
  | { of: "symbol"; name: string; weak: boolean; prototype: number | undefined };

export interface BpfFunction {
  name: string;
  section: string;
  /**
   * A global function, which is verified once for all arguments (since Linux 5.6). A static one is verified at each
   * call for that call's arguments.
   */
  global: boolean;
  /** For each parameter, whether it is a number rather than an address. */
  parameters: boolean[];
  instructions: Instructions;
  /** Calls by instruction position; the following maps have the same key. */
  calls: Map<number, Call>;
  callees: Map<number, BpfFunction>;
  addresses: Map<number, Address>;
  /** CO-RE relocations. */
  relocations: Map<number, CoreRelocation>;
}

/** The parts of an object that functions are read from. */
export interface ObjectSource {
  sections: readonly ElfSection[];
  btf: Btf;
  /** Variables of all sections, with their offsets. */
  variables: readonly VariableDescription[];
  /** Throws the error of a damaged object. */
  damaged: (what: string) => never;
}

interface Placed extends BpfFunction {
  sectionIndex: number;
  /** Offset from the start of the section, in instructions. */
  start: number;
}

/** All functions in executable sections. libbpf: bpf_object__add_programs(), bpf_program__record_reloc(). */
export function* readFunctions(source: ObjectSource): Slices<BpfFunction[]> {
  const { sections, btf, damaged } = source;
  const symbols = symbolsOf(sections);
  const prototypes = new Map<string, number>();
  btf.scan({ [BtfKind.FUNC]: "" }, (_, name, id) => prototypes.set(name, btf.typeOrSize(id)));
  const functions = symbols.flatMap((symbol) => {
    const section = sections[symbol.section];
    if (symbol.type !== SymbolType.FUNC || section === undefined || (section.flags & SHF_EXECINSTR) === 0) return [];
    const end = symbol.value + symbol.size;
    if (symbol.value % INSTRUCTION !== 0 || end > section.contents.length) damaged(`the function ${symbol.name}`);
    const parameters = btf.members(prototypes.get(symbol.name) ?? 0).slice(0, ARGUMENTS);
    const numbers = parameters.map(({ type }) => NUMBERS.has(btf.kind(btf.resolve(type))));
    return [placed(symbol, section.name, section.contents.subarray(symbol.value, end), numbers)];
  });
  const text = functions.filter(({ section }) => section === ".text");
  const core = coreRelocations(sections.find(({ name }) => name === ".BTF.ext")?.contents, btf);
  const resolver = new Resolver(source, text, prototypes);
  yield;

  for (const [index, section] of sections.entries()) {
    const own = functions.filter(({ sectionIndex }) => sectionIndex === index);
    if (own.length === 0) continue;
    const relocations = new Map(relocationsOf(sections, symbols, index).map(({ offset, symbol }) => [offset, symbol]));
    const written = core.get(section.name) ?? [];
    for (const fn of own) {
      yield;
      const { instructions, start } = fn;
      for (const [offset, relocation] of written) {
        const at = offset / INSTRUCTION - start;
        if (at >= 0 && at < instructions.length) fn.relocations.set(at, relocation);
      }
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
    }
  }
  return functions;
}

function placed(symbol: ElfSymbol, section: string, bytes: Uint8Array, parameters: boolean[]): Placed {
  return {
    name: symbol.name,
    section,
    sectionIndex: symbol.section,
    start: symbol.value / INSTRUCTION,
    global: symbol.binding !== SymbolBinding.LOCAL && !symbol.hidden,
    parameters,
    instructions: new Instructions(bytes),
    calls: new Map(),
    callees: new Map(),
    addresses: new Map(),
    relocations: new Map(),
  };
}

/** Resolves what an instruction references and records it in the function. */
class Resolver {
  readonly #source: ObjectSource;
  readonly #text: readonly Placed[];
  readonly #kconfig: ReadonlySet<string>;
  readonly #prototypes: ReadonlyMap<string, number>;

  constructor(source: ObjectSource, text: readonly Placed[], prototypes: ReadonlyMap<string, number>) {
    this.#prototypes = prototypes;
    this.#source = source;
    this.#text = text;
    const kconfig = source.variables.filter(({ section }) => section === ".kconfig");
    this.#kconfig = new Set(kconfig.map(({ name }) => name));
  }

  /** A call without relocation: of a helper, or of a static function in the same section. */
  call(fn: Placed, at: number): void {
    const immediate = fn.instructions.immediate(at);
    const source = fn.instructions.source(at);
    if (source === 0) {
      fn.calls.set(at, { name: HELPERS[immediate] ?? `helper ${immediate >>> 0}`, kfunc: false, weak: false });
    } else if (source === PSEUDO_CALL) fn.callees.set(at, this.#function(fn, fn.start + at + immediate + 1));
  }

  relocated(fn: Placed, at: number, symbol: ElfSymbol): void {
    const section = this.#source.sections[symbol.section]?.name;
    const immediate = fn.instructions.immediate(at);
    if (symbol.section === 0) this.#extern(fn, at, symbol);
    else if (fn.instructions.isCall(at)) {
      fn.callees.set(at, this.#function(fn, symbol.value / INSTRUCTION + immediate + 1));
    } else if (section === ".text") {
      const target = this.#function(fn, (symbol.value + immediate) / INSTRUCTION);
      fn.addresses.set(at, { of: "function", target });
    } else if (section !== undefined) this.#data(fn, at, section, symbol.value + immediate);
  }

  #extern(fn: Placed, at: number, symbol: ElfSymbol): void {
    const name = withoutFlavor(symbol.name);
    const weak = symbol.binding === SymbolBinding.WEAK;
    const prototype = this.#prototypes.get(symbol.name);
    if (fn.instructions.isCall(at)) fn.calls.set(at, { name, kfunc: true, weak, prototype });
    else if (this.#kconfig.has(symbol.name)) fn.addresses.set(at, { of: "kconfig", name: symbol.name });
    else fn.addresses.set(at, { of: "symbol", name, weak, prototype });
  }

  /** `start` is relative to .text: libbpf takes subprograms only from there. */
  #function(fn: Placed, start: number): BpfFunction {
    const target = this.#text.find((other) => start >= other.start && start < other.start + other.instructions.length);
    return target ?? this.#source.damaged(`a call in ${fn.name}`);
  }

  #data(fn: Placed, at: number, section: string, offset: number): void {
    if (section !== ".maps") {
      fn.addresses.set(at, { of: "data", section, offset });
      return;
    }
    // For maps the section is not one map.
    const variable = this.#source.variables.find(
      (other) => other.section === section && offset >= other.offset && offset < other.offset + other.size,
    );
    if (variable !== undefined) fn.addresses.set(at, { of: "map", name: variable.name });
  }
}

/** The map that an address points into. For variables it is named after the section. */
export function mapOf(address: Address): string | undefined {
  if (address.of === "map") return address.name;
  if (address.of === "data") return address.section;
  return address.of === "kconfig" ? ".kconfig" : undefined;
}
