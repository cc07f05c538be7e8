/**
 * The kinds of programs and the ways to attach them, one row each. Other files read a kind's properties here. The rules
 * are in sleepable/. test/gates/kinds.test.ts compares the rows with libbpf's table of sections,
 * test/unit/kinds.test.ts with lib/program/attach/ and docs/programs.md.
 */
import { AttachType, Flag, ProgramType } from "./constants";
import { listed } from "./listed";

/** A way to attach programs; lib/program/attach/ has the calls. */
export interface AttachRow {
  /** Whether programs run through a BPF trampoline, which the architecture and the kernel must support. */
  readonly trampoline?: true;
  /** The PMU, if perf_event_open(2) attaches it. */
  readonly perfEvent?: "kprobe" | "uprobe" | "tracepoint" | "event";
  /** Whether its sections can say where to attach. */
  readonly bySection?: true;
  /** How a program runs that `Program.attach()` does not attach. */
  readonly instead?: string;
}

/** The ways to attach a program. */
export const ATTACH = {
  trampoline: { bySection: true, trampoline: true },
  lsm: { bySection: true, trampoline: true },
  trampoline_multi: { bySection: true },
  btf_tracepoint: { bySection: true },
  raw_tracepoint: { bySection: true },
  tracepoint: { bySection: true, perfEvent: "tracepoint" },
  iter: { bySection: true },
  kprobe: { bySection: true, perfEvent: "kprobe" },
  kretprobe: { bySection: true, perfEvent: "kprobe" },
  ksyscall: { bySection: true, perfEvent: "kprobe" },
  kprobe_multi: { bySection: true },
  uprobe: { bySection: true, perfEvent: "uprobe" },
  uretprobe: { bySection: true, perfEvent: "uprobe" },
  uprobe_multi: { bySection: true },
  usdt: { bySection: true, perfEvent: "uprobe" },
  perf_event: { perfEvent: "event" },
  freplace: { bySection: true },
  lsm_cgroup: { trampoline: true },
  cgroup: {},
  xdp: {},
  tcx: {},
  netkit: {},
  tc: {},
  netns: {},
  sockmap: {},
  netfilter: {},
  socket: {},
  reuseport: {},
  lirc: {},
  struct_ops: { instead: "Attach its map: object.map(name, StructOpsMap).attach()" },
  run: { instead: "It runs by program.testRun()" },
  route: { instead: "Pin it, and name the pin in a route: ip route add … encap bpf … pinned PATH" },
  action: { instead: "Pin it, and name the pin in a filter's action: tc filter add … action bpf pinned PATH" },
  // The kind is newer than this library: libbpf decides by the section.
  other: { bySection: true },
} as const satisfies Record<string, AttachRow>;

/** How a kind is attached: a row of {@link ATTACH}. */
export type AttachMechanism = keyof typeof ATTACH;

/** How a kind's attach target is given: as a BTF function or type, as plain text, or not at all. */
export type TargetForm = "btf" | "text" | "none";

interface Target {
  readonly form: TargetForm;
  /**
   * The kind of its BTF type, and the prefix of the type's name; undefined if it has no BTF type. libbpf:
   * btf_get_kernel_prefix_kind().
   */
  readonly btf: { readonly kind: "FUNC" | "TYPEDEF"; readonly prefix: string } | undefined;
  /** Its name in messages. */
  readonly noun: string;
}

const HOOK = { form: "btf", btf: { kind: "FUNC", prefix: "bpf_lsm_" }, noun: "LSM hook" } as const satisfies Target;
const FUNCTION = { form: "btf", btf: { kind: "FUNC", prefix: "" }, noun: "function" } as const satisfies Target;
const TRACEPOINT = {
  form: "btf",
  btf: { kind: "TYPEDEF", prefix: "btf_trace_" },
  noun: "tracepoint",
} as const satisfies Target;
const ITERATOR = {
  form: "btf",
  btf: { kind: "FUNC", prefix: "bpf_iter_" },
  noun: "iterator",
} as const satisfies Target;
const TEXT = { form: "text", btf: undefined, noun: "target" } as const satisfies Target;
const NOTHING = { form: "none", btf: undefined, noun: "target" } as const satisfies Target;

