/** struct_ops programs: each struct has its own rule for each member (its check_member()). */
import { given, isKnown } from "../kernel/fact";
import { KINDS } from "../kinds";
import { nearest } from "../nearest";
import type { Finding, ProgramFacts } from "../verdict";
import { allowed, type More, refused, undecided, unsafe } from "./finding";
import { input, type Kernel } from "./judged-kernel";

/** check_member() receives the program, and STRUCT_OPS programs may sleep (1e12d3ef47d2, 51a52a29ebaa). */
const MEMBERS = { since: KINDS.struct_ops.sleeps.since, commit: "1e12d3ef47d2" };

interface Rule {
  file: string;
  /** Members that may sleep. Those that only newer kernels have need no release. */
  sleepable?: string;
  /** The release for members that were not sleepable from the start. */
  later?: Readonly<Record<string, string>>;
  /** Whether the kernel checks nothing: every member loads, wherever it runs. */
  unchecked?: true;
  /** Members that must be sleepable. */
  must?: string;
  /** Members that BPF can't implement, sleeping or not: the kernel has no stub for them. */
  unsupported?: string;
  /** The first series for which this rule is confirmed. */
  from: string;
}

const SCHED_EXT: Rule = {
  file: "kernel/sched/ext.c: bpf_scx_check_member()",
  sleepable:
    "init_task cgroup_init cgroup_exit cgroup_prep_move cgroup_set_bandwidth cpu_online cpu_offline init_cids init exit sub_attach sub_detach",
  later: { cgroup_set_bandwidth: "7.3", cpuctl_set_bandwidth: "7.3" },
  unsupported: "sub_caps_updated sub_ecaps_updated",
  from: "6.12",
};

const RULES: Readonly<Record<string, Rule>> = {
  sched_ext_ops: SCHED_EXT,
  // The same check, by offset; the members have other names.
  sched_ext_ops_cid: {
    ...SCHED_EXT,
    sleepable:
      "init_task cgroup_init cgroup_exit cgroup_prep_move cpuctl_init cpuctl_exit cpuctl_prep_move cpuctl_set_bandwidth cid_online cid_offline init_cids init exit sub_attach sub_detach",
    from: "7.2",
  },
  hid_bpf_ops: {
    file: "drivers/hid/bpf/hid_bpf_struct_ops.c: hid_bpf_ops_check_member()",
    sleepable: "hid_rdesc_fixup hid_hw_request hid_hw_output_report",
    from: "6.12",
  },
  bpf_dummy_ops: {
    file: "net/bpf/bpf_dummy_struct_ops.c: bpf_dummy_ops_check_member()",
    sleepable: "test_sleepable",
    from: "6.3",
  },
  tcp_congestion_ops: { file: "net/ipv4/bpf_tcp_ca.c", unchecked: true, unsupported: "get_info", from: "6.3" },
  Qdisc_ops: {
    file: "net/sched/bpf_qdisc.c",
    unchecked: true,
    unsupported:
      "peek change attach change_tx_queue_len change_real_num_tx dump dump_stats ingress_block_set egress_block_set ingress_block_get egress_block_get",
    from: "6.19",
  },
  smc_hs_ctrl: { file: "net/smc/smc_hs_bpf.c", unchecked: true, from: "7.3" },
  io_uring_bpf_ops: { file: "io_uring/bpf-ops.c: bpf_io_check_member()", unchecked: true, from: "7.1" },
  binfmt_misc_ops: { file: "fs/binfmt_misc_bpf.c: bm_bpf_check_member()", must: "match load", from: "7.3" },
};

/** The release that introduced each struct. */
const CAME: ReadonlyMap<string, string> = new Map([
  ["tcp_congestion_ops", "5.6"],
  ["bpf_dummy_ops", "5.16"],
  ["hid_bpf_ops", "6.11"],
  ["sched_ext_ops", "6.12"],
  ["Qdisc_ops", "6.16"],
]);

/** Decided by the release alone, if the kernel's structs are unknown. */
function notYet(struct: string, kernel: Kernel, more: More): Finding | undefined {
  const since = CAME.get(struct);
  const there = since === undefined ? undefined : kernel.since(since);
  if (there) return undefined;
  if (there === undefined)
    return undecided(`whether this kernel has the struct_ops ${struct}`, "it is unknown here", more);
  return refused("STRUCT_OPS_NOT_FOUND", `${kernel.label} has no struct_ops ${struct}`, {
    ...more,
    since,
    remedy: `require Linux ${since}`,
  });
}

const has = (members: string | undefined, member: string) => members?.split(" ").includes(member) ?? false;

