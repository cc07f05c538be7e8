/**
 * Every question about sleepable programs that the running kernel can answer, each in two forms: the facts of a program
 * for the precheck, and a query for the kernel.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Btf } from "../../lib/btf/btf";
import { BtfKind } from "../../lib/btf/btf-kinds";
import { vmlinuxBtf } from "../../lib/btf/kernel-btf";
import { AttachType, Flag, ProgramType } from "../../lib/constants";
import { given } from "../../lib/kernel/fact";
import type { KernelFacts } from "../../lib/kernel/kernel-facts";
import { smallestMap } from "../../lib/kernel/map-probe";
import { KINDS, type KindRow, kindRow, kindsWhere } from "../../lib/kinds";
import { parseSection } from "../../lib/section-names";
import type { MapFacts, ProgramFacts } from "../../lib/verdict";
import type { Query } from "./ask";

export interface Case {
  category: string;
  name: string;
  program: ProgramFacts;
  query: Query;
}

/** A program's section, its type if the section does not determine it, and other special properties. */
interface Subject {
  section: string;
  type?: number;
  attachType?: number;
  sleepable?: boolean;
  map?: MapFacts;
}

/** How to query the kernel. */
type Asked = Partial<Pick<Query, "btfId" | "how" | "argument">>;

const NO_PREALLOC = 1;
const MMAPABLE = 1 << 10;
/** A kernel function that only BPF test runs call. */
const QUIET = "bpf_fentry_test1";
/** Functions that some rule mentions, besides system calls and those that allow error injection. */
const TOLD_APART =
  /^(bpf_fentry_test\d*|bpf_modify_return_test\w*|update_socket_protocol|security_(file_open|bprm_check)|should_fail\w*|migrate_(en|dis)able|__rcu_read_(un)?lock|rcu_read_unlock_strict|preempt_count_\w+|do_exit|do_group_exit|make_task_dead|panic|kthread_exit|__add_to_page_cache_locked|__filemap_add_folio)$/;
const SYSTEM_CALL = /^__(x64|ia32|arm64|do|se)_(compat_)?sys_/;
/** The number of functions and events that no rule mentions and that are tested. */
const SAMPLE = 150;

/** Types with cases of their own. */
type Special =
  | ("UNSPEC" | "KPROBE" | "TRACEPOINT" | "RAW_TRACEPOINT" | "TRACING" | "LSM")
  | ("STRUCT_OPS" | "SYSCALL" | "EXT");

type Plain = readonly [section: string, attachType?: number];

/** The other types: a section, and the attach type without which the kernel refuses to load any, where the kind does not tell. */
const PLAIN: Readonly<Record<string, Plain>> = {
  socket_filter: ["socket"],
  sched_cls: ["tc"],
  sched_act: ["action"],
  xdp: ["xdp"],
  perf_event: ["perf_event"],
  cgroup_skb: ["cgroup_skb/ingress"],
  cgroup_sock: ["cgroup/sock_create", AttachType.CGROUP_INET_SOCK_CREATE],
  lwt_in: ["lwt_in"],
  lwt_out: ["lwt_out"],
  lwt_xmit: ["lwt_xmit"],
  lwt_seg6local: ["lwt_seg6local"],
  sock_ops: ["sockops"],
  sk_skb: ["sk_skb"],
  cgroup_device: ["cgroup/dev", AttachType.CGROUP_DEVICE],
  sk_msg: ["sk_msg"],
  cgroup_sock_addr: ["cgroup/bind4", AttachType.CGROUP_INET4_BIND],
  lirc_mode2: ["lirc_mode2"],
  sk_reuseport: ["sk_reuseport", AttachType.SK_REUSEPORT_SELECT],
  flow_dissector: ["flow_dissector"],
  cgroup_sysctl: ["cgroup/sysctl", AttachType.CGROUP_SYSCTL],
  cgroup_sockopt: ["cgroup/getsockopt", AttachType.CGROUP_GETSOCKOPT],
  raw_tracepoint_writable: ["raw_tp.w/sys_enter"],
  sk_lookup: ["sk_lookup"],
  netfilter: ["netfilter"],
} satisfies Record<Lowercase<Exclude<keyof typeof ProgramType, Special>>, Plain>;

/**
 * All cases for the running kernel. On kernels without BPF trampolines, programs that need them are attached too: not
 * all such kernels refuse the load. Maps are then tested in a uprobe program and not in an LSM program.
 */
export function allCases(kernel: KernelFacts, trampolines: boolean): Case[] {
  const btf = vmlinuxBtf();
  const ids = idsOf(btf);
  const how = trampolines ? "load" : "tp_btf";
  return [
    ...lsm(kernel, btf, ids, how),
    ...iterators(kernel, ids),
    ...tracepoints(kernel, ids),
    ...functions(kernel, btf, ids, how),
    ...structOps(kernel, btf, ids),
    ...programTypes(kernel, btf),
    ...mapTypes(kernel, btf, trampolines ? lsmUser(ids) : UPROBE_USER),
  ];
}