/**
 * The oldest release whose rules are known. It introduced BPF_F_SLEEPABLE (1e6c62a88215). Kinds marked `since` it may
 * be older.
 */
export const OLDEST = "5.10";

/** How programs of a kind may sleep. */
interface Sleeps {
  /** The first release that accepts a sleepable program of the kind. */
  readonly since: string;
  /** Every program of the kind must be sleepable; there is no section with ".s". */
  readonly always?: true;
  /** The targets that may sleep, if not all. */
  readonly only?: string;
}

/** Everything that this library knows about a kind. */
export interface KindRow {
  /** Section names without ".s" and target; the first is the preferred one. */
  readonly sections: readonly string[];
  /** Sections, with or without a target, that are newer than the kind or set a flag of BPF_PROG_LOAD. */
  readonly forms: Readonly<Record<string, { readonly since: string; readonly flags?: number }>>;
  /** What decides the types of a section: this row, or the linked libbpf if they differ between the kind's sections. */
  readonly readBy: "row" | "libbpf";
  /** enum bpf_prog_type; several if the section's target decides. */
  readonly types: readonly number[];
  /** enum bpf_attach_type; undefined if the section's target decides. */
  readonly attachType: number | undefined;
  readonly target: Target;
  /** The first release that has the kind. */
  readonly since: string;
  /** When an older kernel rejects it: at load, or only at attach. */
  readonly refusedAt: "load" | "attach";
  /** Whether its programs may sleep. If they need not, the kind has a section that ends in ".s". */
  readonly sleeps: Sleeps | "never";
  readonly attach: AttachMechanism;
  /** The kernel function that requires a GPL-compatible licence; undefined if only some calls require one. */
  readonly gpl: string | undefined;
  /** Whether loading a program shows if the kernel accepts its target. The probe uses this. */
  readonly probed: boolean;
  /** The common name of its variants in messages: "uprobe" for uretprobe and uprobe.multi. */
  readonly family: string;
}

// Rows of a family spread a common part; the fields after it differ.

/** Types decided by libbpf; never sleepable. */
const plain = {
  forms: {},
  readBy: "libbpf",
  attachType: undefined,
  target: TEXT,
  since: OLDEST,
  refusedAt: "load",
  sleeps: "never",
  attach: "other",
  gpl: undefined,
  probed: false,
} as const;

/** Programs for functions, through a trampoline. */
const tracing = {
  forms: {},
  readBy: "row",
  types: [ProgramType.TRACING],
  target: FUNCTION,
  since: OLDEST,
  refusedAt: "load",
  sleeps: { since: OLDEST },
  attach: "trampoline",
  gpl: undefined,
  probed: true,
} as const;

/** The link names the functions. Not in libbpf 1.7, nor in its header: enum bpf_attach_type of Linux 7.2. */
const tracingMulti = {
  ...plain,
  readBy: "row",
  types: [ProgramType.TRACING],
  since: "7.2",
  sleeps: { since: "7.2" },
  attach: "trampoline_multi",
} as const;

const lsm = {
  forms: {},
  readBy: "row",
  types: [ProgramType.LSM],
  target: HOOK,
  refusedAt: "load",
  gpl: "kernel/bpf/bpf_lsm.c: bpf_lsm_verify_prog()",
  family: "lsm",
} as const;

/**
 * Tracepoints: system call tracepoints can fault since 439ebd5b5708. Since 700e6f853eb3 the kernel rejects sleepable
 * tp_btf programs otherwise.
 */
const tracepoints = {
  forms: {},
  readBy: "row",
  since: OLDEST,
  refusedAt: "load",
  gpl: undefined,
  sleeps: { since: "7.2", only: "system call tracepoints" },
} as const;

