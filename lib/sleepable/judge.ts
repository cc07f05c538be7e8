/** judge(): derives a verdict from program facts and kernel facts. Pure: reads no file, makes no system call. */

import { ProgramType } from "../constants";
import type { KernelFacts } from "../kernel/kernel-facts";
import { kindRow } from "../kinds";
import { anyArray, anyString, checkArgument, object, required } from "../options";
import type { Finding, ProgramFacts, ProgramVerdict, Verdict } from "../verdict";
import { needsGpl } from "./availability";
import { allowed, refused, undecided } from "./finding";
import { Kernel } from "./judged-kernel";
import { judgeCalls, judgeConfig } from "./rules-calls";
import { judgeKind } from "./rules-kinds";
import { judgeActive } from "./rules-lsm";
import { judgeMap, judgeMissing, judgeNeeds, judgeOther } from "./rules-maps";
import { judgeTrampoline } from "./rules-trampolines";

/** Answers by precedence, the decisive first. */
const WORST: readonly Verdict[] = ["refused", "unsafe", "unknown", "allowed"];

/**
 * Predicts whether a kernel accepts a program, and why. Pure: needs no kernel.
 *
 * @throws {@link ArgumentError} for invalid facts
 */
export function judge(program: ProgramFacts, facts: KernelFacts): ProgramVerdict {
  checkArgument({ name: "judge", details: { operation: "judge" } }, "program", program, PROGRAM);
  const kernel = Kernel.of(facts);
  const findings = [
    ...judgeKind(program, kernel),
    ...judgeTrampoline(program, kernel),
    ...judgeActive(program, kernel),
    ...license(program, kernel),
    ...program.maps.flatMap((map) => judgeMap(map, program, kernel)),
    ...(program.others ?? []).flatMap((map) => judgeOther(map, kernel)),
    ...judgeMissing(program),
    ...judgeNeeds(program, kernel),
    ...judgeUnresolved(program),
    ...judgeConfig(program, kernel),
    ...judgeCalls(program, kernel),
  ].sort((one, other) => WORST.indexOf(one.verdict) - WORST.indexOf(other.verdict));
  const decisive = findings[0] ?? nothing(program, kernel);
  const { verdict, reason, message, remedy } = decisive;
  const { name, section } = program;
  return {
    program: name,
    section,
    verdict,
    reason,
    message,
    ...(remedy !== undefined && { remedy }),
    findings: findings.length === 0 ? [decisive] : findings,
  };
}

/** The mandatory fields of a program's facts. */
const PROGRAM = object<Pick<ProgramFacts, "name" | "section" | "kind" | "license" | "maps" | "helpers" | "kfuncs">>(
  {
    ...{ name: required(anyString), section: required(anyString), kind: required(anyString) },
    ...{ license: required(anyString), maps: required(anyArray), helpers: required(anyArray) },
    kfuncs: required(anyArray),
  },
  { open: true },
);

/** The verdict for a program that libbpf would reject before the kernel sees it. */
export function unjudged(about: { program: string; section: string; message: string; remedy: string }): ProgramVerdict {
  const { program, section, message, remedy } = about;
  const source = { file: "libbpf: bpf_object__open()" };
  const finding: Finding = {
    verdict: "unknown",
    reason: "NOT_KNOWN",
    stage: "load",
    message,
    remedy,
    source,
    inputs: [],
  };
  return { program, section, verdict: "unknown", reason: "NOT_KNOWN", message, remedy, findings: [finding] };
}

function nothing({ sleepable }: ProgramFacts, kernel: Kernel): Finding {
  const message = sleepable ? "nothing forbids it to sleep" : "the program is not sleepable, and nothing forbids it";
  return allowed(sleepable ? "SLEEPABLE" : "NOT_SLEEPABLE_PROGRAM", message, {
    source: "kernel/bpf/verifier.c: bpf_check()",
    inputs: [kernel.versionInput],
  });
}

/** CO-RE relocations without a match: libbpf replaces the instruction by one that the kernel rejects. */
function judgeUnresolved({ unresolved = [] }: ProgramFacts): Finding[] {
  return unresolved.map(({ name, conditional }) => {
    const more = {
      source: "libbpf: bpf_core_poison_insn()",
      inputs: [{ name: "types", value: name, origin: "the object's BTF" }],
      remedy: `guard it: if (bpf_core_field_exists(…)), or bpf_core_type_exists() for a type`,
    };
    if (conditional) return undecided(`whether the verifier sees the use of ${name}`, "this kernel has none", more);
    return refused("FIELD_NOT_FOUND", `this kernel has no ${name}`, more);
  });
}

/** license_is_gpl_compatible() in include/linux/license.h. */
const GPL: ReadonlySet<string> = new Set([
  "GPL",
  "GPL v2",
  "GPL and additional rights",
  "Dual BSD/GPL",
  "Dual MIT/GPL",
  "Dual MPL/GPL",
]);

export const isGplCompatible = (license: string) => GPL.has(license);

/** Refused on this kernel and accepted on the measured ones before it. */
const READ_BY_LICENCE = "6.12";
const READ_FREELY = "6.2";
/** Whether the context of a kind refers to kernel structs with types that the verifier knows. */
const readsStructs = (kind: string) => {
  const row = kindRow(kind);
  return row?.target.form === "btf" && row.types.includes(ProgramType.TRACING);
};

function license({ kind, license, helpers, kfuncs, readsKernel }: ProgramFacts, kernel: Kernel): Finding[] {
  if (GPL.has(license)) return [];
  const refusal = (what: string, source: string) =>
    refused("LICENSE_NOT_GPL", `${what} a GPL-compatible licence, but this is ${JSON.stringify(license)}`, {
      source,
      inputs: [{ name: "license", value: license, origin: "the object's license section" }],
      remedy: `declare one that is compatible, if it is: ${[...GPL].join(", ")}`,
    });
  const source = kindRow(kind)?.gpl;
  if (source !== undefined) return [refusal(`${kind} programs need`, source)];
  const [kfunc] = kfuncs.toSorted((one, other) => Number(one.conditional) - Number(other.conditional));
  if (kfunc !== undefined) {
    const why = "kernel/bpf/verifier.c: add_kfunc_call()";
    const found = refusal(`a call of ${kfunc.name} needs`, why);
    if (!kfunc.conditional) return [found];
    // libbpf removes the call of a weak kfunc that the kernel lacks.
    return [undecided(`whether the kernel sees the call of ${kfunc.name}`, "a constant may decide it", { ...found })];
  }
  const helper = helpers.find(({ name, conditional }) => needsGpl(name) && !conditional);
  if (helper !== undefined)
    return [refusal(`a call of ${helper.name} needs`, "kernel/bpf/verifier.c: check_helper_call()")];
  const open = helpers.find(({ name }) => needsGpl(name));
  const reads = readsStructs(kind) && kernel.since(READ_FREELY) !== false ? readsKernel : undefined;
  if (reads?.conditional === false && kernel.since(READ_BY_LICENCE))
    return [refusal("reading kernel structs needs", "kernel/bpf/verifier.c: check_ptr_to_btf_access()")];
  const question =
    open === undefined ? "whether it reads kernel structs" : `whether the kernel sees the call of ${open.name}`;
  if (open === undefined && reads === undefined) return [];
  const {
    verdict: _,
    reason: __,
    message: ___,
    ...more
  } = refusal("", "kernel/bpf/verifier.c: check_ptr_to_btf_access()");
  return [undecided(question, "that needs a GPL-compatible licence, and only the verifier can tell", more)];
}
