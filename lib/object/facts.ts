/** Facts of an object's programs for the precheck, from its bytes alone. */
import type { Btf } from "../btf/btf";
import { directFields, managedFields } from "../btf/fields";
import { ProgramType } from "../constants";
import { ObjectError } from "../errors";
import type { KernelFacts } from "../kernel/facts";
import type { MapSpec } from "../map/spec";
import type { VariableDescription } from "../native";
import type { ProgramSpec } from "../program/spec";
import { isEverywhere } from "../sleepable/rules-maps";
import type { MapFacts, ProgramFacts } from "../sleepable/verdict";
import { constantsOf } from "./constants";
import { damagedObject } from "./damaged";
import type { ElfSection } from "./elf";
import { type BpfFunction, readFunctions } from "./functions";
import { type Reach, reachOf } from "./reach";
import type { StructOpsSlot } from "./struct-ops";

/** What an object is set to, and who will load it. */
export interface Settings {
  maps: readonly MapSpec[];
  license: string;
  /** Contents of a section of variables, by the BTF id of its type. */
  contents(sectionId: number): Uint8Array;
  /** Lines of a kernel configuration that go before the kernel's. */
  kconfig: string | undefined;
  /** What it is judged for: what is constant there decides branches. */
  kernel: KernelFacts | undefined;
}

/** Tells the facts of a program, as it and its object are set when it is asked: the same object while these stay. */
export type FactsReader = (program: ProgramSpec, settings: Settings) => ProgramFacts;

/**
 * Reads what does not change: instructions, types.
 *
 * @throws {@link ObjectError} for a damaged object, where libbpf would fail to load it
 */
export function factsReader(
  name: string,
  sections: readonly ElfSection[],
  btf: Btf | undefined,
  variables: readonly VariableDescription[],
  slots: readonly StructOpsSlot[],
): FactsReader {
  const damaged = (what: string): never => {
    throw damagedObject(name, "check", what);
  };
  const types = btf ?? tooNew(name);
  const functions = readFunctions({ sections, btf: types, variables, damaged });
  const members = new Map(slots.toReversed().map(({ program, target }) => [program, target]));
  const sectionIds = new Map(variables.map(({ section, sectionId }) => [section, sectionId]));
  const needed = new Set(
    functions.flatMap(({ calls }) => [...calls.values()].filter(isNeeded).map(({ name }) => name)),
  );
  const fields = new Map<number, Pick<MapFacts, "fields" | "nested">>();
  const told = new Map<string, { as: string; facts: ProgramFacts }>();

  return (program, settings) => {
    const facts = factsOf(program, settings);
    const as = JSON.stringify(facts);
    const before = told.get(program.name);
    if (before?.as === as) return before.facts;
    told.set(program.name, { as, facts });
    return facts;
  };

  function factsOf(program: ProgramSpec, settings: Settings): ProgramFacts {
    const { maps, license } = settings;
    const mapOf = (reference: string) => {
      const sectionId = sectionIds.get(reference);
      return maps.find((map) => map.name === reference || (sectionId !== undefined && map.sectionId === sectionId));
    };
    const constants = constantsOf(settings, mapOf, { sections, variables, btf: types });
    const reach: Reach = reachOf(functionOf(program), constants);
    const { kind, section, type, attachType, sleepable } = program;
    const named = new Set(reach.maps.map(mapOf));
    const others = maps.filter((map) => map.autocreate && !named.has(map) && !isEverywhere(map));
    const kfuncs = new Set(reach.kfuncs.map((call) => call.name));
    const externs = [...needed].filter((kfunc) => !kfuncs.has(kfunc));
    const target = type === ProgramType.STRUCT_OPS ? members.get(program.name) : program.attachTarget;
    return {
      name: program.name,
      section,
      kind,
      type,
      attachType,
      sleepable,
      ...(target === undefined ? {} : { target }),
      license,
      maps: reach.maps.flatMap((reference) => mapOf(reference)?.facts(fieldsOf) ?? []),
      ...(others.length > 0 && { others: others.map((map) => map.facts(fieldsOf)) }),
      ...(reach.missing.length > 0 && { missing: reach.missing }),
      helpers: reach.helpers,
      kfuncs: reach.kfuncs,
      ...(externs.length > 0 && { externs }),
      ...(reach.functions.length > 0 && { functions: reach.functions }),
    };
  }

  function fieldsOf(type: number) {
    const known = fields.get(type);
    if (known !== undefined) return known;
    const all = managedFields(types, type);
    const direct = directFields(types, type);
    const nested = all.filter((name) => !direct.includes(name));
    const found = { fields: all, ...(nested.length > 0 && { nested }) };
    fields.set(type, found);
    return found;
  }

  function functionOf(program: ProgramSpec): BpfFunction {
    const isIt = (fn: { name: string; section: string }) =>
      fn.name === program.name && fn.section.replace(/^\?/, "") === program.section;
    return functions.find(isIt) ?? damaged(`the program ${program.name} has no symbol`);
  }
}

/** A kfunc that is not weak: libbpf loads nothing of the object without it. */
function isNeeded({ kfunc, weak }: { kfunc: boolean; weak: boolean }): boolean {
  return kfunc && !weak;
}

function tooNew(name: string): never {
  const hint = "Update node-libbpf";
  const what = `${name} has BTF that is newer than this library`;
  throw new ObjectError("ERR_BPF_NOT_SUPPORTED", what, { operation: "check", hint });
}
