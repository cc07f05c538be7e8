/** What the kernel requires of each program type: one row per member of enum bpf_prog_type. */
import { ProgramType } from "./constants";

/** What the kernel requires of all kinds of a program type. */
interface TypeRow {
  /**
   * is_tracing_prog_type() in kernel/bpf/verifier.c: such programs can run anywhere in the kernel, so some maps are
   * forbidden.
   */
  readonly runsAnywhere: boolean;
}

const PLAIN: TypeRow = { runsAnywhere: false };
const ANYWHERE: TypeRow = { runsAnywhere: true };

/** The number in enum bpf_prog_type. */
export const PROGRAM_TYPES = {
  UNSPEC: PLAIN,
  SOCKET_FILTER: PLAIN,
  KPROBE: ANYWHERE,
  SCHED_CLS: PLAIN,
  SCHED_ACT: PLAIN,
  TRACEPOINT: ANYWHERE,
  XDP: PLAIN,
  PERF_EVENT: ANYWHERE,
  CGROUP_SKB: PLAIN,
  CGROUP_SOCK: PLAIN,
  LWT_IN: PLAIN,
  LWT_OUT: PLAIN,
  LWT_XMIT: PLAIN,
  SOCK_OPS: PLAIN,
  SK_SKB: PLAIN,
  CGROUP_DEVICE: PLAIN,
  SK_MSG: PLAIN,
  RAW_TRACEPOINT: ANYWHERE,
  CGROUP_SOCK_ADDR: PLAIN,
  LWT_SEG6LOCAL: PLAIN,
  LIRC_MODE2: PLAIN,
  SK_REUSEPORT: PLAIN,
  FLOW_DISSECTOR: PLAIN,
  CGROUP_SYSCTL: PLAIN,
  RAW_TRACEPOINT_WRITABLE: ANYWHERE,
  CGROUP_SOCKOPT: PLAIN,
  TRACING: PLAIN,
  STRUCT_OPS: PLAIN,
  EXT: PLAIN,
  LSM: PLAIN,
  SK_LOOKUP: PLAIN,
  SYSCALL: PLAIN,
  NETFILTER: PLAIN,
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
