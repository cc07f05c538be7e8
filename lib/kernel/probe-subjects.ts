/**
 * Minimal programs of every type, by which a kernel can be asked what it offers: which types and attach types it has,
 * and which helpers and kfuncs it gives them.
 */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/btf-kinds";
import { AttachType, Flag, ProgramType } from "../constants";
import { KINDS, type ProgramKindName } from "../kinds";
import { btfFacts } from "./btf-facts";
import { given } from "./fact";

/** A program that the kernel is asked to load. */
export interface Subject {
  readonly type: number;
  readonly attachType: number;
  readonly btfId: number;
  readonly flags: number;
}

/** The kinds whose targets BTF names. */
type Targeted = {
  [Kind in ProgramKindName]: (typeof KINDS)[Kind]["target"]["form"] extends "btf" ? Kind : never;
}[ProgramKindName];

/** Targets; several if the calls that a program may make depend on the target. */
const TARGETS: Readonly<Record<Targeted, readonly string[]>> = {
  lsm: ["bprm_committed_creds", "file_open"],
  lsm_cgroup: ["socket_post_create", "file_open", "inet_csk_clone"],
  fentry: ["vfs_read"],
  fexit: ["vfs_read"],
  fsession: ["vfs_read"],
  fmod_ret: ["security_file_open"],
  iter: ["task", "tcp"],
  tp_btf: ["sched_switch"],
};
/** Attach types that a kernel requires with a program type. */
const ATTACHES: Readonly<Record<number, readonly number[]>> = {
  [ProgramType.KPROBE]: [0, AttachType.TRACE_KPROBE_MULTI, AttachType.TRACE_UPROBE_MULTI],
  [ProgramType.CGROUP_SKB]: [AttachType.CGROUP_INET_INGRESS, AttachType.CGROUP_INET_EGRESS],
  [ProgramType.CGROUP_SOCK]: [
    AttachType.CGROUP_INET_SOCK_CREATE,
    AttachType.CGROUP_INET_SOCK_RELEASE,
    AttachType.CGROUP_INET4_POST_BIND,
    AttachType.CGROUP_INET6_POST_BIND,
  ],
  [ProgramType.CGROUP_SOCK_ADDR]: [
    ...[AttachType.CGROUP_INET4_BIND, AttachType.CGROUP_INET6_BIND],
    ...[AttachType.CGROUP_INET4_CONNECT, AttachType.CGROUP_INET6_CONNECT, AttachType.CGROUP_UNIX_CONNECT],
    ...[AttachType.CGROUP_UDP4_SENDMSG, AttachType.CGROUP_UDP6_SENDMSG, AttachType.CGROUP_UNIX_SENDMSG],
    ...[AttachType.CGROUP_UDP4_RECVMSG, AttachType.CGROUP_UDP6_RECVMSG, AttachType.CGROUP_UNIX_RECVMSG],
    ...[AttachType.CGROUP_INET4_GETPEERNAME, AttachType.CGROUP_INET6_GETPEERNAME],
    ...[AttachType.CGROUP_INET4_GETSOCKNAME, AttachType.CGROUP_INET6_GETSOCKNAME],
  ],
  [ProgramType.CGROUP_SOCKOPT]: [AttachType.CGROUP_GETSOCKOPT, AttachType.CGROUP_SETSOCKOPT],
  [ProgramType.SOCK_OPS]: [AttachType.CGROUP_SOCK_OPS],
  [ProgramType.CGROUP_DEVICE]: [AttachType.CGROUP_DEVICE],
  [ProgramType.CGROUP_SYSCTL]: [AttachType.CGROUP_SYSCTL],
  [ProgramType.FLOW_DISSECTOR]: [AttachType.FLOW_DISSECTOR],
  [ProgramType.SK_LOOKUP]: [AttachType.SK_LOOKUP],
  [ProgramType.SK_REUSEPORT]: [AttachType.SK_REUSEPORT_SELECT, AttachType.SK_REUSEPORT_SELECT_OR_MIGRATE],
  [ProgramType.SK_MSG]: [AttachType.SK_MSG_VERDICT],
  [ProgramType.LIRC_MODE2]: [AttachType.LIRC_MODE2],
  [ProgramType.NETFILTER]: [AttachType.NETFILTER],
};
/** Kernels accept these only as sleepable, or offer more to sleepable ones. */
const SLEEPABLE_TOO: ReadonlySet<number> = new Set([
  ProgramType.KPROBE,
  ProgramType.LSM,
  ProgramType.TRACING,
  ProgramType.SYSCALL,
]);

/** Subjects by "PROG_TYPE/ATTACH_TYPE", or "PROG_TYPE/STRUCT" for struct_ops. Without BTF, those that need none. */
export function subjectsByKind(btf: Btf | undefined): Map<string, Subject[]> {
  const found = new Map<string, Subject[]>();
  const add = (key: string, subject: Subject) => found.set(key, [...(found.get(key) ?? []), subject]);
  const id = (kind: number, name: string) => btf?.find(kind, name);
  for (const type of Object.values(ProgramType)) {
    if (type === ProgramType.UNSPEC || type === ProgramType.EXT) continue;
    const flags = SLEEPABLE_TOO.has(type) ? [0, Flag.SLEEPABLE] : [0];
    if (type === ProgramType.LSM || type === ProgramType.TRACING) continue;
    if (type === ProgramType.STRUCT_OPS) continue;
    for (const attachType of ATTACHES[type] ?? [0])
      for (const flag of flags) add(`${type}/${attachType}`, { type, attachType, btfId: 0, flags: flag });
  }
  for (const [kind, names] of Object.entries(TARGETS) as [Targeted, readonly string[]][]) {
    const { types, attachType, target } = KINDS[kind];
    for (const name of names) {
      const btfId = id(BtfKind[target.btf.kind], target.btf.prefix + name);
      if (btfId === undefined) continue;
      for (const flags of [0, Flag.SLEEPABLE])
        add(`${types[0]}/${attachType}`, { type: types[0], attachType, btfId, flags });
    }
  }
  for (const [struct, members] of Object.entries(btf === undefined ? {} : (given(btfFacts().structOps()) ?? {}))) {
    const btfId = id(BtfKind.STRUCT, struct);
    if (btfId === undefined) continue;
    const all = (btf as Btf).members(btfId).map(({ name }) => name);
    for (const member of members.slice(0, 4))
      add(`${ProgramType.STRUCT_OPS}/${struct}`, {
        type: ProgramType.STRUCT_OPS,
        attachType: all.indexOf(member),
        btfId,
        flags: 0,
      });
  }
  return found;
}
