/** What the kernel requires of each program type: one row per member of enum bpf_prog_type. */
import { ProgramType } from "./constants";

/** What the kernel requires of all kinds of a program type. */
interface TypeRow {
  /** Required besides CAP_BPF: is_net_admin_prog_type(), is_perfmon_prog_type() in kernel/bpf/syscall.c. */
  readonly capabilities: readonly ("CAP_PERFMON" | "CAP_NET_ADMIN")[];
  /**
   * is_tracing_prog_type() in kernel/bpf/verifier.c: such programs can run anywhere in the kernel, so some maps are
   * forbidden.
   */
  readonly runsAnywhere: boolean;
}

const NO_MORE: TypeRow = { capabilities: [], runsAnywhere: false };
const NET: TypeRow = { capabilities: ["CAP_NET_ADMIN"], runsAnywhere: false };
const PERF: TypeRow = { capabilities: ["CAP_PERFMON"], runsAnywhere: false };
const ANYWHERE: TypeRow = { capabilities: ["CAP_PERFMON"], runsAnywhere: true };

/** The number in enum bpf_prog_type. */
export const PROGRAM_TYPES = {
  UNSPEC: NO_MORE,
  SOCKET_FILTER: NO_MORE,
  KPROBE: ANYWHERE,
  SCHED_CLS: NET,
  SCHED_ACT: NET,
  TRACEPOINT: ANYWHERE,
  XDP: NET,
  PERF_EVENT: ANYWHERE,
  CGROUP_SKB: NO_MORE,
  CGROUP_SOCK: NET,
  LWT_IN: NET,
  LWT_OUT: NET,
  LWT_XMIT: NET,
  SOCK_OPS: NET,
  SK_SKB: NET,
  CGROUP_DEVICE: NET,
  SK_MSG: NET,
  RAW_TRACEPOINT: ANYWHERE,
  CGROUP_SOCK_ADDR: NET,
  LWT_SEG6LOCAL: NET,
  LIRC_MODE2: NO_MORE,
  SK_REUSEPORT: NO_MORE,
  FLOW_DISSECTOR: NET,
  CGROUP_SYSCTL: NET,
  RAW_TRACEPOINT_WRITABLE: ANYWHERE,
  CGROUP_SOCKOPT: NET,
  TRACING: PERF,
  STRUCT_OPS: PERF,
  EXT: { capabilities: ["CAP_PERFMON", "CAP_NET_ADMIN"], runsAnywhere: false },
  LSM: PERF,
  SK_LOOKUP: NET,
  SYSCALL: NO_MORE,
  NETFILTER: NET,
} as const satisfies Record<keyof typeof ProgramType, TypeRow>;

type Name = keyof typeof ProgramType;

/** A program type's name: enum bpf_prog_type in lower case. */
export type ProgramTypeName = Exclude<Lowercase<Name>, "unspec">;

const names = new Map(Object.entries(ProgramType).map(([name, value]) => [value as number, name as Name]));

/** "sched_cls"; undefined for a type that is newer than this library. */
export function programTypeName(type: number): string | undefined {
  return names.get(type)?.toLowerCase();
}

/** Undefined for a type that is newer than this library. */
export function programTypeRow(type: number): TypeRow | undefined {
  const name = names.get(type);
  return name && PROGRAM_TYPES[name];
}

/** The number of a type's name. */
export function programTypeNumber(name: ProgramTypeName): number {
  return ProgramType[name.toUpperCase() as Name];
}

/** The names of all types. */
export const programTypeNames = Object.keys(PROGRAM_TYPES)
  .map((name) => name.toLowerCase() as Lowercase<Name>)
  .filter((name) => name !== "unspec");
