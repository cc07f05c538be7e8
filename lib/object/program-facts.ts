/** Facts about an object's programs for the precheck, from its bytes alone. */
import { readFileSync } from "node:fs";
import { Btf } from "../btf/btf";
import { directFields, managedFields } from "../btf/fields";
import { kernelBtfs, runningSignature, vmlinuxBtf } from "../btf/kernel-btf";
import { ProgramType } from "../constants";
import { reachOf } from "../elf/calls";
import type { Constants } from "../elf/control-flow";
import type { CoreRelocation } from "../elf/core-relocations";
import { CoreResolver } from "../elf/core-resolve";
import { damagedObject } from "../elf/damaged-object";
import type { ElfSection } from "../elf/elf";
import { type BpfFunction, readFunctions } from "../elf/functions";
import { closure, type Questions, type Reach, reachAtMost } from "../elf/reach";
import type { StructOpsSlot } from "../elf/struct-ops";
import { ObjectError } from "../errors";
import { isKnown } from "../kernel/fact";
import type { KernelFacts } from "../kernel/kernel-facts";
import { isRunning } from "../kernel/running-kernel";
import { kindRow, usesTrampoline } from "../kinds";
import type { MapSpec } from "../map/map-spec";
import type { VariableDescription } from "../native";
import type { ProgramSpec } from "../program/program-spec";
import { isGplCompatible } from "../sleepable/judge";
import { isEverywhere } from "../sleepable/rules-maps";
import { compiled, type Slices } from "../slices";
import type { MapFacts, ProgramFacts } from "../verdict";
import { constantsOf, type Settings } from "./known-constants";

/**
 * Returns the facts of programs with the current settings of the programs and their object. Returns the same objects
 * until these change, and works nothing out again.
 *
 * @param suffices whether the program is well with what it could reach at most: then its control flow is not analyzed
 */
export type FactsReader = (
  programs: readonly ProgramSpec[],
  settings: Settings,
  suffices?: (atMost: ProgramFacts) => boolean,
) => Slices<ProgramFacts[]>;

/** Facts of one program, and what they depend on. */
interface Known {
  readonly kernel: KernelFacts | undefined;
  readonly inputs: string;
  readonly as: string;
  readonly facts: ProgramFacts;
}

/** What an object's bytes say, for all of its programs. */
interface Parsed {
  sections: readonly ElfSection[];
  types: Btf;
  variables: readonly VariableDescription[];
  functions: readonly BpfFunction[];
  /** What each struct_ops program is for. */
  members: ReadonlyMap<string, string>;
  damaged: (what: string) => never;
}

/**
 * Creates a reader, which reads instructions and types once.
 *
 * @throws {@link ObjectError} for a damaged object that libbpf would fail to load
 */
export function* factsReader(
  name: string,
  sections: readonly ElfSection[],
  btf: Btf | undefined,
  variables: readonly VariableDescription[],
  slots: readonly StructOpsSlot[],
): Slices<FactsReader> {
  const damaged = (what: string): never => {
    throw damagedObject(name, "check", what);
  };
  const types = btf ?? tooNew(name);
  const functions = yield* readFunctions({ sections, btf: types, variables, damaged });
  const members = new Map(slots.toReversed().map(({ program, target }) => [program, target]));
  const facts = new ObjectFacts({ sections, types, variables, functions, members, damaged });
  const exact = new Map<string, Known>();
  const atMost = new Map<string, Known>();

  return function* (programs, settings, suffices) {
    const { kernel } = settings;
    const common = facts.inputsOf(settings);
    const factsOf = function* (program: ProgramSpec): Slices<ProgramFacts> {
      const inputs = inputsOf(program) + common;
      const isCurrent = (known: Known | undefined) => known?.kernel === kernel && known?.inputs === inputs;
      const keep = (known: Map<string, Known>, made: ProgramFacts) => {
        const before = known.get(program.name);
        const as = JSON.stringify(made);
        const same = before?.as === as ? before.facts : made;
        known.set(program.name, { kernel, inputs, as, facts: same });
        return same;
      };
      const known = [exact, ...(suffices ? [atMost] : [])].map((one) => one.get(program.name)).find(isCurrent);
      if (known !== undefined) return known.facts;
      yield* facts.resolveRelocations(program, settings);
      const questions = facts.questionsFor(program, settings);
      const [, constants] = questions;
      const reach = suffices && reachAtMost(...questions);
      const most = reach && facts.of(program, settings, constants, reach);
      yield;
      if (most !== undefined && suffices?.(most)) return keep(atMost, most);
      return keep(exact, facts.of(program, settings, constants, reachOf(...questions)));
    };
    const found: ProgramFacts[] = [];
    for (const program of programs) {
      yield;
      found.push(yield* factsOf(program));
    }
    return found;
  };
}