/** Kprobes and uprobes share a program type. It may be sleepable since uprobes may sleep (64ad7556c75e). */
const probe = {
  forms: {},
  readBy: "row",
  types: [ProgramType.KPROBE],
  attachType: 0,
  target: TEXT,
  since: OLDEST,
  refusedAt: "load",
  gpl: undefined,
  probed: false,
} as const;
const kprobe = {
  ...probe,
  sleeps: "never",
  family: "kprobe",
} as const;
const uprobe = {
  ...probe,
  sleeps: { since: "6.0" },
  family: "uprobe",
} as const;

/** Older kernels load multi probes, but do not attach them. */
const ksyscall = { ...kprobe, readBy: "libbpf", attach: "ksyscall" } as const;
const kprobeMulti = { ...ksyscall, since: "5.18", refusedAt: "attach", attach: "kprobe_multi" } as const;
const uprobeMulti = {
  ...uprobe,
  readBy: "libbpf",
  attachType: AttachType.TRACE_UPROBE_MULTI,
  since: "6.6",
  refusedAt: "attach",
  sleeps: { since: "6.6" },
  attach: "uprobe_multi",
} as const;

/** The kinds that this library attaches itself, then those whose sections libbpf reads. */
export const KINDS = {
  lsm: {
    ...lsm,
    sections: ["lsm"],
    attachType: AttachType.LSM_MAC,
    since: OLDEST,
    probed: true,
    sleeps: { since: OLDEST },
    attach: "lsm",
  },
  lsm_cgroup: {
    ...lsm,
    sections: ["lsm_cgroup"],
    attachType: AttachType.LSM_CGROUP,
    since: "6.0",
    probed: false,
    sleeps: "never",
    attach: "lsm_cgroup",
  },
  fentry: { ...tracing, sections: ["fentry"], attachType: AttachType.TRACE_FENTRY, family: "fentry" },
  fexit: { ...tracing, sections: ["fexit"], attachType: AttachType.TRACE_FEXIT, family: "fexit" },
  fmod_ret: { ...tracing, sections: ["fmod_ret"], attachType: AttachType.MODIFY_RETURN, family: "fmod_ret" },
  fsession: {
    ...tracing,
    sections: ["fsession"],
    attachType: AttachType.TRACE_FSESSION,
    family: "fsession",
    since: "7.0",
    sleeps: { since: "7.0" },
    probed: false,
  },
  tp_btf: {
    ...tracepoints,
    sections: ["tp_btf"],
    types: [ProgramType.TRACING],
    attachType: AttachType.TRACE_RAW_TP,
    target: TRACEPOINT,
    attach: "btf_tracepoint",
    probed: true,
    family: "tp_btf",
  },
  iter: {
    ...tracing,
    sections: ["iter"],
    attachType: AttachType.TRACE_ITER,
    target: ITERATOR,
    family: "iter",
    attach: "iter",
    probed: false,
  },
  raw_tp: {
    ...tracepoints,
    sections: ["raw_tp", "raw_tracepoint"],
    types: [ProgramType.RAW_TRACEPOINT],
    attachType: 0,
    target: TEXT,
    attach: "raw_tracepoint",
    probed: false,
    family: "raw_tp",
  },
  tracepoint: {
    ...tracepoints,
    sections: ["tp", "tracepoint"],
    types: [ProgramType.TRACEPOINT],
    attachType: 0,
    target: TEXT,
    attach: "tracepoint",
    probed: false,
    family: "tracepoint",
  },
  kprobe: { ...kprobe, sections: ["kprobe"], attach: "kprobe" },
  kretprobe: { ...kprobe, sections: ["kretprobe"], attach: "kretprobe" },
  uprobe: { ...uprobe, sections: ["uprobe"], attach: "uprobe" },
  uretprobe: { ...uprobe, sections: ["uretprobe"], attach: "uretprobe" },
  xdp: {
    // "xdp/devmap" and "xdp/cpumap" have attach types of their own.
    ...plain,
    readBy: "row",
    sections: ["xdp", "xdp.frags"],
    types: [ProgramType.XDP],
    target: NOTHING,
    forms: { "xdp.frags": { since: "5.18", flags: Flag.XDP_HAS_FRAGS } },
    attach: "xdp",
    family: "xdp",
  },
  syscall: {
    ...plain,
    readBy: "row",
    sections: ["syscall"],
    types: [ProgramType.SYSCALL],
    attachType: 0,
    target: NOTHING,
    since: "5.14",
    sleeps: { since: "5.14", always: true },
    attach: "run",
    family: "syscall",
  },

  "kprobe.multi": { ...kprobeMulti, sections: ["kprobe.multi"], attachType: AttachType.TRACE_KPROBE_MULTI },
  "kretprobe.multi": { ...kprobeMulti, sections: ["kretprobe.multi"], attachType: AttachType.TRACE_KPROBE_MULTI },
  "kprobe.session": {
    ...kprobeMulti,
    sections: ["kprobe.session"],
    attachType: AttachType.TRACE_KPROBE_SESSION,
    since: "6.10",
  },
  ksyscall: { ...ksyscall, sections: ["ksyscall"] },
  kretsyscall: { ...ksyscall, sections: ["kretsyscall"] },
  "uprobe.multi": { ...uprobeMulti, sections: ["uprobe.multi"] },
  "uretprobe.multi": { ...uprobeMulti, sections: ["uretprobe.multi"] },
  "uprobe.session": {
    ...uprobeMulti,
    sections: ["uprobe.session"],
    attachType: AttachType.TRACE_UPROBE_SESSION,
    since: "6.13",
    sleeps: { since: "6.13" },
  },
  usdt: {
    ...uprobe,
    readBy: "libbpf",
    sections: ["usdt"],
    attach: "usdt",
    family: "usdt",
  },
  "fentry.multi": { ...tracingMulti, sections: ["fentry.multi"], attachType: 59, family: "fentry" },
  "fexit.multi": { ...tracingMulti, sections: ["fexit.multi"], attachType: 60, family: "fexit" },
  "fsession.multi": { ...tracingMulti, sections: ["fsession.multi"], attachType: 61, family: "fsession" },
  struct_ops: {
    ...plain,
    sections: ["struct_ops"],
    types: [ProgramType.STRUCT_OPS],
    attachType: 0,
    family: "struct_ops",
    // 1e12d3ef47d2
    sleeps: { since: "6.3" },
    attach: "struct_ops",
    gpl: "kernel/bpf/verifier.c: check_struct_ops_btf_id()",
  },
  freplace: {
    ...plain,
    sections: ["freplace"],
    types: [ProgramType.EXT],
    attachType: 0,
    family: "freplace",
    attach: "freplace",
  },
  "raw_tp.w": {
    ...plain,
    sections: ["raw_tp.w"],
    types: [ProgramType.RAW_TRACEPOINT_WRITABLE],
    attachType: 0,
    attach: "raw_tracepoint",
    family: "raw_tp.w",
  },
  "raw_tracepoint.w": {
    ...plain,
    sections: ["raw_tracepoint.w"],
    types: [ProgramType.RAW_TRACEPOINT_WRITABLE],
    attachType: 0,
    attach: "raw_tracepoint",
    family: "raw_tp.w",
  },
  perf_event: {
    ...plain,
    sections: ["perf_event"],
    types: [ProgramType.PERF_EVENT],
    attachType: 0,
    family: "perf_event",
    attach: "perf_event",
  },
  socket: {
    ...plain,
    sections: ["socket"],
    types: [ProgramType.SOCKET_FILTER],
    attachType: 0,
    family: "socket",
    attach: "socket",
  },
  tc: { ...plain, sections: ["tc"], types: [ProgramType.SCHED_CLS], family: "tc", attach: "tc" },
  classifier: {
    ...plain,
    sections: ["classifier"],
    types: [ProgramType.SCHED_CLS],
    attachType: 0,
    family: "tc",
    attach: "tc",
  },
  action: {
    ...plain,
    sections: ["action"],
    types: [ProgramType.SCHED_ACT],
    attachType: 0,
    family: "action",
    attach: "action",
  },
  tcx: {
    ...plain,
    sections: ["tcx"],
    types: [ProgramType.SCHED_CLS],
    since: "6.6",
    refusedAt: "attach",
    family: "tcx",
    attach: "tcx",
  },
  netkit: {
    ...plain,
    sections: ["netkit"],
    types: [ProgramType.SCHED_CLS],
    family: "netkit",
    attach: "netkit",
    since: "6.7",
    refusedAt: "attach",
  },
  netfilter: {
    ...plain,
    sections: ["netfilter"],
    types: [ProgramType.NETFILTER],
    attachType: AttachType.NETFILTER,
    since: "6.4",
    family: "netfilter",
    attach: "netfilter",
  },
  cgroup: {
    ...plain,
    sections: ["cgroup"],
    family: "cgroup",
    attach: "cgroup",
    types: [
      ...[ProgramType.CGROUP_SKB, ProgramType.CGROUP_SOCK, ProgramType.CGROUP_SOCK_ADDR, ProgramType.CGROUP_DEVICE],
      ...[ProgramType.CGROUP_SYSCTL, ProgramType.CGROUP_SOCKOPT],
    ],
    forms: {
      "cgroup/connect_unix": { since: "6.7" },
      "cgroup/sendmsg_unix": { since: "6.7" },
      "cgroup/recvmsg_unix": { since: "6.7" },
      "cgroup/getpeername_unix": { since: "6.7" },
      "cgroup/getsockname_unix": { since: "6.7" },
    },
  },
  cgroup_skb: {
    ...plain,
    sections: ["cgroup_skb"],
    types: [ProgramType.CGROUP_SKB],
    family: "cgroup_skb",
    attach: "cgroup",
  },
  sockops: {
    ...plain,
    sections: ["sockops"],
    types: [ProgramType.SOCK_OPS],
    attachType: AttachType.CGROUP_SOCK_OPS,
    family: "sockops",
    attach: "cgroup",
  },
  sk_skb: { ...plain, sections: ["sk_skb"], types: [ProgramType.SK_SKB], family: "sk_skb", attach: "sockmap" },
  sk_msg: {
    ...plain,
    sections: ["sk_msg"],
    types: [ProgramType.SK_MSG],
    attachType: AttachType.SK_MSG_VERDICT,
    family: "sk_msg",
    attach: "sockmap",
  },
  sk_reuseport: {
    ...plain,
    sections: ["sk_reuseport"],
    types: [ProgramType.SK_REUSEPORT],
    family: "sk_reuseport",
    attach: "reuseport",
    forms: { "sk_reuseport/migrate": { since: "5.14" } },
    refusedAt: "attach",
  },
  sk_lookup: {
    ...plain,
    sections: ["sk_lookup"],
    types: [ProgramType.SK_LOOKUP],
    attachType: AttachType.SK_LOOKUP,
    family: "sk_lookup",
    attach: "netns",
  },
  flow_dissector: {
    ...plain,
    sections: ["flow_dissector"],
    types: [ProgramType.FLOW_DISSECTOR],
    attachType: AttachType.FLOW_DISSECTOR,
    family: "flow_dissector",
    attach: "netns",
  },
  lirc_mode2: {
    ...plain,
    sections: ["lirc_mode2"],
    types: [ProgramType.LIRC_MODE2],
    attachType: AttachType.LIRC_MODE2,
    family: "lirc_mode2",
    attach: "lirc",
  },
  lwt_in: {
    ...plain,
    sections: ["lwt_in"],
    types: [ProgramType.LWT_IN],
    attachType: 0,
    family: "lwt_in",
    attach: "route",
  },
  lwt_out: {
    ...plain,
    sections: ["lwt_out"],
    types: [ProgramType.LWT_OUT],
    attachType: 0,
    family: "lwt_out",
    attach: "route",
  },
  lwt_xmit: {
    ...plain,
    sections: ["lwt_xmit"],
    types: [ProgramType.LWT_XMIT],
    attachType: 0,
    family: "lwt_xmit",
    attach: "route",
  },
  lwt_seg6local: {
    ...plain,
    sections: ["lwt_seg6local"],
    types: [ProgramType.LWT_SEG6LOCAL],
    attachType: 0,
    family: "lwt_seg6local",
    attach: "route",
  },
} as const satisfies Record<string, KindRow>;

