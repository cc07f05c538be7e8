/** What a section name says of a program (libbpf, docs/program_types.rst). */
import { Flag, ProgramType } from "./constants";
import { KINDS, type KindRow, type KnownKind, type OtherKind, type ProgramKind, type TargetForm } from "./kinds";
import { programTypeName } from "./program-types";

/** What a section name says about a program. */
export interface SectionFacts {
  kind: ProgramKind;
  /** Absent for sections that libbpf reads. */
  type?: number;
  attachType?: number | undefined;
  targetForm: TargetForm;
  /** The text after the first slash. */
  target: string | undefined;
  /** prog_flags that libbpf sets for this section at load. */
  flags: number;
}

const own = (Object.entries(KINDS) as [KnownKind | OtherKind, KindRow][]).filter(([, { readBy }]) => readBy === "row");
const bySection = new Map(own.flatMap((entry) => entry[1].sections.map((section) => [section, entry] as const)));

/** What a type and an expected attach type make of a program, whatever its section is named: of kinds alike the first, so never a uprobe. */
export function kindOf(type: number, attachType: number): Pick<SectionFacts, "kind" | "targetForm"> {
  const found = own.find(([, row]) => row.types.includes(type) && (row.attachType ?? attachType) === attachType);
  if (found !== undefined) return { kind: found[0], targetForm: found[1].target.form };
  return { kind: programTypeName(type) ?? `type ${type}`, targetForm: "text" };
}

/**
 * Reads a section name; `type` is the program type that libbpf found for it (0 if it knows none). libbpf knows the sections too; the rows
 * add what its interface hides (the flags that a section implies) and the sleepable sections that the linked libbpf may be too old for.
 */
export function parseSection(section: string, type: number): SectionFacts {
  const slash = section.indexOf("/");
  const full = slash < 0 ? section : section.slice(0, slash);
  const target = slash < 0 ? undefined : section.slice(slash + 1);
  const isDotS = full.endsWith(".s");
  const prefix = isDotS ? full.slice(0, -2) : full;
  const [kind, row] = bySection.get(prefix) ?? [];
  if (kind !== undefined && row !== undefined) {
    const { sleeps, types, attachType, target: ofKind } = row;
    const always = sleeps !== "never" && sleeps.always === true;
    const [type] = types;
    const flags = (isDotS || always ? Flag.SLEEPABLE : 0) | (row.forms[prefix]?.flags ?? 0);
    if (!isDotS || (sleeps !== "never" && !always))
      return { kind, ...(type !== undefined && { type }), attachType, targetForm: ofKind.form, target, flags };
  }
  // libbpf knows more ".s" sections (uprobe.multi.s, usdt.s, struct_ops.s …); any that it knows sets the flag.
  const known = type !== ProgramType.UNSPEC;
  return {
    kind: known ? prefix : "unspec",
    targetForm: "text",
    target: known ? target : undefined,
    flags: known && isDotS ? Flag.SLEEPABLE : 0,
  };
}
