/** The rules for each kind of program. */
import { given, isKnown } from "../kernel/fact";
import { type AttachMechanism, formOf, KINDS, type KindRow, kindRow, OLDEST, type ProgramKindName } from "../kinds";
import type { Finding, ProgramFacts } from "../verdict";
import { allowed, refused, undecided } from "./finding";
import { input, type Kernel } from "./judged-kernel";
import { CLEAR, onlyThese } from "./remedies";
import { judgeProbe, judgeTpBtf, judgeTracepoint } from "./rules-events";
import { judgeIter } from "./rules-iter";
import { judgeLsm } from "./rules-lsm";
import { judgeStructOps } from "./rules-struct-ops";
import { judgeTracing } from "./rules-tracing";

type Rule = (program: ProgramFacts, kernel: Kernel) => Finding[];

/** The ways to attach kinds that may sleep. */
type SleepingMechanism = {
  [K in ProgramKindName]: (typeof KINDS)[K]["sleeps"] extends "never" ? never : (typeof KINDS)[K]["attach"];
}[ProgramKindName];

/** The rule for each way to attach. A kind that never sleeps has one only if there is more to report. */
const RULES: Readonly<Record<SleepingMechanism, Rule> & Partial<Record<AttachMechanism, Rule>>> = {
  lsm: judgeLsm,
  lsm_cgroup: judgeLsm,
  trampoline: judgeTracing,
  trampoline_multi: multi,
  btf_tracepoint: judgeTpBtf,
  raw_tracepoint: judgeTracepoint,
  tracepoint: judgeTracepoint,
  iter: judgeIter,
  kprobe: judgeProbe,
  kretprobe: judgeProbe,
  ksyscall: judgeProbe,
  kprobe_multi: judgeProbe,
  uprobe: judgeProbe,
  uretprobe: judgeProbe,
  uprobe_multi: judgeProbe,
  usdt: judgeProbe,
  struct_ops: judgeStructOps,
  run: syscall,
};

export function judgeKind(program: ProgramFacts, kernel: Kernel): Finding[] {
  const row = kindRow(program.kind);
  const unknownKind = tooNew(program, row, kernel) ?? withoutFprobe(program.kind, row, kernel);
  if (unknownKind !== undefined && unknownKind.stage !== "attach") return [unknownKind];
  if (program.sleepable && kernel.since(OLDEST) === false) return [flagUnknown(kernel)];
  const rule = row && RULES[row.attach];
  const findings = (rule ?? never)(program, kernel);
  return unknownKind === undefined ? findings : [unknownKind, ...findings];
}

/** Kinds that attach to many functions through fprobe: without CONFIG_FPROBE its functions are inline stubs. */
function withoutFprobe(kind: string, row: KindRow | undefined, kernel: Kernel): Finding | undefined {
  if (row?.attach !== "kprobe_multi" || kernel.since(KINDS["kprobe.multi"].since) === false) return undefined;
  const there = kernel.config("FPROBE") ?? kernel.lists("functions", "register_fprobe_ips");
  if (there !== "n" && there !== false) return undefined;
  return refused("KIND_UNKNOWN", `this kernel is built without CONFIG_FPROBE, which ${kind} programs need`, {
    source: "kernel/trace/bpf_trace.c: bpf_kprobe_multi_link_attach()",
    inputs: [input("functions", kernel.facts.functions, "register_fprobe_ips is absent"), kernel.versionInput],
    stage: "attach",
    remedy: "use kprobe, one program for each function",
  });
}

/** Rejects a kind, or a form of its sections, that is newer than the kernel. */
function tooNew({ kind, section }: ProgramFacts, row: KindRow | undefined, kernel: Kernel): Finding | undefined {
  const since = formOf(section)?.since ?? row?.since ?? OLDEST;
  if (since === OLDEST || kernel.since(since) !== false) return undefined;
  const stage = row?.refusedAt ?? "load";
  const what =
    stage === "attach" ? `${kernel.label} attaches no ${kind} programs` : `${kernel.label} has no ${kind} programs`;
  return refused("KIND_UNKNOWN", what, {
    source: "include/uapi/linux/bpf.h",
    inputs: [kernel.versionInput],
    since,
    stage,
    remedy: `require Linux ${since}`,
  });
}

function flagUnknown(kernel: Kernel): Finding {
  return refused("FLAG_UNKNOWN", `${kernel.label} does not know BPF_F_SLEEPABLE`, {
    source: { file: "kernel/bpf/syscall.c: bpf_prog_load()", commit: "1e6c62a88215" },
    inputs: [kernel.versionInput],
    since: OLDEST,
    remedy: `require Linux ${OLDEST}, or clear the flag`,
  });
}

/** Syscall programs run in their caller's context, and must be sleepable (79a7f8bdb159). */
function syscall({ sleepable }: ProgramFacts, kernel: Kernel): Finding[] {
  const more = {
    source: { file: "kernel/bpf/verifier.c: check_attach_btf_id()", commit: "79a7f8bdb159" },
    inputs: [kernel.versionInput],
    since: KINDS.syscall.since,
  };
  if (sleepable) return [allowed("SLEEPABLE", "syscall programs may sleep", more)];
  return [refused("KIND_MUST_SLEEP", "syscall programs must be sleepable", { ...more, remedy: "set BPF_F_SLEEPABLE" })];
}

/** The load names a placeholder; each function is checked when the link is created (d14e6b4346bf). */
function multi(program: ProgramFacts, kernel: Kernel): Finding[] {
  const { target, sleepable, kind } = program;
  if (!sleepable) return [];
  if (target !== undefined && !/[*?[]/.test(target)) {
    return judgeTracing({ ...program, kind: kind.replace(".multi", "") }, kernel, "attach");
  }
  return [
    undecided(`whether every function of ${target ?? "its pattern"} may sleep`, "they are known when it is attached", {
      source: { file: "kernel/bpf/verifier.c: bpf_check_attach_btf_id_multi()", commit: "d14e6b4346bf" },
      inputs: [kernel.versionInput],
      stage: "attach",
    }),
  ];
}

/** perf_event, network types, freplace and others: no kernel up to 7.3 allows them to sleep. */
function never({ kind, sleepable }: ProgramFacts, kernel: Kernel): Finding[] {
  if (!sleepable) return [];
  const more = { source: "kernel/bpf/verifier.c: can_be_sleepable()", inputs: [kernel.versionInput] };
  const { version } = kernel.facts;
  if (kernel.version === undefined && !isKnown(version)) {
    return [
      undecided(`whether ${kind} programs may sleep`, kernel.versionDoubt, {
        ...more,
        inputs: [input("version", version)],
      }),
    ];
  }
  if (kernel.version === undefined && given(kernel.facts.backports) === "") {
    return [undecided(`whether ${kind} programs may sleep`, kernel.versionDoubt, more)];
  }
  return [
    refused("KIND_NOT_SLEEPABLE", `${kind} programs cannot sleep`, {
      ...more,
      remedy: `${CLEAR}: ${onlyThese()}`,
    }),
  ];
}
