/** Facts of an object's programs for the precheck, from its bytes alone. */
import type { Btf } from "../btf/btf";
import { managedFields } from "../btf/fields";
import { ProgramType } from "../constants";
import { ObjectError } from "../errors";
import type { MapSpec } from "../map/spec";
import type { VariableDescription } from "../native";
import type { ProgramSpec } from "../program/spec";
import type { ProgramFacts } from "../sleepable/verdict";
import { damagedObject } from "./damaged";
import type { ElfSection } from "./elf";
import { readFunctions } from "./functions";
import { type Reach, reachOf } from "./reach";
import { structOpsMembers } from "./struct-ops";

/** Tells the facts of a program, as it and its object's maps are set when it is asked: the same object while these stay. */
export type FactsReader = (program: ProgramSpec, maps: readonly MapSpec[], license: string) => ProgramFacts;

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
): FactsReader {
  const damaged = (what: string): never => {
    throw damagedObject(name, "check", what);
  };
  const types = btf ?? tooNew(name);
  const functions = readFunctions({ sections, btf: types, variables, damaged });
  const members = structOpsMembers(sections, types, variables);
  const sectionIds = new Map(variables.map(({ section, sectionId }) => [section, sectionId]));
  const reaches = new Map<string, Reach>();
  const fields = new Map<number, string[]>();
  const told = new Map<string, { as: string; facts: ProgramFacts }>();

  return (program, maps, license) => {
    const facts = factsOf(program, maps, license);
    const as = JSON.stringify(facts);
    const before = told.get(program.name);
    if (before?.as === as) return before.facts;
    told.set(program.name, { as, facts });
    return facts;
  };

  function factsOf(program: ProgramSpec, maps: readonly MapSpec[], license: string): ProgramFacts {
    const reach = reaches.get(program.name) ?? reachOf(functionOf(program));
    reaches.set(program.name, reach);
    const { kind, section, type, attachType, sleepable } = program;
    const target = type === ProgramType.STRUCT_OPS ? members.get(program.name) : program.attachTarget;
    const named = reach.maps.flatMap((reference) => {
      const sectionId = sectionIds.get(reference);
      const isNamed = (map: MapSpec) =>
        map.name === reference || (sectionId !== undefined && map.sectionId === sectionId);
      return maps.find(isNamed)?.facts(fieldsOf) ?? [];
    });
    return {
      name: program.name,
      section,
      kind,
      type,
      attachType,
      sleepable,
      ...(target === undefined ? {} : { target }),
      license,
      maps: named,
      helpers: reach.helpers,
      kfuncs: reach.kfuncs,
    };
  }

  function fieldsOf(type: number): string[] {
    const found = fields.get(type) ?? managedFields(types, type);
    fields.set(type, found);
    return found;
  }

  function functionOf(program: ProgramSpec) {
    const isIt = (fn: { name: string; section: string }) =>
      fn.name === program.name && fn.section.replace(/^\?/, "") === program.section;
    return functions.find(isIt) ?? damaged(`the program ${program.name} has no symbol`);
  }
}

function tooNew(name: string): never {
  const hint = "Update node-libbpf";
  const what = `${name} has BTF that is newer than this library`;
  throw new ObjectError("ERR_BPF_NOT_SUPPORTED", what, { operation: "check", hint });
}
