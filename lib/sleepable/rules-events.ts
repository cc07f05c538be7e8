/** Tracepoints, kprobes and uprobes: whether these may sleep is mostly decided at attach. */

import { KINDS, kindRow } from "../kinds";
import type { Finding, Input, ProgramFacts } from "../verdict";
import { eventMissing, symbolMissing, tracepointMissing } from "./existence";
import { allowed, refused, undecided, unsafe } from "./finding";
import { input, type Kernel } from "./judged-kernel";
import { CLEAR } from "./remedies";

/** Tracepoints of system calls may fault, and so sleep (439ebd5b5708, 57918341dd19, 8cfb77d30920). */
const FAULTABLE = { since: KINDS.tp_btf.sleeps.since, seen: { "7.1.3": false, "7.1.7": true }, commit: "439ebd5b5708" };
/** 7.1.7 has the change, but not the check of classic tracepoints: it attaches to all of them. */
const ATTACH_CHECKED = "7.2";
/** The kernel's only TRACE_EVENT_SYSCALLs (include/trace/events/syscalls.h). */
const FAULTABLE_NAMES: readonly string[] = ["sys_enter", "sys_exit"];
/** can_be_sleepable() refuses tp_btf (700e6f853eb3). */
const GUARDED = { since: "6.3", commit: "700e6f853eb3" };
/** KPROBE programs may sleep, for uprobes (64ad7556c75e). */
const UPROBES = { since: KINDS.uprobe.sleeps.since, commit: "64ad7556c75e" };
/** kprobe.multi refuses sleepable programs (eb7024bfcc5f); stable releases backported it at different times. */
const KPROBE_MULTI = {
  since: "6.0",
  until: "7.0",
  seen: { "6.1.192": false, "6.12.117": false },
  commit: "eb7024bfcc5f",
};

const CAN_BE_SLEEPABLE = "kernel/bpf/verifier.c: can_be_sleepable()";

/**
 * Whether programs may sleep on tracepoints of system calls: by version, else by the function that was added together
 * with it. Its absence proves nothing: 7.1.7 has one without the other.
 */
function faultable(kernel: Kernel): boolean | undefined {
  return kernel.has(FAULTABLE) ?? (kernel.lists("functions", "trace_call_bpf_faultable") || undefined);
}

export function judgeTpBtf(program: ProgramFacts, kernel: Kernel): Finding[] {
  const missing = program.target === undefined ? undefined : tracepointMissing(program.target, kernel, "load");
  if (missing?.verdict === "refused" || !program.sleepable) return missing ? [missing] : [];
  return [...sleepableTpBtf(program, kernel), ...(missing ? [missing] : [])];
}

function sleepableTpBtf(program: ProgramFacts, kernel: Kernel): Finding[] {
  const name = program.target;
  if (name === undefined) return [];
  const inputs = [input("tracepoint", kernel.facts.tracepoints, name), kernel.versionInput];
  const measured = kernel.probed("tp_btf", name);
  if (measured?.accepted === false) return [notFaultable(name, "load", [...inputs, measured.input])];
  const can = faultable(kernel);
  // Stable releases backported it, so a series alone does not decide.
  if (can === undefined && FAULTABLE_NAMES.includes(name) && kernel.has(GUARDED)) {
    const more = { source: { file: CAN_BE_SLEEPABLE, commit: FAULTABLE.commit }, inputs, since: FAULTABLE.since };
    return [undecided(`whether programs on ${name} may sleep`, kernel.versionDoubt, more)];
  }
  if (can) {
    return [
      FAULTABLE_NAMES.includes(name)
        ? allowed("SLEEPABLE", `${name} may fault, so its programs may sleep`, {
            source: { file: "include/trace/events/syscalls.h", commit: FAULTABLE.commit },
            inputs,
            since: FAULTABLE.since,
          })
        : notFaultable(name, "load", inputs),
    ];
  }
  const more = {
    source: { file: CAN_BE_SLEEPABLE, commit: GUARDED.commit },
    inputs,
    since: "5.10",
    until: GUARDED.since,
  };
  const guarded = kernel.has(GUARDED);
  if (guarded === undefined) return [undecided(`whether programs on ${name} may sleep`, kernel.versionDoubt, more)];
  if (guarded) return [notFaultable(name, "load", inputs)];
  return [
    unsafe("TRACEPOINT_UNGUARDED", `this kernel accepts a sleepable program on ${name} and runs it under RCU`, {
      ...more,
      remedy: CLEAR,
    }),
  ];
}

function notFaultable(name: string, stage: "load" | "attach", inputs: (Input | undefined)[]): Finding {
  return refused("TRACEPOINT_NOT_FAULTABLE", `programs on the tracepoint ${name} cannot sleep`, {
    source: { file: CAN_BE_SLEEPABLE, commit: FAULTABLE.commit },
    inputs,
    stage,
    remedy: `${CLEAR}: only sys_enter, sys_exit and syscalls/* can sleep, since Linux ${FAULTABLE.since}`,
  });
}

