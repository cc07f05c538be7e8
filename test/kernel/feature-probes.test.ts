/** features: the answers agree with what loads on this kernel, with its release, and with what was measured on it. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { createMap, type Feature, features, type MapTypeName, open, type ProgramTypeName } from "node-libbpf";
import { ProgramType } from "../../lib/constants";
import { HELPERS } from "../../lib/helpers";
import { given } from "../../lib/kernel/fact";
import { ATTACH_TYPES, MAP_FLAG_NAMES } from "../../lib/kernel/features";
import { kernelFacts } from "../../lib/kernel/running-kernel";
import { mapTypes } from "../../lib/map-types";
import { programTypeNames } from "../../lib/program-types";
import { CALLS } from "../../lib/sleepable/calls-measured";
import { COMMAND, PROJECT_ROOT } from "../../scripts/places";
import { documentOf } from "../schemas";
import { cases, isBuilt } from "./map-types";
import { fprobe, isSince, kernelTest, type Need, trampolines, vmKernel } from "./needs";

const inMachine = vmKernel !== undefined;
const of = ({ supported }: Feature) => supported;

/** Upstream releases: Debian's kernels, which the machines run, are built with all of these. */
const SINCE: readonly (readonly [feature: () => Feature, since: string])[] = [
  [() => features.program("lsm"), "5.7"],
  [() => features.program("tracing"), "5.5"],
  [() => features.program("ext"), "5.6"],
  [() => features.program("struct_ops"), "5.6"],
  [() => features.program("syscall"), "5.14"],
  [() => features.program("netfilter"), "6.4"],
  [() => features.map("ringbuf"), "5.8"],
  [() => features.map("bloom_filter"), "5.16"],
  [() => features.map("user_ringbuf"), "6.1"],
  [() => features.map("arena"), "6.9"],
  [() => features.map("insn_array"), "6.19"],
  [() => features.attachType("lsm_mac"), "5.7"],
  ...(fprobe.present() ? [[() => features.attachType("trace_kprobe_multi"), "5.18"] as const] : []),
  [() => features.attachType("lsm_cgroup"), "6.0"],
  [() => features.attachType("tcx_ingress"), "6.6"],
  [() => features.attachType("netkit_primary"), "6.7"],
  [() => features.attachType("trace_uprobe_session"), "6.13"],
  [() => features.mapFlag("mmapable"), "5.5"],
  [() => features.mapFlag("stack_build_id"), "4.17"],
  [() => features.mapFlag("inner_map"), "5.10"],
  [() => features.mapFlag("segv_on_fault"), "6.9"],
  [() => features.mapFlag("rb_overwrite"), "6.19"],
  [() => features.helper("bpf_d_path", "lsm"), "5.10"],
  [() => features.helper("bpf_d_path", "tracing"), "5.10"],
  [() => features.helper("bpf_copy_from_user", "lsm"), "5.10"],
  [() => features.helper("bpf_get_func_arg", "tracing"), "5.17"],
  [() => features.helper("bpf_sys_bpf", "syscall"), "5.14"],
  [() => features.helper("bpf_dynptr_read", "struct_ops"), "5.19"],
  [() => features.kfunc("bpf_task_acquire"), "6.2"],
  [() => features.kfunc("bpf_get_file_xattr", "lsm"), "6.8"],
];

kernelTest("in virtual machines, the release decides", [trampolines], async () => {
  const wrong = SINCE.map(([ask, release]) => [String(ask), ask(), isSince(release) ? "yes" : "no"] as const).filter(
    ([, answer, expected]) => (inMachine ? of(answer) !== expected : of(answer) === "unknown"),
  );
  expect(wrong).toEqual([]);
});