/** A kind that has a row. */
export type ProgramKindName = keyof typeof KINDS;
/** A kind whose row decides the types of its sections. */
export type KnownKind = {
  [Name in ProgramKindName]: (typeof KINDS)[Name]["readBy"] extends "row" ? Name : never;
}[ProgramKindName];
/** Other kinds of libbpf's sections, attached as the section says. libbpf: section_defs. */
export type OtherKind = Exclude<ProgramKindName, KnownKind>;
/** A kind whose targets can be probed by loading. */
export type ProbedKind = {
  [Name in ProgramKindName]: (typeof KINDS)[Name]["probed"] extends true ? Name : never;
}[ProgramKindName];
/**
 * A program's kind: a {@link KnownKind}, an {@link OtherKind}, else the first part of its section, or "unspec" if
 * unknown.
 */
export type ProgramKind = KnownKind | (string & {});

const rows = Object.entries(KINDS) as [ProgramKindName, KindRow][];

/** The row of a kind; undefined if the kind is unknown. */
export function kindRow(kind: string): KindRow | undefined {
  return Object.hasOwn(KINDS, kind) ? KINDS[kind as ProgramKindName] : undefined;
}

/** How a kind is attached. An unknown kind is left to libbpf. */
export function mechanismOf(kind: string): AttachMechanism {
  return kindRow(kind)?.attach ?? "other";
}