export function judgeStructOps(program: ProgramFacts, kernel: Kernel): Finding[] {
  const { structOps } = kernel.facts;
  const { target, sleepable } = program;
  const [struct = "", member = ""] = target?.split(".") ?? [];
  const inputs = [input("struct_ops", structOps, target ?? "none"), kernel.versionInput];
  const source = {
    file: RULES[struct]?.file ?? "kernel/bpf/verifier.c: check_struct_ops_btf_id()",
    commit: MEMBERS.commit,
  };
  const can = kernel.has(MEMBERS);
  const more = { source, inputs };
  const question = `whether ${target ?? "struct_ops programs"} may sleep`;
  if (sleepable && can === false) {
    const remedy = `clear BPF_F_SLEEPABLE, or require Linux ${MEMBERS.since}`;
    return [
      refused("KIND_NOT_SLEEPABLE", `struct_ops programs cannot sleep on ${kernel.label}`, {
        ...more,
        remedy,
        since: MEMBERS.since,
      }),
    ];
  }
  if (target === undefined) return sleepable ? [undecided(question, "no struct_ops map refers to it", more)] : [];
  const missing = isKnown(structOps)
    ? notThere(struct, member, structOps.value, kernel, more)
    : notYet(struct, kernel, more);
  if (missing !== undefined) return [missing];

  return byMember(struct, member, sleepable, kernel, more);
}

/** The rule that the struct's own check_member() has for the member. */
function byMember(struct: string, member: string, sleepable: boolean, kernel: Kernel, more: More): Finding[] {
  const target = `${struct}.${member}`;
  const question = `whether ${target} may sleep`;
  const rule = RULES[struct];
  const known = rule !== undefined && kernel.since(rule.from) === true;
  if (!known || rule === undefined)
    return sleepable ? [undecided(question, `the rule of ${struct} is unknown here`, more)] : [];
  if (has(rule.unsupported, member)) {
    return [
      refused("STRUCT_OPS_NOT_FOUND", `BPF programs can't implement ${target}`, {
        ...more,
        remedy: "remove it",
      }),
    ];
  }
  if (has(rule.must, member)) {
    return sleepable
      ? [allowed("SLEEPABLE", `${target} must sleep, and may`, more)]
      : [
          refused("KIND_MUST_SLEEP", `${target} must be sleepable`, {
            ...more,
            remedy: 'set BPF_F_SLEEPABLE: SEC("struct_ops.s/…")',
          }),
        ];
  }
  if (!sleepable) return [];
  const since = rule.later?.[member];
  if (has(rule.sleepable, member) && (since === undefined || kernel.since(since)))
    return [allowed("SLEEPABLE", `${target} may sleep`, more)];
  const remedy = 'clear BPF_F_SLEEPABLE: SEC("struct_ops/…")';
  if (rule.unchecked) {
    return [
      unsafe(
        "STRUCT_OPS_UNCHECKED",
        `${struct} does not check whether members are sleepable, and calls ${member} where sleeping is not allowed`,
        { ...more, remedy },
      ),
    ];
  }
  // What binfmt_misc does for other members was not measured.
  if (rule.must !== undefined) return [undecided(question, `only ${rule.must} are known`, more)];
  return [
    refused("STRUCT_OPS_MEMBER_NOT_SLEEPABLE", `${target} cannot sleep`, {
      ...more,
      remedy: `${remedy}; of ${struct} these can: ${rule.sleepable}`,
    }),
  ];
}

/** Modules can register structs. */
const OF_MODULES = "6.9";

function notThere(
  struct: string,
  member: string,
  structs: Readonly<Record<string, readonly string[]>>,
  kernel: Kernel,
  more: { source: Finding["source"]; inputs: Finding["inputs"] },
): Finding | undefined {
  const members = Object.hasOwn(structs, struct) ? structs[struct] : undefined;
  if (members?.includes(member)) return undefined;
  // A module may have the struct (e3f87fdfed7b).
  if (members === undefined) {
    const modules = kernel.since(OF_MODULES) === false ? [] : given(kernel.facts.btfModules);
    if (modules?.length === 0)
      return refused("STRUCT_OPS_NOT_FOUND", `${kernel.label} has no struct_ops ${struct}`, {
        ...more,
        since: CAME.get(struct),
        remedy: `it has: ${Object.keys(structs).join(", ")}`,
      });
    return undecided(`whether there is a struct_ops ${struct}`, "this kernel has none, but a module may", more);
  }
  if (members.length === 0) {
    return refused("STRUCT_OPS_NOT_FOUND", `this kernel did not register ${struct}: its BTF has no struct module`, {
      ...more,
      remedy: "use a kernel with CONFIG_MODULES",
    });
  }
  const close = nearest(member, members);
  return refused("STRUCT_OPS_NOT_FOUND", `${struct} has no function ${member} on this kernel`, {
    ...more,
    remedy: close === undefined ? `it has: ${members.join(", ")}` : `did you mean ${close}?`,
  });
}