/** raw_tp and tracepoint programs: no kernel before 7.2 loads them as sleepable; later ones refuse at attach. */
export function judgeTracepoint(program: ProgramFacts, kernel: Kernel): Finding[] {
  const { target, kind, sleepable } = program;
  const missing =
    target === undefined
      ? undefined
      : kind === "raw_tp"
        ? tracepointMissing(target, kernel, "attach")
        : eventMissing(target, kernel);
  return [...(sleepable ? sleepableTracepoint(program, kernel) : []), ...(missing ? [missing] : [])];
}

function sleepableTracepoint(program: ProgramFacts, kernel: Kernel): Finding[] {
  const { target, kind } = program;
  const inputs = [kernel.versionInput];
  const can = faultable(kernel);
  const more = { source: { file: CAN_BE_SLEEPABLE, commit: FAULTABLE.commit }, inputs, since: FAULTABLE.since };
  if (can === undefined) return [undecided(`whether ${kind} programs may sleep`, kernel.versionDoubt, more)];
  if (!can) {
    const remedy = `${CLEAR}, or require Linux ${FAULTABLE.since}, where those of system calls can`;
    return [refused("KIND_NOT_SLEEPABLE", `${kind} programs cannot sleep on ${kernel.label}`, { ...more, remedy })];
  }
  if (target === undefined) return [undecided(`whether a ${kind} program may sleep`, "it has no target yet", more)];
  const ok = kind === "raw_tp" ? FAULTABLE_NAMES.includes(target) : /^syscalls\/sys_(enter|exit)_/.test(target);
  if (ok) return [allowed("SLEEPABLE", `${target} may fault, so its programs may sleep`, more)];
  if (kind === "tracepoint" && kernel.since(ATTACH_CHECKED) === false) {
    const message = `this kernel attaches a sleepable program to ${target}, where sleeping is forbidden`;
    return [
      unsafe("TRACEPOINT_UNGUARDED", message, { ...more, stage: "attach", until: ATTACH_CHECKED, remedy: CLEAR }),
    ];
  }
  return [notFaultable(target, "attach", inputs)];
}

/** Programs of type KPROBE, kprobes and uprobes alike: the kernel distinguishes them only at attach. */
export function judgeProbe(program: ProgramFacts, kernel: Kernel): Finding[] {
  const { kind, target, sleepable } = program;
  const mechanism = kindRow(kind)?.attach;
  const isSingle = mechanism === "kprobe" || mechanism === "kretprobe";
  const missing = isSingle && target !== undefined ? symbolMissing(target, kernel) : undefined;
  return [...(sleepable ? sleepableProbe(program, kernel) : []), ...(missing ? [missing] : [])];
}

function sleepableProbe(program: ProgramFacts, kernel: Kernel): Finding[] {
  const { kind } = program;
  const row = kindRow(kind);
  const sleeps = row === undefined || row.sleeps === "never" ? undefined : row.sleeps;
  const inputs = [kernel.versionInput];
  const can = kernel.has(UPROBES);
  const source = { file: CAN_BE_SLEEPABLE, commit: UPROBES.commit };
  if (can === undefined)
    return [undecided(`whether ${kind} programs may sleep`, kernel.versionDoubt, { source, inputs })];
  if (!can) {
    const remedy = sleeps
      ? `${CLEAR}, or require Linux ${sleeps.since}, where uprobes can sleep`
      : `${CLEAR}: of the type KPROBE only uprobes may sleep, since Linux ${UPROBES.since}`;
    return [
      refused("KIND_NOT_SLEEPABLE", `${kind} programs cannot sleep on ${kernel.label}`, {
        source,
        inputs,
        remedy,
        since: sleeps?.since,
      }),
    ];
  }
  if (sleeps) {
    const what = row?.attach === "uprobe_multi" ? `${kind} programs` : "uprobes";
    return [allowed("SLEEPABLE", `${what} may sleep`, { source, inputs, since: sleeps.since })];
  }
  return row?.attach === "kprobe_multi" ? kprobeMulti(kind, kernel, inputs) : [kprobe(kind, inputs)];
}

function kprobe(kind: string, inputs: Input[]): Finding {
  return refused("KPROBE_NOT_SLEEPABLE", `${kind} programs cannot sleep: this one would load, but not attach`, {
    source: "kernel/events/core.c: __perf_event_set_bpf_prog()",
    inputs,
    stage: "attach",
    remedy: `${CLEAR}: of the type KPROBE only uprobes may sleep`,
  });
}

function kprobeMulti(kind: string, kernel: Kernel, inputs: Input[]): Finding[] {
  const more = {
    source: { file: "kernel/trace/bpf_trace.c: bpf_kprobe_multi_link_attach()", commit: KPROBE_MULTI.commit },
    inputs,
    stage: "attach" as const,
    remedy: `${CLEAR}: kprobes run where sleeping is forbidden`,
    until: KPROBE_MULTI.until,
  };
  const accepted = kernel.still(KPROBE_MULTI);
  if (accepted === undefined)
    return [undecided(`whether sleepable ${kind} programs are refused`, kernel.versionDoubt, more)];
  if (!accepted) return [refused("KPROBE_MULTI_NOT_SLEEPABLE", `${kind} programs cannot sleep`, more)];
  return [
    unsafe(
      "KPROBE_MULTI_NOT_SLEEPABLE",
      `this kernel attaches a sleepable ${kind} program where sleeping is forbidden`,
      more,
    ),
  ];
}