/** The row of {@link mechanismOf}. */
export function attachOf(kind: string): AttachRow {
  return ATTACH[mechanismOf(kind)];
}

/** Whether a section of the kind can say where to attach the program; a kind that is not known, libbpf decides. */
export function attachesItself(kind: string): boolean {
  return attachOf(kind).bySection === true;
}

/** Whether programs of a kind run through a BPF trampoline. */
export function usesTrampoline(kind: string): boolean {
  return attachOf(kind).trampoline === true;
}

/** The kinds of programs that run through a BPF trampoline, for a sentence. */
export function trampolineKinds(): string {
  return familiesWhere(({ attach }) => (ATTACH[attach] as AttachRow).trampoline === true);
}

/** The kinds of programs that need the kernel's BTF, for a sentence. */
export function btfKinds(): string {
  return familiesWhere(({ target, attach }) => target.btf !== undefined || attach === "struct_ops");
}

/** The names of the kinds whose rows satisfy a predicate. */
export function kindsWhere(isSuch: (row: KindRow) => boolean): ProgramKindName[] {
  return rows.filter(([, row]) => isSuch(row)).map(([name]) => name);
}

/** The kinds whose rows satisfy a predicate, for a sentence. Variants of one kind are named once. */
export function familiesWhere(isSuch: (row: KindRow) => boolean, suffix = ""): string {
  const families = kindsWhere(isSuch).map((name) => `${KINDS[name].family}${suffix}`);
  return listed([...new Set(families)]);
}

const forms = rows.flatMap(([, row]) => Object.entries(row.forms));

/** The special form of a section; undefined if it does not differ from its kind. */
export function formOf(section: string): KindRow["forms"][string] | undefined {
  const name = section.replace(/\.s(?=\/|$)/, "");
  return forms.find(([form]) => name === form || name.startsWith(`${form}/`))?.[1];
}