/** What a program's facts depend on, besides its object's. */
function inputsOf({ kind, type, attachType, sleepable, attachTarget, targetProgram }: ProgramSpec): string {
  return JSON.stringify([kind, type, attachType, sleepable, attachTarget, targetProgram === undefined]);
}

/** Whether the types that libbpf will use are known here. */
function areTypesKnown({ kernel, btfPath }: Settings): boolean {
  return btfPath !== undefined || (kernel !== undefined && isRunning(kernel));
}

class ObjectFacts {
  readonly #parsed: Parsed;
  readonly #sectionIds: ReadonlyMap<string, number>;
  readonly #strong: ReadonlyMap<string, number>;
  readonly #configOptions: readonly VariableDescription[];
  readonly #fields = new Map<number, Pick<MapFacts, "fields" | "nested">>();
  readonly #resolvers = new Map<string | undefined, CoreResolver | null>();

  constructor(parsed: Parsed) {
    const { variables, functions } = parsed;
    this.#parsed = parsed;
    this.#sectionIds = new Map(variables.map(({ section, sectionId }) => [section, sectionId]));
    this.#strong = strongKfuncs(functions);
    this.#configOptions = variables.filter(({ section, name }) => section === ".kconfig" && name.startsWith("CONFIG_"));
  }

  /** What the facts of all programs depend on, besides the file and the kernel. */
  inputsOf({ maps, changes }: Settings): string {
    return JSON.stringify([changes, maps.map((map) => [map.autocreate, map.facts(this.#fieldsOf)])]);
  }

  /** So that it is not done in one go: what comes of it is kept. */
  *resolveRelocations(program: ProgramSpec, settings: Settings): Slices<void> {
    const all = closure(this.#functionOf(program)).flatMap(({ relocations }) => [...relocations.values()]);
    if (all.length === 0 || !areTypesKnown(settings)) return;
    // Reads the kernel's types.
    yield* compiled([() => CoreResolver, () => this.#resolverOf(settings)]);
    const core = this.#resolverOf(settings);
    for (const relocation of all) {
      yield;
      core?.value(relocation);
    }
  }

  /** What is asked to find out what a program reaches. */
  questionsFor(program: ProgramSpec, settings: Settings): [BpfFunction, Constants, Questions] {
    const { sections, types, variables } = this.#parsed;
    // The kernel's types are read for the first relocation or kernel function.
    const core = () => this.#resolverOf(settings);
    const functions = () => this.#resolverOf({ ...settings, btfPath: undefined });
    const mapOf = this.#mapsOf(settings);
    const constants = constantsOf(settings, mapOf, { sections, variables, btf: types, core, functions });
    const describe = (relocation: CoreRelocation) => core()?.describe(relocation) ?? "";
    const lookForReads = !isGplCompatible(settings.license);
    return [this.#functionOf(program), constants, { describe, lookForReads }];
  }

  /** The map, or the section of variables, with a name. */
  #mapsOf({ maps }: Settings): (reference: string) => MapSpec | undefined {
    return (reference) => {
      const sectionId = this.#sectionIds.get(reference);
      return maps.find((map) => map.name === reference || (sectionId !== undefined && map.sectionId === sectionId));
    };
  }

  of(program: ProgramSpec, settings: Settings, constants: Constants, reach: Reach): ProgramFacts {
    const { maps, license } = settings;
    const { members } = this.#parsed;
    const mapOf = this.#mapsOf(settings);
    const { kind, section, type, attachType, sleepable } = program;
    const named = new Set(reach.maps.map(mapOf));
    const others = maps.filter((map) => map.autocreate && !named.has(map) && !isEverywhere(map));
    // The rules know the kernel's functions, not those of another program.
    const ofKernel = program.targetProgram === undefined ? program.attachTarget : undefined;
    const target = type === ProgramType.STRUCT_OPS ? members.get(program.name) : ofKernel;
    return {
      name: program.name,
      section,
      kind,
      type,
      attachType,
      sleepable,
      ...(target === undefined ? {} : { target }),
      license,
      ...this.#needs(reach, settings, constants),
      ...(reach.readsKernel && { readsKernel: reach.readsKernel }),
      ...this.#signature(kind, target, settings.kernel),
      maps: reach.maps.flatMap((reference) => mapOf(reference)?.facts(this.#fieldsOf) ?? []),
      ...(others.length > 0 && { others: others.map((map) => map.facts(this.#fieldsOf)) }),
      ...(reach.missing.length > 0 && { missing: reach.missing }),
      ...(reach.unresolved.length > 0 && { unresolved: reach.unresolved }),
      helpers: reach.helpers,
      kfuncs: reach.kfuncs,
      ...(reach.functions.length > 0 && { functions: reach.functions }),
      ...(reach.regions.length > 0 && { regions: reach.regions }),
    };
  }

  /** Requirements of load(), whichever programs it loads. */
  #needs({ kfuncs }: Reach, { kernel, kconfig = "" }: Settings, { isChanged }: Constants) {
    const own = new Set(kfuncs.map(({ name }) => name));
    const others = [...this.#strong].filter(([name]) => !own.has(name));
    const calls = others.map(([name, prototype]) => ({
      name,
      conditional: false,
      ...(isChanged(name, prototype) && { changed: true }),
    }));
    const unset = this.#configOptions.filter(({ name }) => !kconfig.includes(`${name}=`)).map(({ name }) => name);
    const lacksConfig = unset.length > 0 && kernel !== undefined && isRunning(kernel) && !libbpfFindsConfig(kernel);
    return { ...(calls.length > 0 && { externs: calls }), ...(lacksConfig && { unset }) };
  }

  #signature(kind: string, target: string | undefined, kernel: KernelFacts | undefined) {
    if (!usesTrampoline(kind) || target === undefined || kernel === undefined || !isRunning(kernel)) return undefined;
    const name = `${kindRow(kind)?.target.btf?.prefix ?? ""}${target.replace(/^vmlinux:/, "")}`;
    const found = runningSignature(name);
    return found && { signature: found };
  }

  #resolverOf(settings: Settings): CoreResolver | undefined {
    if (!areTypesKnown(settings)) return undefined;
    const { btfPath } = settings;
    const known = this.#resolvers.get(btfPath) ?? this.#makeResolver(btfPath);
    this.#resolvers.set(btfPath, known);
    return known ?? undefined;
  }

  #makeResolver(btfPath: string | undefined): CoreResolver | null {
    try {
      const file = btfPath === undefined ? undefined : new Btf(readFileSync(btfPath));
      if (file === undefined) vmlinuxBtf();
      return new CoreResolver(this.#parsed.types, file === undefined ? kernelBtfs : () => [file]);
    } catch {
      // libbpf will report the fault.
      return null;
    }
  }

  readonly #fieldsOf = (type: number) => {
    const known = this.#fields.get(type);
    if (known !== undefined) return known;
    const all = managedFields(this.#parsed.types, type);
    const direct = directFields(this.#parsed.types, type);
    const nested = all.filter((name) => !direct.includes(name));
    const found = { fields: all, ...(nested.length > 0 && { nested }) };
    this.#fields.set(type, found);
    return found;
  };

  #functionOf(program: ProgramSpec): BpfFunction {
    const isIt = (fn: { name: string; section: string }) =>
      fn.name === program.name && fn.section.replace(/^\?/, "") === program.section;
    const { functions, damaged } = this.#parsed;
    return functions.find(isIt) ?? damaged(`the program ${program.name} has no symbol`);
  }
}

/** Kfuncs that libbpf requires for any program of the object, with their prototypes. */
function strongKfuncs(functions: readonly BpfFunction[]): Map<string, number> {
  const found = functions.flatMap(({ calls, addresses }) => [
    ...[...calls.values()].filter(({ kfunc }) => kfunc),
    ...[...addresses.values()].filter((address) => address.of === "symbol"),
  ]);
  return new Map(
    found.flatMap(({ name, weak, prototype }) => (weak || prototype === undefined ? [] : [[name, prototype]])),
  );
}

/** libbpf: bpf_object__read_kconfig_file() */
function libbpfFindsConfig({ config }: KernelFacts): boolean {
  return isKnown(config) && /^\/(boot|proc)\//.test(config.origin);
}

function tooNew(name: string): never {
  const hint = "Update node-libbpf";
  const what = `${name} has BTF newer than this library supports`;
  throw new ObjectError("ERR_BPF_NOT_SUPPORTED", what, { operation: "check", hint });
}
