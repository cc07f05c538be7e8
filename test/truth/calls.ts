/**
 * Determines which helpers and kfuncs the running kernel offers to which programs: loads a call of each, and reads the
 * verifier's first complaint.
 */
import { readFileSync } from "node:fs";
import type { Btf } from "../../lib/btf/btf";
import { BtfKind } from "../../lib/btf/btf-kinds";
import { vmlinuxBtf } from "../../lib/btf/kernel-btf";
import { AttachType, Flag, ProgramType } from "../../lib/constants";
import { given } from "../../lib/kernel/fact";
import { kernelFacts } from "../../lib/kernel/running-kernel";
import { KINDS, type ProgramKindName } from "../../lib/kinds";
import { type Answer, ask, type Query } from "./ask";

/**
 * A kernel's answers. Keys of `helpers` and `kfuncs` are "PROG_TYPE/ATTACH_TYPE", or "PROG_TYPE/STRUCT" for struct_ops.
 */
export interface MeasuredCalls {
  version: string;
  /** The number of its helpers. */
  helperCount: number;
  helpers: Record<string, number[]>;
  /** The helpers that require a GPL-compatible licence. */
  gpl: number[];
  kfuncs: Record<string, string[]>;
  /** The kfuncs of KFUNCS, and those in the kernel's BTF. */
  present: string[];
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

/** Names of kfuncs, in any release. */
const MAYBE_KFUNC =
  /^(bpf_|scx_bpf_|hid_bpf_|cgroup_rstat_|css_rstat_|tcp_|cubictcp_|dctcp_|bbr_|crash_kexec|xdp_|__bpf_)/;
/** Enough kinds to recognize a kfunc by. */
const TELLING = [
  `${ProgramType.SYSCALL}/0`,
  `${ProgramType.TRACING}/${AttachType.TRACE_FENTRY}`,
  `${ProgramType.TRACING}/${AttachType.TRACE_ITER}`,
  `${ProgramType.LSM}/${AttachType.LSM_MAC}`,
  `${ProgramType.XDP}/0`,
  `${ProgramType.SCHED_CLS}/0`,
  `${ProgramType.STRUCT_OPS}/tcp_congestion_ops`,
  `${ProgramType.STRUCT_OPS}/sched_ext_ops`,
  `${ProgramType.STRUCT_OPS}/hid_bpf_ops`,
  `${ProgramType.STRUCT_OPS}/Qdisc_ops`,
  `${ProgramType.CGROUP_SOCK_ADDR}/${AttachType.CGROUP_INET4_CONNECT}`,
];

type Subject = Pick<Query, "type" | "attachType" | "btfId" | "flags">;

function subjects(btf: Btf): Map<string, Subject[]> {
  const found = new Map<string, Subject[]>();
  const add = (key: string, subject: Subject) => found.set(key, [...(found.get(key) ?? []), subject]);
  const id = (kind: number, name: string) => btf.find(kind, name);
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
  for (const [struct, members] of Object.entries(given(kernelFacts().structOps) ?? {})) {
    const btfId = id(BtfKind.STRUCT, struct);
    if (btfId === undefined) continue;
    const all = btf.members(btfId).map(({ name }) => name);
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

/** The verifier's judgement of the call: undefined if it did not reach the call. */
function gives({ errno, text }: Answer): boolean | undefined {
  if (errno === 0) return true;
  if (
    /(unknown func|invalid func|program of this type cannot use helper|calling kernel function \S+ is not allowed)/.test(
      text,
    )
  )
    return false;
  // Before 5.13 programs can't call kernel functions.
  if (text.includes("uses reserved fields")) return undefined;
  // The verifier passed the call, and complains about something else.
  return /\(85\) call/.test(text) || /might sleep|sleepable kfunc|sleepable helper/.test(text) ? true : undefined;
}

export function measureCalls(): MeasuredCalls {
  const btf = vmlinuxBtf();
  const all = subjects(btf);
  const enumerators = btf.members(btf.find(BtfKind.ENUM, "bpf_func_id") ?? 0);
  const helperCount = enumerators.filter(({ name }) => name.startsWith("BPF_FUNC_")).length;
  const numbers = Array.from({ length: helperCount - 1 }, (_, index) => index + 1);

  const helpers: Record<string, number[]> = {};
  const licensed = new Map<number, Subject>();
  for (const [key, group] of all) {
    const given = new Set<number>();
    let came = false;
    for (const subject of group) {
      const answers = ask(numbers.map((number) => ({ ...subject, how: "helper", argument: String(number) })));
      for (const [index, answer] of answers.entries()) {
        const number = numbers[index] as number;
        const gave = gives(answer);
        if (gave !== undefined) came = true;
        if (!gave) continue;
        given.add(number);
        if (!licensed.has(number)) licensed.set(number, subject);
      }
    }
    if (came) helpers[key] = [...given].sort((a, b) => a - b);
  }
  const questions = [...licensed].map(
    ([number, subject]): Query => ({ ...subject, how: "helper", argument: `${number}!` }),
  );
  const gpl = ask(questions).flatMap(({ text }, index) =>
    /cannot call \S+ from non-GPL|GPL-restricted/.test(text)
      ? [Number.parseInt(questions[index]?.argument ?? "", 10)]
      : [],
  );

  const functions = given(kernelFacts().functions) ?? [];
  const candidates = functions.filter((name) => MAYBE_KFUNC.test(name) && !name.startsWith("bpf_lsm_"));
  const ids = new Map<string, number>();
  btf.scan({ [BtfKind.FUNC]: "" }, (_, name, id) => {
    if (!ids.has(name)) ids.set(name, id);
  });
  const idOf = (name: string) => String(ids.get(name));
  const isPlain = ({ flags, type }: Subject) => (flags === 0) === (type !== ProgramType.SYSCALL);
  const askKfuncs = (key: string, names: readonly string[]): Set<string> | undefined => {
    const found = new Set<string>();
    let came = false;
    for (const subject of (all.get(key) ?? []).filter(isPlain)) {
      const answers = ask(names.map((name) => ({ ...subject, how: "kfunc", argument: idOf(name) })));
      for (const [index, answer] of answers.entries()) {
        const gave = gives(answer);
        if (gave !== undefined) came = true;
        if (gave) found.add(names[index] as string);
      }
    }
    return came ? found : undefined;
  };
  const known = new Set(TELLING.flatMap((key) => [...(askKfuncs(key, candidates) ?? [])]));
  const names = [...known].sort();
  const kfuncs: Record<string, string[]> = {};
  for (const key of all.keys()) {
    const found = names.length === 0 ? undefined : askKfuncs(key, names);
    if (found !== undefined) kfuncs[key] = [...found].sort();
  }
  const version = given(kernelFacts().version) ?? "";
  return { version, helperCount, helpers, gpl: gpl.sort((a, b) => a - b), kfuncs, present: functions };
}

if (require.main === module) {
  const { present, ...rest } = measureCalls();
  const own = new Set(Object.values(rest.kfuncs).flat());
  const wanted = process.argv[2] === undefined ? [] : (JSON.parse(readFileSync(process.argv[2], "utf8")) as string[]);
  for (const name of wanted) if (present.includes(name)) own.add(name);
  process.stdout.write(`${JSON.stringify({ ...rest, present: [...own].sort() })}\n`);
}
