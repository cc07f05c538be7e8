/**
 * Kinds of programs, as section names tell them (libbpf, docs/program_types.rst), and what each is for the kernel.
 *
 * libbpf knows the sections too; this table adds what its interface hides (the flag that a section implies) and the
 * sleepable sections that the linked libbpf may be too old for.
 */
import { AttachType, Flag, ProgramType } from "./constants";

/** How a kind's attach target is given: as a BTF function or type, as plain text, or not at all. */
export type TargetForm = "btf" | "text" | "none";

interface KindFacts {
  type: number;
  /** Absent if libbpf derives it from the target: "xdp/devmap" is not plain xdp. */
  attachType?: number;
  target: TargetForm;
  /** Section prefixes; the first is the preferred one. */
  sections: readonly string[];
  /** Whether a section with ".s" exists. */
  sleepable?: true;
}

const tracing = ProgramType.TRACING;
const kprobe = ProgramType.KPROBE;

/** The kinds that this library attaches itself; the others are left to bpf_program__attach(). */
const kinds = {
  lsm: { type: ProgramType.LSM, attachType: AttachType.LSM_MAC, target: "btf", sections: ["lsm"], sleepable: true },
  lsm_cgroup: { type: ProgramType.LSM, attachType: AttachType.LSM_CGROUP, target: "btf", sections: ["lsm_cgroup"] },
  fentry: { type: tracing, attachType: AttachType.TRACE_FENTRY, target: "btf", sections: ["fentry"], sleepable: true },
  fexit: { type: tracing, attachType: AttachType.TRACE_FEXIT, target: "btf", sections: ["fexit"], sleepable: true },
  fmod_ret: {
    type: tracing,
    attachType: AttachType.MODIFY_RETURN,
    target: "btf",
    sections: ["fmod_ret"],
    sleepable: true,
  },
  fsession: {
    type: tracing,
    attachType: AttachType.TRACE_FSESSION,
    target: "btf",
    sections: ["fsession"],
    sleepable: true,
  },
  tp_btf: { type: tracing, attachType: AttachType.TRACE_RAW_TP, target: "btf", sections: ["tp_btf"], sleepable: true },
  iter: { type: tracing, attachType: AttachType.TRACE_ITER, target: "btf", sections: ["iter"], sleepable: true },
  raw_tp: {
    type: ProgramType.RAW_TRACEPOINT,
    attachType: 0,
    target: "text",
    sections: ["raw_tp", "raw_tracepoint"],
    sleepable: true,
  },
  tracepoint: {
    type: ProgramType.TRACEPOINT,
    attachType: 0,
    target: "text",
    sections: ["tp", "tracepoint"],
    sleepable: true,
  },
  kprobe: { type: kprobe, attachType: 0, target: "text", sections: ["kprobe"] },
  kretprobe: { type: kprobe, attachType: 0, target: "text", sections: ["kretprobe"] },
  uprobe: { type: kprobe, attachType: 0, target: "text", sections: ["uprobe"], sleepable: true },
  uretprobe: { type: kprobe, attachType: 0, target: "text", sections: ["uretprobe"], sleepable: true },
  xdp: { type: ProgramType.XDP, target: "none", sections: ["xdp", "xdp.frags"] },
  syscall: { type: ProgramType.SYSCALL, attachType: 0, target: "none", sections: ["syscall"] },
} as const satisfies Record<string, KindFacts>;

/** A kind that this library attaches itself. */
export type KnownKind = keyof typeof kinds;
/** Other kinds of libbpf's sections, attached as the section says. libbpf: section_defs. */
export type OtherKind =
  | "action"
  | "cgroup"
  | "cgroup_skb"
  | "classifier"
  | "flow_dissector"
  | "freplace"
  | "kprobe.multi"
  | "kprobe.session"
  | "kretprobe.multi"
  | "kretsyscall"
  | "ksyscall"
  | "lirc_mode2"
  | "lwt_in"
  | "lwt_out"
  | "lwt_seg6local"
  | "lwt_xmit"
  | "netfilter"
  | "netkit"
  | "perf_event"
  | "raw_tp.w"
  | "raw_tracepoint.w"
  | "sk_lookup"
  | "sk_msg"
  | "sk_reuseport"
  | "sk_skb"
  | "socket"
  | "sockops"
  | "struct_ops"
  | "tc"
  | "tcx"
  | "uprobe.multi"
  | "uprobe.session"
  | "uretprobe.multi"
  | "usdt";
/**
 * A program's kind: a {@link KnownKind}, an {@link OtherKind}, else the first part of its section ("tc",
 * "uprobe.multi"), or "unspec" if unknown.
 */
export type ProgramKind = KnownKind | (string & {});

/** What a section name implies for a program. */
export interface SectionFacts {
  kind: ProgramKind;
  /** Absent for sections of other kinds. */
  type?: number;
  attachType?: number | undefined;
  targetForm: TargetForm;
  /** The text after the first slash. */
  target: string | undefined;
  /** prog_flags that libbpf sets for this section at load. */
  flags: number;
}

const typeNames: ReadonlyMap<number, string> = new Map(
  Object.entries(ProgramType).map(([name, value]) => [value, name.toLowerCase()]),
);

const byPrefix: ReadonlyMap<string, readonly [KnownKind, KindFacts]> = new Map(
  (Object.entries(kinds) as [KnownKind, KindFacts][]).flatMap((entry) =>
    entry[1].sections.map((prefix) => [prefix, entry] as const),
  ),
);

/**
 * The kind that a type and an expected attach type imply, whatever the section name. If several kinds have both in
 * common, the first: never a uprobe.
 */
export function kindOf(type: number, attachType: number): Pick<SectionFacts, "kind" | "targetForm"> {
  const found = Object.entries<KindFacts>(kinds).find(
    ([, facts]) => facts.type === type && (facts.attachType ?? attachType) === attachType,
  );
  if (found !== undefined) return { kind: found[0], targetForm: found[1].target };
  return { kind: typeNames.get(type) ?? `type ${type}`, targetForm: "text" };
}

/** Parses a section name. `type` is the program type that libbpf derived from it; 0 if it knows none. */
export function parseSection(section: string, type: number): SectionFacts {
  const slash = section.indexOf("/");
  const full = slash < 0 ? section : section.slice(0, slash);
  const target = slash < 0 ? undefined : section.slice(slash + 1);
  const dotS = full.endsWith(".s");
  const prefix = dotS ? full.slice(0, -2) : full;
  const [kind, facts] = byPrefix.get(prefix) ?? [];
  const frags = prefix === "xdp.frags" ? Flag.XDP_HAS_FRAGS : 0;
  if (kind !== undefined && facts !== undefined && (!dotS || facts.sleepable)) {
    const sleepable = dotS || kind === "syscall";
    const { type, attachType, target: targetForm } = facts;
    return { kind, type, attachType, targetForm, target, flags: (sleepable ? Flag.SLEEPABLE : 0) | frags };
  }
  // libbpf knows more ".s" sections (uprobe.multi.s, usdt.s, struct_ops.s …); all that it knows set the flag.
  const known = type !== ProgramType.UNSPEC;
  return {
    kind: known ? prefix : "unspec",
    targetForm: "text",
    target: known ? target : undefined,
    flags: known && dotS ? Flag.SLEEPABLE : 0,
  };
}
