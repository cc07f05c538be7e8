/** Parses section names (docs/program_types.rst of libbpf). */
import { AttachType, Flag, ProgramType } from "./constants";
import { KINDS, type KindRow, type KnownKind, type OtherKind, type ProgramKind, type TargetForm } from "./kinds";
import { programTypeName } from "./program-types";

/** What a section name implies for a program. */
export interface SectionFacts {
  kind: ProgramKind;
  /** Absent if the linked libbpf decides. */
  type?: number;
  attachType?: number | undefined;
  targetForm: TargetForm;
  /** The text after the first slash. */
  target: string | undefined;
  /** prog_flags that libbpf sets for this section at load. */
  flags: number;
}

const all = Object.entries(KINDS) as [KnownKind | OtherKind, KindRow][];
const own = all.filter(([, { readBy }]) => readBy === "row");
const bySection = new Map(own.flatMap((entry) => entry[1].sections.map((section) => [section, entry] as const)));

/**
 * The kind that a type and an expected attach type imply, whatever the section name. If several kinds have both in
 * common, the first: never a uprobe.
 */
export function kindOf(type: number, attachType: number): Pick<SectionFacts, "kind" | "targetForm"> {
  const found = own.find(([, row]) => row.types.includes(type) && (row.attachType ?? attachType) === attachType);
  if (found !== undefined) return { kind: found[0], targetForm: found[1].target.form };
  return { kind: programTypeName(type) ?? `type ${type}`, targetForm: "text" };
}

/** The kind of all programs of a type; undefined if it has several. */
export function kindOfType(type: number): ProgramKind | undefined {
  const [first, ...others] = all.filter(([, { types }]) => types.includes(type));
  // raw_tp.w and raw_tracepoint.w are names of one kind.
  const same = ([, row]: (typeof all)[number]) =>
    row.family === first?.[1].family && row.attachType === first?.[1].attachType;
  return others.every(same) ? first?.[0] : undefined;
}

/** A section that the linked libbpf is too old for: tcx and netkit (libbpf 1.3), uprobe.multi (1.3), netfilter (1.3) … */
function newerThanLibbpf(prefix: string, target: string | undefined, isDotS: boolean): SectionFacts | undefined {
  const [kind, row] = all.find(([, { sections }]) => sections.includes(prefix)) ?? [];
  const [type, another] = row?.types ?? [];
  if (kind === undefined || row === undefined || type === undefined || another !== undefined) return undefined;
  if (isDotS && row.sleeps === "never") return undefined;
  // "tcx/ingress" is BPF_TCX_INGRESS.
  const named = (AttachType as Readonly<Record<string, number>>)[`${prefix}_${target}`.toUpperCase()];
  const attachType = row.attachType ?? named ?? 0;
  return { kind, type, attachType, targetForm: row.target.form, target, flags: isDotS ? Flag.SLEEPABLE : 0 };
}

/**
 * Parses a section name. `type` is the program type that libbpf derived from it; 0 if it knows none. libbpf knows the
 * sections too. The rows add the flags that a section implies, which libbpf's interface hides, and sleepable sections
 * that the linked libbpf may be too old for.
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
  // libbpf knows more ".s" sections (uprobe.multi.s, usdt.s, struct_ops.s …); all that it knows set the flag.
  const known = type !== ProgramType.UNSPEC;
  const newer = known ? undefined : newerThanLibbpf(prefix, target, isDotS);
  if (newer !== undefined) return newer;
  return {
    kind: known ? prefix : "unspec",
    targetForm: "text",
    target: known ? target : undefined,
    flags: known && isDotS ? Flag.SLEEPABLE : 0,
  };
}
