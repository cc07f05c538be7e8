/** The rows of the page: each is a sleepable program that is judged on every kernel. */
import { Flag, ProgramType } from "../../lib/constants";
import { given } from "../../lib/kernel/fact";
import type { KernelFacts } from "../../lib/kernel/kernel-facts";
import { kindRow } from "../../lib/kinds";
import { mapTypes } from "../../lib/map-types";
import { parseSection } from "../../lib/section-names";
import { KNOWN_HOOKS, NOT_HOOKS, SLEEPABLE_HOOKS } from "../../lib/sleepable/lsm-hooks";
import { ITERATORS } from "../../lib/sleepable/rules-iter";
import type { MapFacts, ProgramFacts } from "../../lib/verdict";

/** In the page's order. */
export const GROUPS = {
  lsm: "LSM hooks",
  function: "Traced functions",
  kind: "Other kinds of programs",
  iter: "Iterators",
  map: "Maps of a sleepable LSM program",
} as const;
export type Group = keyof typeof GROUPS;

export interface Row {
  group: Group;
  name: string;
  /** The name that its findings use. */
  subject: string;
  program: ProgramFacts;
}

/** Every kernel with sleepable programs allows this hook to sleep, so a refusal is about the map. */
const MAPS_USER = "lsm.s/bprm_committed_creds";

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** One function for each kind of answer; system calls all behave alike. */
const FUNCTIONS = words(`
  fentry.s/__x64_sys_getpgid fmod_ret.s/__x64_sys_getpgid fentry.s/__x64_sys_exit fexit.s/__x64_sys_exit
  fentry.s/bpf_fentry_test1 fmod_ret.s/bpf_fentry_test1 fentry.s/should_fail_bio fentry.s/btrfs_search_slot
  fentry.s/should_failslab fentry.s/do_exit fexit.s/do_exit fentry.s/vfs_read fentry.s/migrate_disable
`);

const SECTIONS = words(`
  syscall uprobe.s uprobe.multi.s uprobe.session.s usdt.s kprobe kprobe.multi kprobe.session
  raw_tp.s/sys_enter raw_tp.s/sched_switch tp.s/syscalls/sys_enter_openat tp.s/sched/sched_switch
  tp_btf.s/sys_enter tp_btf.s/sched_switch lsm_cgroup/socket_bind
  struct_ops.s/bpf_dummy_ops.test_sleepable struct_ops.s/sched_ext_ops.init_task struct_ops.s/sched_ext_ops.enqueue
  struct_ops.s/hid_bpf_ops.hid_rdesc_fixup struct_ops.s/hid_bpf_ops.hid_device_event
  struct_ops.s/tcp_congestion_ops.ssthresh
  perf_event xdp tc socket cgroup/connect4 sk_lookup netfilter freplace
`);

/** Rows for kernels, in order; measured kernels have hooks and functions that no table has. */
export function rowsFor(kernels: readonly KernelFacts[]): Row[] {
  const measured = (pick: (facts: KernelFacts) => readonly string[] | undefined) =>
    kernels.flatMap((facts) => pick(facts) ?? []);
  const hooks = [...KNOWN_HOOKS, ...SLEEPABLE_HOOKS.keys(), ...measured(({ lsmHooks }) => given(lsmHooks))];
  const accepted = measured(({ probed: measured }) => given(measured)?.fentry?.accepted);
  const functions = accepted.filter((name) => !/_sys_/.test(name)).map((name) => `fentry.s/${name}`);
  const iterators = [...ITERATORS.keys(), ...measured(({ iterators }) => given(iterators))];
  return [
    ...sorted(hooks)
      .filter((hook) => !NOT_HOOKS.has(hook))
      .map((hook) => row("lsm", hook, asks(`lsm.s/${hook}`))),
    ...[...new Set([...FUNCTIONS, ...sorted(functions)])].map((section) => sectionRow("function", section)),
    ...SECTIONS.map((section) => sectionRow("kind", section)),
    ...sorted(iterators).map((name) => row("iter", name, asks(`iter.s/${name}`))),
    ...maps().map((map) => mapRow(map)),
  ];
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function row(group: Group, name: string, program: ProgramFacts, subject = name): Row {
  return { group, name, subject, program };
}

function sectionRow(group: Group, section: string): Row {
  const program = asks(section);
  return row(group, section.replace(/\.s(?=\/|$)/, ""), program, program.target ?? program.kind);
}

/** A program as its section describes it, made sleepable, whether or not there is a section for that. */
function asks(section: string): ProgramFacts {
  const [name = ""] = section.split(/\.s$|\.s\/|\//, 1);
  const [of = ProgramType.UNSPEC] = kindRow(name)?.types ?? [];
  const { kind, type = of, attachType = 0, target } = parseSection(section, of);
  const nothing = { maps: [], helpers: [], kfuncs: [] };
  return {
    ...{ name: "", section, kind, type, attachType, sleepable: true },
    ...(target && { target }),
    ...{ license: "GPL", ...nothing },
  };
}

function maps(): MapFacts[] {
  const map = (type: string, more: Partial<MapFacts> = {}): MapFacts => ({
    ...{ name: type, type, flags: 0, fields: [] },
    ...more,
  });
  return [
    ...Object.keys(mapTypes).map((type) => map(type)),
    map("hash", { name: "hash, BPF_F_NO_PREALLOC", flags: Flag.NO_PREALLOC }),
    map("hash", { name: "hash, with bpf_spin_lock", fields: ["bpf_spin_lock"] }),
  ];
}

function mapRow(map: MapFacts): Row {
  const named = { ...map, name: "m" };
  return row("map", map.name, { ...asks(MAPS_USER), maps: [named] }, map.type);
}
