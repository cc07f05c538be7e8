/** The rules for each kind of program. */
import { given, isKnown } from "../kernel/fact";
import type { Finding, ProgramFacts, Stage } from "../verdict";
import { allowed, refused, undecided } from "./finding";
import { input, type Kernel, OLDEST } from "./judged-kernel";
import { judgeProbe, judgeTpBtf, judgeTracepoint } from "./rules-events";
import { judgeIter } from "./rules-iter";
import { judgeLsm } from "./rules-lsm";
import { judgeStructOps } from "./rules-struct-ops";
import { judgeTracing } from "./rules-tracing";

type Rule = (program: ProgramFacts, kernel: Kernel) => Finding[];

const PROBE_KINDS: readonly string[] = [
  ...["kprobe", "kretprobe", "ksyscall", "kretsyscall", "kprobe.multi", "kretprobe.multi", "kprobe.session"],
  ...["uprobe", "uretprobe", "usdt", "uprobe.multi", "uretprobe.multi", "uprobe.session"],
];

/** Kinds added after 5.10, by section: the release, and whether older kernels load them but do not attach them. */
const CAME: readonly (readonly [section: RegExp, since: string, stage: Stage])[] = [
  [/^fsession(\.s)?\//, "7.0", "load"],
  [/^(fentry|fexit|fsession)\.multi/, "7.2", "load"],
  [/^lsm_cgroup\//, "6.0", "load"],
  [/^syscall/, "5.14", "load"],
  [/^netfilter/, "6.4", "load"],
  [/^xdp\.frags/, "5.18", "load"],
  [/^cgroup\/(connect|sendmsg|recvmsg|getpeername|getsockname)_unix/, "6.7", "load"],
  [/^k(ret)?probe\.multi/, "5.18", "attach"],
  [/^kprobe\.session/, "6.10", "attach"],
  [/^u(ret)?probe\.multi/, "6.6", "attach"],
  [/^uprobe\.session/, "6.13", "attach"],
  [/^tcx\//, "6.6", "attach"],
  [/^netkit\//, "6.7", "attach"],
  [/^sk_reuseport\/migrate/, "5.14", "attach"],
];

const RULES: Readonly<Record<string, Rule>> = {
  lsm: judgeLsm,
  lsm_cgroup: judgeLsm,
  fentry: judgeTracing,
  fexit: judgeTracing,
  fmod_ret: judgeTracing,
  fsession: judgeTracing,
  "fentry.multi": multi,
  "fexit.multi": multi,
  "fsession.multi": multi,
  tp_btf: judgeTpBtf,
  raw_tp: judgeTracepoint,
  tracepoint: judgeTracepoint,
  iter: judgeIter,
  struct_ops: judgeStructOps,
  syscall,
  ...Object.fromEntries(PROBE_KINDS.map((kind) => [kind, judgeProbe])),
};

export function judgeKind(program: ProgramFacts, kernel: Kernel): Finding[] {
  const unknownKind = tooNew(program, kernel) ?? withoutFprobe(program.kind, kernel);
  if (unknownKind !== undefined && unknownKind.stage !== "attach") return [unknownKind];
  if (program.sleepable && kernel.since(OLDEST) === false) return [flagUnknown(kernel)];
  const findings = (RULES[program.kind] ?? never)(program, kernel);
  return unknownKind === undefined ? findings : [unknownKind, ...findings];
}

/** Kinds that attach to many functions through fprobe: without CONFIG_FPROBE its functions are inline stubs. */
const BY_FPROBE: ReadonlySet<string> = new Set(["kprobe.multi", "kretprobe.multi", "kprobe.session"]);

function withoutFprobe(kind: string, kernel: Kernel): Finding | undefined {
  if (!BY_FPROBE.has(kind) || kernel.since("5.18") === false) return undefined;
  const there = kernel.config("FPROBE") ?? kernel.lists("functions", "register_fprobe_ips");
  if (there !== "n" && there !== false) return undefined;
  return refused("KIND_UNKNOWN", `this kernel is built without CONFIG_FPROBE, which ${kind} programs need`, {
    source: "kernel/trace/bpf_trace.c: bpf_kprobe_multi_link_attach()",
    inputs: [input("functions", kernel.facts.functions, "register_fprobe_ips is absent"), kernel.versionInput],
    stage: "attach",
    remedy: "use kprobe, one program for each function",
  });
}

function tooNew({ kind, section }: ProgramFacts, kernel: Kernel): Finding | undefined {
  const [, since, stage] = CAME.find(([pattern]) => pattern.test(section)) ?? [];
  if (since === undefined || kernel.since(since) !== false) return undefined;
  const what =
    stage === "attach" ? `${kernel.label} attaches no ${kind} programs` : `${kernel.label} has no ${kind} programs`;
  return refused("KIND_UNKNOWN", what, {
    source: "include/uapi/linux/bpf.h",
    inputs: [kernel.versionInput],
    since,
    ...(stage !== undefined && { stage }),
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
    since: "5.14",
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
      remedy:
        "clear BPF_F_SLEEPABLE: only lsm, fentry, fexit, fmod_ret, iter, uprobe, struct_ops and syscall programs may sleep",
    }),
  ];
}