kernelTest("what every kernel has, and what none has", [], async () => {
  for (const type of ["socket_filter", "xdp", "sched_cls", "tracepoint"] as const) {
    expect(features.program(type)).toEqual({ supported: "yes", reason: `a program of type ${type} was loaded` });
  }
  expect(of(features.helper("bpf_redirect", "xdp"))).toBe("yes");
  const refused = features.helper("bpf_skb_store_bytes", "xdp");
  expect(refused).toEqual({
    supported: "no",
    reason: expect.stringMatching(/^xdp programs can't call .*: .*func|helper/),
  });
  expect(of(features.kfunc("no_such_function"))).toBe("no");
  // The same object: the answer was kept.
  expect(features.helper("bpf_skb_store_bytes", "xdp")).toBe(refused);
});

kernelTest("map types: as createMap() finds", [], async () => {
  for (const [type, { options, config }] of cases) {
    if (!isBuilt(config)) continue;
    let made = true;
    try {
      createMap(options()).close();
    } catch {
      made = false;
    }
    expect([type, of(features.map(type))]).toEqual([type, made ? "yes" : "no"]);
  }
});

const measured = CALLS.find(({ version }) => version === given(kernelFacts().version));

kernelTest(
  "helpers: each type has those that were measured on this kernel",
  [trampolines],
  async () => {
    if (measured === undefined) return;
    const has = (set: string, bit: number) => ((BigInt(`0x${set}`) >> BigInt(bit)) & 1n) === 1n;
    const wrong: string[] = [];
    for (const type of ["lsm", "tracing", "struct_ops", "syscall", "xdp", "kprobe"] satisfies ProgramTypeName[]) {
      const prefix = `${ProgramType[type.toUpperCase() as keyof typeof ProgramType]}/`;
      const sets = measured.helpers.filter(([kinds]) => kinds.split(" ").some((kind) => kind.startsWith(prefix)));
      for (const [number, name] of HELPERS.entries()) {
        if (number === 0) continue;
        // A type that this kernel lacks has no set.
        const expected = sets.some(([, set]) => has(set, number)) ? "yes" : "no";
        const answer = features.helper(name, type);
        if (of(answer) !== expected) wrong.push(`${type} ${name}: ${answer.supported} (${answer.reason})`);
      }
    }
    expect(wrong).toEqual([]);
  },
  120_000,
);

kernelTest("a program that features calls possible loads", [trampolines], async () => {
  expect(of(features.program("lsm"))).toBe("yes");
  using object = await open(join(__dirname, "../bpf/lsm.bpf.o")).load({ precheck: "off" });
  expect(Object.keys(object.programs).length).toBeGreaterThan(0);
});

const SCRIPT = `
  const { features } = require(${JSON.stringify(PROJECT_ROOT)});
  process.setgid(65534);
  process.setuid(65534);
  const all = [features.program("xdp"), features.map("hash"), features.map("sockmap"), features.helper("bpf_redirect", "xdp"),
    features.attachType("lsm_mac"), features.mapFlag("mmapable"), features.program("lsm"), features.kfunc("bpf_task_acquire")];
  console.log(JSON.stringify(all));
`;

kernelTest("without a privilege nothing is 'no', and the reason is the missing capability", [], async () => {
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", SCRIPT], { encoding: "utf8" });
  expect(stderr).toBe("");
  const all = JSON.parse(stdout) as Feature[];
  // The kernel's BTF, which says what kfuncs there are, can be read by everybody.
  const ofBtf = /^neither this kernel's BTF/;
  expect(all.filter(({ supported, reason }) => supported === "no" && !ofBtf.test(reason))).toEqual([]);
  expect(all[0]?.reason).toMatch(/^this process lacks CAP_BPF.* \(EPERM\)$/);
});

/** Asking all takes a minute under emulation, and how the answers are printed does not depend on the kernel. */
const native: Need = { what: "a kernel that is not emulated", present: () => !inMachine, expected: false };

kernelTest(
  "doctor --features prints the same answers",
  [native],
  async () => {
    const run = (...more: string[]) =>
      spawnSync(process.execPath, [COMMAND, "doctor", "--features", ...more], { encoding: "utf8" });
    const { stdout, stderr, status } = run("--json");
    expect([stderr, status]).toEqual(["", 0]);
    const { features: report, kernel } = documentOf("doctor", stdout);
    expect(kernel.name).toBe("host");
    const answers = <T extends string>(names: readonly T[], ask: (name: T) => Feature) =>
      Object.fromEntries(names.map((name) => [name, ask(name)]));
    expect(report.programs).toEqual(answers(programTypeNames, features.program));
    expect(report.maps).toEqual(answers(Object.keys(mapTypes) as MapTypeName[], features.map));
    expect(report.attachTypes).toEqual(answers(ATTACH_TYPES, features.attachType));
    expect(report.mapFlags).toEqual(answers(MAP_FLAG_NAMES, features.mapFlag));
    expect(report.helpers.xdp.yes).toContain("bpf_redirect");
    expect(run().stdout).toMatch(
      /^Program types\n {2}socket_filter +yes +\d+ helpers(?: \(\d+ unknown\))?, \d+ kfuncs.* a program of type/,
    );
  },
  120_000,
);