type Ids = (kind: number, name: string) => number;

/** The first type of each kind and name, which libbpf finds: some kernels have a function twice. */
function idsOf(btf: Btf): Ids {
  const ids = new Map<string, number>();
  const every = { [BtfKind.FUNC]: "", [BtfKind.TYPEDEF]: "btf_trace_", [BtfKind.STRUCT]: "" };
  btf.scan(every, (kind, name, id) => {
    const key = `${kind} ${name}`;
    if (!ids.has(key)) ids.set(key, id);
  });
  return (kind, name) => {
    const id = ids.get(`${kind} ${name}`);
    if (id === undefined) throw new Error(`no ${name} in the kernel's BTF`);
    return id;
  };
}

function caseOf(category: string, name: string, subject: Subject, asked: Asked = {}): Case {
  const { section, sleepable = true, map } = subject;
  const facts = parseSection(section, subject.type ?? ProgramType.UNSPEC);
  const type = subject.type ?? facts.type ?? ProgramType.UNSPEC;
  const attachType = subject.attachType ?? facts.attachType ?? 0;
  const program: ProgramFacts = {
    name: "program",
    section,
    kind: facts.kind,
    type,
    attachType,
    sleepable,
    ...(facts.target !== undefined && { target: facts.target }),
    license: "GPL",
    maps: map === undefined ? [] : [map],
    helpers: [],
    kfuncs: [],
  };
  const flags = sleepable ? Flag.SLEEPABLE : 0;
  return { category, name, program, query: { type, attachType, flags, btfId: 0, how: "load", ...asked } };
}

/** The enumerators of an enum, without their prefix and in lower case, as in the kernel's facts. */
function enumOf(btf: Btf, name: string, prefix: string): Map<string, number> {
  const id = btf.find(BtfKind.ENUM, name) ?? 0;
  const own = btf.members(id).filter((member) => member.name.startsWith(prefix));
  return new Map(own.map((member) => [member.name.slice(prefix.length).toLowerCase(), member.type]));
}

const attachTypes = (btf: Btf) => enumOf(btf, "bpf_attach_type", "BPF_");

/** The sections of kinds that this kernel has; sleepable ones where there are such. */
function sectionsOf(btf: Btf, isWanted: (row: KindRow) => boolean): string[] {
  const there = new Set<number | undefined>(attachTypes(btf).values());
  const kinds = kindsWhere((row) => isWanted(row) && there.has(row.attachType));
  return kinds.map((kind) => (KINDS[kind].sleeps === "never" ? kind : `${kind}.s`));
}

/** This many of the names, evenly spread. */
function sample(names: readonly string[]): string[] {
  const step = Math.max(1, Math.floor(names.length / SAMPLE));
  return names.filter((_, index) => index % step === 0);
}

function lsm(kernel: KernelFacts, btf: Btf, ids: Ids, how: Query["how"]): Case[] {
  return sectionsOf(btf, ({ target }) => target.btf?.prefix === "bpf_lsm_").flatMap((kind) =>
    (given(kernel.lsmHooks) ?? []).map((hook) =>
      caseOf(kind, hook, { section: `${kind}/${hook}` }, { btfId: ids(BtfKind.FUNC, `bpf_lsm_${hook}`), how }),
    ),
  );
}

function iterators(kernel: KernelFacts, ids: Ids): Case[] {
  return (given(kernel.iterators) ?? []).map((target) => {
    const btfId = ids(BtfKind.FUNC, `bpf_iter_${target}`);
    return caseOf("iter.s", target, { section: `iter.s/${target}` }, { btfId, how: "iter", argument: target });
  });
}

function tracepoints(kernel: KernelFacts, ids: Ids): Case[] {
  const names = given(kernel.tracepoints) ?? [];
  const raw = new Set([...sample(names), "sys_enter", "sys_exit"]);
  const events = sample(classicEvents(kernel));
  return [
    ...names.map((name) => {
      const btfId = ids(BtfKind.TYPEDEF, `btf_trace_${name}`);
      return caseOf("tp_btf.s", name, { section: `tp_btf.s/${name}` }, { btfId, how: "tp_btf" });
    }),
    ...[...raw].map((argument) =>
      caseOf("raw_tp.s", argument, { section: `raw_tp.s/${argument}` }, { how: "raw_tp", argument }),
    ),
    ...events.map((event) => {
      const argument = readFileSync(join(given(kernel.tracefs) ?? "", "events", event, "id"), "utf8").trim();
      return caseOf("tp.s", event, { section: `tp.s/${event}` }, { how: "tracepoint", argument });
    }),
  ];
}

/** "category/event". */
function classicEvents(kernel: KernelFacts): string[] {
  const events = join(given(kernel.tracefs) ?? "", "events");
  if (!existsSync(events)) return [];
  const paths = readdirSync(events, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((category) => readdirSync(join(events, category.name)).map((event) => `${category.name}/${event}`));
  return paths.filter((path) => existsSync(join(events, path, "id"))).sort();
}

function functions(kernel: KernelFacts, btf: Btf, ids: Ids, how: Query["how"]): Case[] {
  const all = given(kernel.functions) ?? [];
  const injectable = new Set(given(kernel.errorInjection));
  const special = (name: string) => SYSTEM_CALL.test(name) || TOLD_APART.test(name) || injectable.has(name);
  const names = new Set([...all.filter(special), ...sample(all)]);
  const sections = sectionsOf(btf, ({ attach }) => attach === "trampoline");
  const asked = (name: string) => ({ btfId: ids(BtfKind.FUNC, name), how });
  return [
    ...sections.flatMap((section) =>
      [...names].map((name) => caseOf(section, name, { section: `${section}/${name}` }, asked(name))),
    ),
    // Whether the function may be modified is another question.
    ...[...names].map((name) =>
      caseOf("fmod_ret", name, { section: `fmod_ret/${name}`, sleepable: false }, asked(name)),
    ),
  ];
}

function structOps(kernel: KernelFacts, btf: Btf, ids: Ids): Case[] {
  return Object.entries(given(kernel.structOps) ?? {}).flatMap(([struct, members]) => {
    const btfId = ids(BtfKind.STRUCT, struct);
    const all = btf.members(btfId).map((member) => member.name);
    return members.map((member) => {
      const name = `${struct}.${member}`;
      const attachType = all.indexOf(member);
      const made = caseOf(
        "struct_ops.s",
        name,
        {
          section: "struct_ops.s",
          type: ProgramType.STRUCT_OPS,
          attachType,
        },
        { btfId },
      );
      return { ...made, program: { ...made.program, target: name } };
    });
  });
}

function programTypes(kernel: KernelFacts, btf: Btf): Case[] {
  const types = enumOf(btf, "bpf_prog_type", "BPF_PROG_TYPE_");
  const attaches = attachTypes(btf);
  const plain = (given(kernel.programTypes) ?? []).flatMap((name) => {
    const [section, given] = PLAIN[name] ?? [];
    const type = types.get(name);
    if (section === undefined || type === undefined) return [];
    const attachType = given ?? kindRow(section)?.attachType ?? 0;
    return [caseOf("type", name, { section, attachType, type })];
  });
  const type = ProgramType.KPROBE;
  const multi = (kind: "kprobe" | "uprobe") => `${kind}.multi` as const;
  const multis = (["kprobe", "uprobe"] as const).filter((kind) => attaches.has(`trace_${kind}_multi`));
  return [
    ...plain,
    caseOf("type", "kprobe", { section: `kprobe/${QUIET}` }, { how: "kprobe", argument: QUIET }),
    caseOf("type", "uprobe", { section: "uprobe.s//proc/self/exe:probed" }, { how: "uprobe" }),
    ...multis.map((kind) => {
      const attachType = attaches.get(`trace_${kind}_multi`) ?? 0;
      const target = kind === "kprobe" ? QUIET : "/proc/self/exe:probed";
      const section = kind === "kprobe" ? `kprobe.multi/${target}` : `uprobe.multi.s/${target}`;
      return caseOf("type", multi(kind), { section, type, attachType }, { how: multi(kind), argument: QUIET });
    }),
    ...(types.has("syscall")
      ? [
          caseOf("type", "syscall", { section: "syscall" }),
          caseOf("type", "syscall without the flag", { section: "syscall", sleepable: false }),
        ]
      : []),
  ];
}

/** A sleepable program that is allowed, for tests of maps. */
interface MapUser {
  section: string;
  btfId: number;
}

const UPROBE_USER: MapUser = { section: "uprobe.s//proc/self/exe:probed", btfId: 0 };

function lsmUser(ids: Ids): MapUser {
  const hook = "bprm_committed_creds";
  return { section: `lsm.s/${hook}`, btfId: ids(BtfKind.FUNC, `bpf_lsm_${hook}`) };
}

function sizesOf(type: string): number[] {
  const { keySize, valueSize, maxEntries, byteTypes } = smallestMap(type);
  return [keySize, valueSize, maxEntries, Number(byteTypes)];
}

function mapTypes(kernel: KernelFacts, btf: Btf, { section, btfId }: MapUser): Case[] {
  const types = enumOf(btf, "bpf_map_type", "BPF_MAP_TYPE_");
  const names = (given(kernel.mapTypes) ?? []).filter((name) => name !== "unspec");
  return names.flatMap((type) =>
    (type === "arena" ? [MMAPABLE] : [0, NO_PREALLOC]).map((flags) => {
      const map: MapFacts = { name: "map", type, flags, fields: [] };
      const name = flags === NO_PREALLOC ? `${type} with BPF_F_NO_PREALLOC` : type;
      return caseOf(
        "map",
        name,
        { section, map },
        { btfId, how: "map", argument: [types.get(type), flags, ...sizesOf(type)].join(":") },
      );
    }),
  );
}
