/** Rules: the verdicts that follow from version, build and facts, and those that stay unknown. */
import fc from "fast-check";
import { judge, type KernelFacts, kernelProfile, kernelProfiles, type ProgramFacts } from "node-libbpf";
import { known, unknown } from "../../lib/kernel/fact";
import { parseSection } from "../../lib/section-names";

function facts(section: string, more: Partial<ProgramFacts> = {}): ProgramFacts {
  const { kind, type = 1, attachType = 0, target, flags } = parseSection(section, 1);
  const program = { name: "program", section, kind, type, attachType, sleepable: flags !== 0, license: "GPL" };
  return { ...program, ...(target !== undefined && { target }), maps: [], helpers: [], kfuncs: [], ...more };
}

/** A kernel of a version, with some known facts. */
function kernel(version: string, more: Partial<KernelFacts> = {}): KernelFacts {
  const base = kernelProfile("6.12");
  return { ...base, version: known(version, "test"), build: known(`test ${version}`, "test"), ...more };
}

const injection = (value: "y" | "n") => ({
  config: known({ FUNCTION_ERROR_INJECTION: value }, "test"),
  architecture: known("x86_64", "test"),
});

const verdict = (program: ProgramFacts, on: KernelFacts) => {
  const { verdict, reason } = judge(program, on);
  return `${verdict} ${reason}`;
};

test.each([
  ["5.10", "lsm.s/file_open", "refused HOOK_NOT_SLEEPABLE"],
  ["5.11", "lsm.s/file_open", "allowed SLEEPABLE"],
  ["5.10", "lsm.s/bprm_committed_creds", "allowed SLEEPABLE"],
  ["5.9", "lsm.s/bprm_committed_creds", "refused FLAG_UNKNOWN"],
  ["5.17", "lsm.s/kernel_read_file", "refused HOOK_NOT_SLEEPABLE"],
  ["5.18", "lsm.s/kernel_read_file", "allowed SLEEPABLE"],
  ["6.7.12", "lsm.s/path_mkdir", "refused HOOK_NOT_SLEEPABLE"],
  ["6.8", "lsm.s/path_mkdir", "allowed SLEEPABLE"],
  ["7.3", "lsm.s/file_mprotect", "refused HOOK_NOT_SLEEPABLE"],
  ["7.3", "lsm.s/is_trusted", "refused NOT_A_HOOK"],
  ["6.12", "lsm/getselfattr", "refused HOOK_DISABLED"],
  ["6.6", "lsm/getselfattr", "allowed NOT_SLEEPABLE_PROGRAM"],
  ["6.1.170", "lsm/ismaclabel", "allowed NOT_SLEEPABLE_PROGRAM"],
  ["6.1.178", "lsm/ismaclabel", "refused HOOK_DISABLED"],
  ["6.1", "lsm/ismaclabel", "unknown NOT_KNOWN"],
  ["6.12", "lsm.s/file_opne", "refused HOOK_NOT_FOUND"],
  ["6.12", "lsm.s/of_no_likeness", "unknown NOT_KNOWN"],
])("on %s %s is %s", (version, section, expected) => {
  expect(verdict(facts(section), kernel(version))).toBe(expected);
});

describe("changes that stable releases took over in no order are bounded by the measured builds", () => {
  test.each([
    ["6.1.0", "allowed SLEEPABLE"],
    ["6.1.150", "allowed SLEEPABLE"],
    ["6.1.192", "allowed SLEEPABLE"],
    ["6.1.193", "unknown NOT_KNOWN"],
    ["6.6.141", "unknown NOT_KNOWN"],
    ["6.12", "unknown NOT_KNOWN"],
    ["6.12.0", "allowed SLEEPABLE"],
    ["6.12.100", "unknown NOT_KNOWN"],
    ["6.12.117", "refused HOOK_NOT_SLEEPABLE"],
    ["6.12.130", "refused HOOK_NOT_SLEEPABLE"],
    ["6.19.14", "allowed SLEEPABLE"],
    ["6.19.15", "unknown NOT_KNOWN"],
    ["7.1", "refused HOOK_NOT_SLEEPABLE"],
  ])("inet_conn_established on %s: %s", (version, expected) => {
    expect(verdict(facts("lsm.s/inet_conn_established"), kernel(version))).toBe(expected);
  });

  test("faultable tracepoints of 7.1", () => {
    const on = (version: string) => verdict(facts("raw_tp.s/sys_enter"), kernel(version));
    expect(["7.1.3", "7.1.5", "7.1.7", "7.2"].map(on)).toEqual([
      "refused KIND_NOT_SLEEPABLE",
      "unknown NOT_KNOWN",
      "allowed SLEEPABLE",
      "allowed SLEEPABLE",
    ]);
    expect(verdict(facts("tp.s/sched/sched_switch"), kernel("7.1.7"))).toBe("unsafe TRACEPOINT_UNGUARDED");
    expect(verdict(facts("tp.s/sched/sched_switch"), kernel("7.2"))).toBe("refused TRACEPOINT_NOT_FAULTABLE");
  });
});

describe("no guesses", () => {
  const sections = [
    "lsm.s/file_open",
    "lsm.s/task_free",
    "fentry.s/do_exit",
    "tp_btf.s/sys_enter",
    "raw_tp.s/sys_enter",
  ];

  test.each(sections)("%s on a kernel that is newer than the tables", (section) => {
    expect(verdict(facts(section), kernel("7.4.1", injection("n")))).toBe("unknown NOT_KNOWN");
  });

  test.each(sections)("%s on a vendor's kernel", (section) => {
    const vendor = { backports: known("RHEL and its rebuilds", "test"), ...injection("n") };
    expect(verdict(facts(section), kernel("5.14.0", vendor))).toBe("unknown NOT_KNOWN");
  });

  test.each(sections)("%s on a kernel without a version", (section) => {
    expect(verdict(facts(section), { ...kernel("6.12", injection("n")), version: unknown("test") })).toBe(
      "unknown NOT_KNOWN",
    );
  });

  test("a measured build decides", () => {
    const measured = known({ lsm: { accepted: ["file_open"], refused: ["task_free"] } }, "asked");
    expect(verdict(facts("lsm.s/file_open"), kernel("7.4.1", { probed: measured }))).toBe("allowed SLEEPABLE");
    expect(verdict(facts("lsm.s/task_free"), kernel("7.4.1", { probed: measured }))).toBe("refused HOOK_NOT_SLEEPABLE");
  });

  test("a measured refusal that a rule explains says nothing of sleeping", () => {
    const refusing = (kind: string, target: string) => ({
      probed: known({ [kind]: { accepted: [], refused: [target] } }, "asked"),
    });
    const reasons = (section: string, on: KernelFacts, more: Partial<ProgramFacts> = {}) =>
      judge(facts(section, more), on).findings.map(({ verdict, reason }) => `${verdict} ${reason}`);
    const disabled = kernel("6.12.117", refusing("lsm", "inode_need_killpriv"));
    expect(reasons("lsm.s/inode_need_killpriv", disabled)).toEqual(["refused HOOK_DISABLED", "allowed SLEEPABLE"]);
    const exit = kernel("7.3.4", { ...injection("n"), ...refusing("fexit", "__x64_sys_exit") });
    expect(reasons("fexit.s/__x64_sys_exit", exit)).toEqual(["refused TARGET_NORETURN", "allowed SLEEPABLE"]);
    const chown = kernel("5.10.262", refusing("lsm", "path_chown"));
    const signature = { registers: 4, arguments: 3, struct: 8, returnsStruct: false, variadic: false };
    expect(reasons("lsm.s/path_chown", chown, { signature })).toEqual(
      reasons("lsm.s/path_chown", kernel("5.10.262"), { signature }),
    );
  });
});

describe("functions depend on error injection", () => {
  const list = known(["__x64_sys_getpgid", "should_fail_bio", "should_failslab", "__x64_sys_exit"], "test");
  test.each([
    ["6.1", "y", list, "fentry.s/should_fail_bio", "allowed SLEEPABLE"],
    ["6.1", "y", list, "fentry.s/vfs_read", "refused TARGET_NOT_SLEEPABLE"],
    ["6.1", "y", list, "fentry.s/should_failslab", "refused TARGET_DENIED"],
    ["6.1", "y", unknown("root only"), "fentry.s/__x64_sys_getpgid", "unknown NOT_KNOWN"],
    ["6.1", "n", unknown("off"), "fentry.s/__x64_sys_getpgid", "refused TARGET_NOT_SLEEPABLE"],
    ["7.0", "n", unknown("off"), "fmod_ret.s/__x64_sys_getpgid", "refused TARGET_NOT_SLEEPABLE"],
    ["7.1", "n", unknown("off"), "fmod_ret.s/__x64_sys_getpgid", "allowed SLEEPABLE"],
    ["7.1", "n", unknown("off"), "fentry.s/__ia32_sys_getpgid", "refused TARGET_NOT_SLEEPABLE"],
    ["7.1", "n", unknown("off"), "fentry.s/__x64_sys_exit", "allowed SLEEPABLE"],
    ["7.1", "n", unknown("off"), "fexit.s/__x64_sys_exit", "refused TARGET_NORETURN"],
    ["6.12.20", "y", list, "fexit.s/__x64_sys_exit", "allowed SLEEPABLE"],
    ["6.12.26", "y", list, "fexit.s/__x64_sys_exit", "refused TARGET_NORETURN"],
    ["6.12", "n", unknown("off"), "fentry.s/bpf_fentry_test1", "allowed SLEEPABLE"],
    ["6.12", "n", unknown("off"), "fentry.s/some_module:function", "unknown NOT_KNOWN"],
    ["6.1", "n", unknown("off"), "fentry.s/some_module:function", "refused TARGET_NOT_SLEEPABLE"],
  ] as const)("on %s with %s, %p: %s is %s", (version, option, errorInjection, section, expected) => {
    expect(verdict(facts(section), kernel(version, { ...injection(option), errorInjection }))).toBe(expected);
  });

  test("a function of a module is listed with its module, and may be named without it", () => {
    const functions = known(["vfs_read"], "test");
    const errorInjection = known(["btrfs:btrfs_search_slot"], "test");
    const told = { functions, errorInjection, btfModules: known(["btrfs"], "test"), ...injection("y") };
    const on = (section: string) => verdict(facts(section), kernel("6.1", told));
    expect(on("fentry.s/btrfs:btrfs_search_slot")).toBe("allowed SLEEPABLE");
    expect(on("fentry.s/btrfs_search_slot")).toBe("allowed SLEEPABLE");
    expect(on("fentry.s/btrfs_other")).toBe("unknown NOT_KNOWN");
    expect(on("fentry.s/vfs_read")).toBe("refused TARGET_NOT_SLEEPABLE");
  });

  test("a system call without arguments has another name", () => {
    const functions = known(["__do_sys_getpid", "__x64_sys_getpgid"], "test");
    const told = { functions, btfModules: known([], "test"), ...injection("n") };
    const found = judge(facts("fentry.s/__x64_sys_getpid"), kernel("7.1", told));
    expect(found).toMatchObject({ reason: "TARGET_NOT_FOUND", remedy: expect.stringContaining("__do_sys_getpid") });
  });
});

describe("maps", () => {
  const using = (map: Partial<ProgramFacts["maps"][0]>, section = "lsm.s/bprm_committed_creds") =>
    facts(section, { maps: [{ name: "map", type: "hash", flags: 0, fields: [], ...map }] });
  const NO_PREALLOC = 1;
  test.each([
    ["5.10", { type: "ringbuf" }, "refused MAP_TYPE_NOT_SLEEPABLE"],
    ["5.12", { type: "ringbuf" }, "allowed SLEEPABLE"],
    ["5.10", { flags: NO_PREALLOC }, "refused MAP_NOT_PREALLOCATED"],
    ["6.1", { flags: NO_PREALLOC }, "allowed SLEEPABLE"],
    ["6.12", { type: "perf_event_array" }, "refused MAP_TYPE_NOT_SLEEPABLE"],
    ["6.12", { type: "lpm_trie", flags: NO_PREALLOC }, "refused MAP_TYPE_NOT_SLEEPABLE"],
    ["7.2", { type: "lpm_trie", flags: NO_PREALLOC }, "allowed SLEEPABLE"],
    ["6.1", { fields: ["bpf_spin_lock"] }, "refused MAP_SPIN_LOCK"],
    ["6.6", { fields: ["bpf_spin_lock"] }, "allowed SLEEPABLE"],
    ["7.3", { type: "of_tomorrow" }, "unknown NOT_KNOWN"],
  ])("on %s %j: %s", (version, map, expected) => {
    expect(verdict(using(map), kernel(version))).toBe(expected);
  });

  test("a sleepable uprobe counts as a tracing program", () => {
    const program = using({ fields: ["bpf_spin_lock"] }, "uprobe.s");
    expect(verdict(program, kernel("6.12"))).toBe("refused MAP_SPIN_LOCK");
    const works = using({ fields: ["bpf_wq"] }, "uprobe.s");
    expect(["6.1", "6.12", "7.3"].map((version) => verdict(works, kernel(version)))).toEqual([
      "allowed SLEEPABLE",
      "refused MAP_TIMER",
      "allowed SLEEPABLE",
    ]);
  });

  test("an inner map without preallocated elements", () => {
    const inner = { name: "inner", type: "hash", flags: NO_PREALLOC, fields: [] };
    expect(verdict(using({ type: "hash_of_maps", inner }), kernel("5.15"))).toBe("refused MAP_NOT_PREALLOCATED");
  });

  test("storage on inodes needs the BPF LSM", () => {
    const lsms = known(["landlock"], "test");
    const { findings } = judge(using({ type: "inode_storage" }), kernel("6.12", { lsms }));
    expect(findings.map(({ reason }) => reason)).toEqual(expect.arrayContaining(["MAP_NEEDS_LSM", "LSM_INACTIVE"]));
  });
});

test.each([
  ["xdp", true, "6.12", "refused KIND_NOT_SLEEPABLE"],
  ["perf_event", true, "7.3", "refused KIND_NOT_SLEEPABLE"],
  ["syscall", false, "6.12", "refused KIND_MUST_SLEEP"],
  ["syscall", true, "5.13", "refused KIND_UNKNOWN"],
  ["syscall", true, "5.14", "allowed SLEEPABLE"],
  ["kprobe/vfs_read", true, "5.15", "refused KIND_NOT_SLEEPABLE"],
  ["kprobe/vfs_read", true, "6.0", "refused KPROBE_NOT_SLEEPABLE"],
  ["uprobe.s", true, "5.19", "refused KIND_NOT_SLEEPABLE"],
  ["uprobe.s", true, "6.0", "allowed SLEEPABLE"],
  ["kprobe.multi/vfs_read", true, "6.1", "unknown NOT_KNOWN"],
  ["kprobe.multi/vfs_read", true, "6.0.0", "unsafe KPROBE_MULTI_NOT_SLEEPABLE"],
  ["kprobe.multi/vfs_read", true, "7.0", "refused KPROBE_MULTI_NOT_SLEEPABLE"],
  ["iter.s/task", true, "5.17", "unsafe ITER_UNDER_RCU"],
  ["iter.s/task", true, "5.18", "allowed SLEEPABLE"],
  ["iter.s/bpf_map", true, "6.12", "refused ITER_NOT_SLEEPABLE"],
  ["iter.s/dmabuf", true, "5.10", "refused ITER_NOT_FOUND"],
  ["tp_btf.s/sched_switch", true, "6.2", "unsafe TRACEPOINT_UNGUARDED"],
  ["tp_btf.s/sched_switch", true, "6.3", "refused TRACEPOINT_NOT_FAULTABLE"],
  ["tp_btf.s/sys_exit", true, "7.2", "allowed SLEEPABLE"],
  ["lsm_cgroup/file_open", true, "6.0.0", "unsafe LSM_CGROUP_NOT_SLEEPABLE"],
  ["lsm_cgroup/file_open", true, "7.2", "refused LSM_CGROUP_NOT_SLEEPABLE"],
  ["fsession.s/vfs_read", true, "6.19", "refused KIND_UNKNOWN"],
])("%s, sleepable: %p, on %s: %s", (section, sleepable, version, expected) => {
  expect(verdict(facts(section, { sleepable }), kernel(version, injection("n")))).toBe(expected);
});

test("a hook that is newer than the kernel but exists was backported: its properties are unknown", () => {
  const lsmHooks = known(["userns_create", "file_open"], "test");
  expect(verdict(facts("lsm.s/userns_create"), kernel("5.19.17", { lsmHooks }))).toBe("unknown NOT_KNOWN");
  expect(verdict(facts("lsm.s/userns_create"), kernel("5.19.17"))).toBe("refused HOOK_NOT_SLEEPABLE");
});

test("an LSM program needs a GPL-compatible licence, and bpf as an active LSM", () => {
  expect(verdict(facts("lsm.s/file_open", { license: "MIT" }), kernel("6.12"))).toBe("refused LICENSE_NOT_GPL");
  const lsms = known(["lockdown", "landlock"], "test");
  expect(judge(facts("lsm/file_permission"), kernel("6.12", { lsms }))).toMatchObject({
    verdict: "unsafe",
    reason: "LSM_INACTIVE",
    remedy: "boot with lsm=lockdown,landlock,bpf",
  });
});

test.each([
  ["5.10", "aarch64", "lsm.s/bprm_committed_creds", "refused NO_TRAMPOLINES"],
  ["6.1.192", "aarch64", "lsm.s/bprm_committed_creds", "refused NO_TRAMPOLINES"],
  ["6.3", "aarch64", "fentry/bpf_fentry_test1", "refused NO_TRAMPOLINES"],
  ["6.4", "aarch64", "lsm.s/bprm_committed_creds", "allowed SLEEPABLE"],
  ["5.19", "aarch64", "iter.s/task", "allowed SLEEPABLE"],
  ["6.12", "riscv64", "fentry/vfs_read", "unknown NOT_KNOWN"],
  ["5.10", "x86_64", "lsm.s/bprm_committed_creds", "allowed SLEEPABLE"],
])("on %s of %s %s is %s", (version, machine, section, expected) => {
  const architecture = known(machine, "test");
  expect(verdict(facts(section), kernel(version, { architecture }))).toBe(expected);
});

test("every program is judged without an error, on every kernel", () => {
  const kernels = kernelProfiles().map(kernelProfile);
  const sections = [
    "lsm",
    "lsm.s",
    "lsm_cgroup",
    "fentry.s",
    "fmod_ret.s",
    "iter.s",
    "tp_btf.s",
    "tp.s",
    "raw_tp.s",
    "struct_ops.s",
    "uprobe.s",
    "xdp",
    "syscall",
    "kprobe.multi.s",
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...sections),
      fc.string(),
      fc.boolean(),
      fc.constantFrom(...kernels),
      fc.string(),
      (section, target, sleepable, on, type) => {
        const maps = [{ name: "map", type, flags: 1, fields: [type] }];
        const calls = [{ name: target, conditional: sleepable }];
        const found = judge(facts(`${section}/${target}`, { sleepable, maps, helpers: calls, kfuncs: calls }), on);
        expect(found.findings.length).toBeGreaterThan(0);
        expect(found.findings[0]).toMatchObject({ verdict: found.verdict, reason: found.reason });
      },
    ),
  );
});

test("programs that are not sleepable are judged by the kernel's version alone", () => {
  const read: string[] = [];
  const on = new Proxy(kernel("6.12"), {
    get(facts, name: keyof KernelFacts & string) {
      read.push(name);
      return facts[name];
    },
  });
  const maps = [{ name: "map", type: "array", flags: 0, fields: [] }];
  expect(verdict(facts("raw_tp/sched_switch", { maps }), on)).toBe("allowed NOT_SLEEPABLE_PROGRAM");
  expect(read.filter((name) => !["format", "version", "backports"].includes(name))).toEqual([]);
});

describe("a target that may not exist is unknown", () => {
  test.each([
    ["6.12", "fentry/no_such_function", "unknown NOT_KNOWN"],
    ["6.12", "fentry/module:function", "unknown NOT_KNOWN"],
    ["debian-7.3", "fentry.s/__x64_sys_nonsense", "refused TARGET_NOT_FOUND"],
    ["7.1", "fentry.s/__x64_sys_nonsense", "unknown NOT_KNOWN"],
    ["7.1", "tp_btf/no_such", "unknown NOT_KNOWN"],
    ["debian-6.12", "tp_btf/no_such", "unknown NOT_KNOWN"],
    ["6.12", "tp_btf/sched_switch", "allowed NOT_SLEEPABLE_PROGRAM"],
    ["6.12", "raw_tp/no_such", "unknown NOT_KNOWN"],
    ["6.12", "tp/sched/no_such", "unknown NOT_KNOWN"],
    ["6.12", "tp/syscalls/sys_enter_openat", "allowed NOT_SLEEPABLE_PROGRAM"],
    ["6.12", "kprobe/no_such", "unknown NOT_KNOWN"],
    ["6.12", "fentry/bpf_fentry_test1", "allowed NOT_SLEEPABLE_PROGRAM"],
  ])("on %s, %s: %s", (name, section, expected) => {
    expect(verdict(facts(section), kernelProfile(name))).toBe(expected);
  });

  const host = { functions: known(["vfs_read"], "test"), tracepoints: known(["sched_switch"], "test") };
  test.each([
    [[], "fentry/no_such_function", "refused TARGET_NOT_FOUND"],
    [["loop"], "fentry/no_such_function", "unknown NOT_KNOWN"],
    [["loop"], "fentry/loop:lo_ioctl", "unknown NOT_KNOWN"],
    [["loop"], "fentry/nomodule:lo_ioctl", "refused TARGET_NOT_FOUND"],
    [["loop"], "fentry/vmlinux:vfs_read", "allowed NOT_SLEEPABLE_PROGRAM"],
    [[], "kprobe/no_such", "unknown NOT_KNOWN"],
    [[], "kprobe/vfs_read+4", "allowed NOT_SLEEPABLE_PROGRAM"],
    [[], "raw_tp/no_such", "refused TRACEPOINT_NOT_FOUND"],
    [["loop"], "tp_btf/no_such", "unknown NOT_KNOWN"],
  ])("on a host with the modules %j, %s: %s", (modules, section, expected) => {
    const told = { ...host, btfModules: known(modules, "test") };
    expect(verdict(facts(section), kernel("6.12.118", told))).toBe(expected);
  });
});

describe("fmod_ret, sleepable or not, needs functions that may be modified", () => {
  const injected = known(["__x64_sys_getpgid"], "test");
  test.each([
    ["6.12", "y", injected, "fmod_ret/__x64_sys_getpgid", "allowed NOT_SLEEPABLE_PROGRAM"],
    ["6.12", "y", injected, "fmod_ret/vfs_read", "refused TARGET_NOT_MODIFIABLE"],
    ["6.12", "y", injected, "fmod_ret/security_file_open", "allowed NOT_SLEEPABLE_PROGRAM"],
    ["6.12", "y", unknown("root only"), "fmod_ret/vfs_read", "unknown NOT_KNOWN"],
    ["6.12", "n", unknown("off"), "fmod_ret/__x64_sys_getpgid", "refused TARGET_NOT_MODIFIABLE"],
    ["7.1", "n", unknown("off"), "fmod_ret/__x64_sys_getpgid", "allowed NOT_SLEEPABLE_PROGRAM"],
    ["7.1", "n", unknown("off"), "fmod_ret/vfs_read", "refused TARGET_NOT_MODIFIABLE"],
    ["6.12", "n", unknown("off"), "fmod_ret/update_socket_protocol", "allowed NOT_SLEEPABLE_PROGRAM"],
    ["6.6", "n", unknown("off"), "fmod_ret/update_socket_protocol", "unknown NOT_KNOWN"],
    ["6.1", "n", unknown("off"), "fmod_ret/update_socket_protocol", "refused TARGET_NOT_MODIFIABLE"],
  ] as const)("on %s with %s, %p: %s is %s", (version, option, errorInjection, section, expected) => {
    const functions = known(["__x64_sys_getpgid", "vfs_read", "security_file_open", "update_socket_protocol"], "test");
    const told = { ...injection(option), errorInjection, functions, btfModules: known([], "test") };
    expect(verdict(facts(section), kernel(version, told))).toBe(expected);
  });
});

test.each([
  ["7.1", "tp_btf.s/sys_enter", "unknown NOT_KNOWN"],
  ["7.1", "tp_btf.s/sched_switch", "refused TRACEPOINT_NOT_FAULTABLE"],
  ["7.1.3", "tp_btf.s/sys_enter", "refused TRACEPOINT_NOT_FAULTABLE"],
])("cases that the series alone does not decide: on %s %s is %s", (version, section, expected) => {
  expect(verdict(facts(section), kernelProfile(version))).toBe(expected);
});

describe("remedies are correct", () => {
  const remedy = (program: ProgramFacts, name: string) => judge(program, kernelProfile(name)).remedy;
  const copies = { helpers: [{ name: "bpf_copy_from_user", conditional: false }] };

  test.each(["tc", "lsm_cgroup/socket_bind", "kprobe/vfs_read", "perf_event"])(
    "no sleepable %s is advised",
    (section) => {
      const found = judge(facts(section, copies), kernelProfile("7.3")).findings.filter(({ reason }) =>
        /^HELPER/.test(reason),
      );
      for (const { remedy } of found) expect(remedy).not.toContain("make the program sleepable");
    },
  );

  test.each([
    ["uprobe.s//bin/sh:main", "5.10", "require Linux 6.0"],
    ["uprobe.multi.s//bin/sh:main", "5.10", "require Linux 6.6"],
    ["uprobe.session.s//bin/sh:main", "5.10", "require Linux 6.13"],
  ])("%s on %s: %s", (section, name, expected) => {
    expect(remedy(facts(section, { sleepable: true }), name)).toContain(expected);
  });

  test("a kprobe never sleeps", () => {
    expect(remedy(facts("kprobe/vfs_read", { sleepable: true }), "5.10")).not.toContain("require");
  });

  test("a system call without arguments is not recognized as one", () => {
    const on = kernel("7.3", { ...injection("n"), functions: known(["__do_sys_getpid"], "test") });
    expect(judge(facts("fentry.s/__do_sys_getpid"), on)).toMatchObject({
      reason: "TARGET_NOT_SLEEPABLE",
      remedy: expect.not.stringContaining("require Linux 7.1"),
    });
  });
});

describe("kinds have a first release, and whether older kernels load them", () => {
  test.each([
    ["kprobe.multi/vfs_*", "5.17", "5.18", "attach"],
    ["kprobe.session/vfs_*", "6.9", "6.10", "attach"],
    ["uprobe.multi//bin/sh:main", "6.5", "6.6", "attach"],
    ["uprobe.session//bin/sh:main", "6.12", "6.13", "attach"],
    ["tcx/ingress", "6.5", "6.6", "attach"],
    ["netkit/primary", "6.6", "6.7", "attach"],
    ["netfilter", "6.3", "6.4", "load"],
    ["xdp.frags", "5.17", "5.18", "load"],
    ["cgroup/connect_unix", "6.6", "6.7", "load"],
  ])("%s: not on %s, on %s; at %s", (section, before, since, stage) => {
    const program = facts(section, { sleepable: false });
    const { findings } = judge(program, kernelProfile(before));
    expect(findings[0]).toMatchObject({ verdict: "refused", reason: "KIND_UNKNOWN", stage, since });
    expect(verdict(program, kernelProfile(since))).toBe("allowed NOT_SLEEPABLE_PROGRAM");
  });
});

describe("maps of types that are newer than the tables", () => {
  const using = (type: string, section = "socket") =>
    facts(section, { maps: [{ name: "map", type, flags: 0, fields: [] }] });
  test.each([
    ["7.1", "rhash", "refused MAP_TYPE_UNKNOWN"],
    ["7.2", "rhash", "allowed NOT_SLEEPABLE_PROGRAM"],
    ["debian-7.3", "rhash", "allowed NOT_SLEEPABLE_PROGRAM"],
    ["debian-6.12", "rhash", "refused MAP_TYPE_UNKNOWN"],
    ["7.3", "type 36", "unknown NOT_KNOWN"],
    ["debian-7.3", "type 36", "unknown NOT_KNOWN"],
    ["6.8", "arena", "refused MAP_TYPE_UNKNOWN"],
    ["5.15", "bloom_filter", "refused MAP_TYPE_UNKNOWN"],
  ])("on %s a map of %s: %s", (name, type, expected) => {
    expect(verdict(using(type), kernelProfile(name))).toBe(expected);
    // load() creates it with the program, whether the program refers to it or not.
    const others = [{ name: "map", type, flags: 0, fields: [] }];
    expect(verdict(facts("socket", { others }), kernelProfile(name))).toBe(expected);
  });
});

describe("what plain programs may not use in maps, and arguments that hooks do not support", () => {
  const using = (type: number, map: Partial<ProgramFacts["maps"][0]>) =>
    facts("socket", { type, maps: [{ name: "map", type: "hash", flags: 0, fields: [], ...map }] });
  test.each([
    ["6.12", using(1, { fields: ["bpf_spin_lock"] }), "refused MAP_SPIN_LOCK"],
    ["6.12", using(3, { fields: ["bpf_spin_lock"] }), "allowed NOT_SLEEPABLE_PROGRAM"],
    ["5.10", using(7, { flags: 1 }), "refused MAP_NOT_PREALLOCATED"],
    ["6.1", using(7, { flags: 1 }), "allowed NOT_SLEEPABLE_PROGRAM"],
    ["7.2", using(2, { fields: ["bpf_res_spin_lock"] }), "refused MAP_SPIN_LOCK"],
    ["7.3", using(2, { fields: ["bpf_res_spin_lock"] }), "allowed NOT_SLEEPABLE_PROGRAM"],
    ["6.1", using(2, { fields: ["bpf_timer"] }), "refused MAP_TIMER"],
    ["6.1", using(2, { fields: ["bpf_timer"], nested: ["bpf_timer"] }), "allowed NOT_SLEEPABLE_PROGRAM"],
    ["6.12", using(2, { type: "percpu_array", fields: ["bpf_timer"] }), "allowed NOT_SLEEPABLE_PROGRAM"],
    ["6.12", using(2, { fields: ["bpf_timer"], nested: ["bpf_timer"] }), "refused MAP_TIMER"],
    ["5.10", facts("lsm/path_chown"), "refused TARGET_SIGNATURE"],
    ["6.1", facts("lsm/path_chown"), "allowed NOT_SLEEPABLE_PROGRAM"],
  ])("on %s", (name, program, expected) => {
    expect(verdict(program, kernelProfile(name))).toBe(expected);
  });
});

describe("helpers and kfuncs, by kernel and kind", () => {
  const calling = (section: string, helper: string, more: Partial<ProgramFacts> = {}) =>
    facts(section, { helpers: [{ name: helper, conditional: false }], ...more });
  const struct = { type: 27, target: "tcp_congestion_ops.init", kind: "struct_ops" };
  test.each([
    ["5.16", calling("lsm.s/bprm_committed_creds", "bpf_loop"), "refused HELPER_NOT_AVAILABLE"],
    ["5.17", calling("lsm.s/bprm_committed_creds", "bpf_loop"), "allowed SLEEPABLE"],
    ["debian-5.10", calling("lsm.s/bprm_committed_creds", "bpf_copy_from_user_task"), "refused HELPER_NOT_AVAILABLE"],
    [
      "6.12",
      calling("cgroup_skb/ingress", "bpf_get_retval", { type: 8, attachType: 0 }),
      "refused HELPER_NOT_AVAILABLE",
    ],
    ["6.12", calling("sockops", "bpf_get_retval", { type: 13, attachType: 3 }), "refused HELPER_NOT_AVAILABLE"],
    [
      "6.12",
      calling("cgroup/getsockopt", "bpf_get_retval", { type: 25, attachType: 21 }),
      "allowed NOT_SLEEPABLE_PROGRAM",
    ],
    [
      "7.3",
      calling("struct_ops", "bpf_setsockopt", { ...struct, target: "sched_ext_ops.init" }),
      "refused HELPER_NOT_AVAILABLE",
    ],
    ["7.3", calling("struct_ops", "bpf_setsockopt", struct), "allowed NOT_SLEEPABLE_PROGRAM"],
    ["7.3", calling("xdp", "helper 999", { type: 6 }), "allowed NOT_SLEEPABLE_PROGRAM"],
  ])("on %s", (name, program, expected) => {
    expect(verdict(program, kernelProfile(name))).toBe(expected);
  });

  test.each([
    ["lsm.s/file_open", "allowed SLEEPABLE"],
    ["lsm/file_open", "allowed NOT_SLEEPABLE_PROGRAM"],
    ["lsm/task_free", "refused HELPER_NOT_AVAILABLE"],
    ["fentry/vfs_truncate", "allowed NOT_SLEEPABLE_PROGRAM"],
    ["fentry/bpf_fentry_test1", "refused HELPER_NOT_AVAILABLE"],
    ["iter/task", "allowed NOT_SLEEPABLE_PROGRAM"],
  ])("bpf_d_path in %s: %s", (section, expected) => {
    const on = kernel("6.12", { functions: known(["vfs_truncate", "bpf_fentry_test1"], "test") });
    expect(verdict(calling(section, "bpf_d_path"), on)).toBe(expected);
  });

  test.each([
    ["lsm/file_open", "allowed NOT_SLEEPABLE_PROGRAM"],
    ["iter/task", "allowed NOT_SLEEPABLE_PROGRAM"],
    ["fentry/bpf_fentry_test1", "refused KFUNC_NOT_AVAILABLE"],
  ])("iterators over a css's tasks in %s: %s", (section, expected) => {
    const kfuncs = [{ name: "bpf_iter_css_task_new", conditional: false }];
    expect(verdict(facts(section, { kfuncs }), kernelProfile("6.12"))).toBe(expected);
  });

  const kfunc = (name: string, more = {}, section = "lsm.s/bprm_committed_creds") =>
    facts(section, { kfuncs: [{ name, conditional: false, ...more }] });
  test.each([
    ["5.10", kfunc("of_any_name"), "refused KFUNC_NOT_AVAILABLE"],
    ["6.1", kfunc("bpf_copy_from_user_str"), "refused KFUNC_NOT_AVAILABLE"],
    ["6.12", kfunc("bpf_copy_from_user_str"), "allowed SLEEPABLE"],
    ["6.12", kfunc("of_a_module"), "unknown NOT_KNOWN"],
    ["6.13", kfunc("bpf_local_irq_save"), "refused KFUNC_NOT_AVAILABLE"],
    ["6.12", kfunc("bpf_get_file_xattr", {}, "xdp"), "refused KFUNC_NOT_AVAILABLE"],
  ])("on %s: a kfunc", (name, program, expected) => {
    const typed = program.section === "xdp" ? { ...program, type: 6, attachType: 0 } : program;
    expect(verdict(typed, kernelProfile(name))).toBe(expected);
  });
});

describe("helpers for GPL-compatible programs only", () => {
  const names =
    "bpf_get_current_task bpf_get_stack bpf_snprintf bpf_seq_printf bpf_seq_write bpf_timer_init bpf_timer_start bpf_perf_event_output bpf_trace_printk bpf_probe_read_user".split(
      " ",
    );
  test.each(names)("%s", (name) => {
    const program = facts("uprobe", { license: "MIT", type: 2, helpers: [{ name, conditional: false }] });
    expect(judge(program, kernelProfile("6.12")).findings.map(({ reason }) => reason)).toContain("LICENSE_NOT_GPL");
  });

  test("not bpf_map_lookup_elem", () => {
    const program = facts("uprobe", {
      license: "MIT",
      type: 2,
      helpers: [{ name: "bpf_map_lookup_elem", conditional: false }],
    });
    expect(verdict(program, kernelProfile("6.12"))).toBe("allowed NOT_SLEEPABLE_PROGRAM");
  });

  test.each([
    ["iter/task", {}, "allowed NOT_SLEEPABLE_PROGRAM"],
    ["iter/task", { readsKernel: { conditional: true } }, "unknown NOT_KNOWN"],
    ["iter/task", { readsKernel: { conditional: false } }, "refused LICENSE_NOT_GPL"],
    ["fentry/bpf_fentry_test1", { readsKernel: { conditional: false } }, "refused LICENSE_NOT_GPL"],
    ["uprobe", { readsKernel: { conditional: false }, type: 2 }, "allowed NOT_SLEEPABLE_PROGRAM"],
  ])("reading kernel structs: %s, %j: %s", (section, more, expected) => {
    expect(verdict(facts(section, { license: "MIT", ...more }), kernelProfile("6.12"))).toBe(expected);
  });
});

describe("signatures that trampolines do not support, by target", () => {
  const plain = { registers: 1, arguments: 1, struct: 0, returnsStruct: false, variadic: false };
  test.each([
    ["5.10", { struct: 4 }, "refused TARGET_SIGNATURE"],
    ["6.1", { struct: 4 }, "allowed NOT_SLEEPABLE_PROGRAM"],
    ["6.12", { struct: 24 }, "refused TARGET_SIGNATURE"],
    ["7.3", { returnsStruct: true }, "refused TARGET_SIGNATURE"],
    ["7.3", { variadic: true }, "refused TARGET_SIGNATURE"],
    ["6.5", { registers: 7, arguments: 7 }, "refused TARGET_SIGNATURE"],
    ["6.6", { registers: 7, arguments: 7 }, "allowed NOT_SLEEPABLE_PROGRAM"],
  ])("on %s: %j: %s", (name, signature, expected) => {
    const on = { ...kernelProfile(name), architecture: known("x86_64", "test") };
    const program = facts("fentry/bpf_fentry_test1", { signature: { ...plain, ...signature } });
    expect(verdict(program, on)).toBe(expected);
  });

  test.each([
    ["5.10", "unknown NOT_KNOWN"],
    ["5.10.262", "refused TARGET_SIGNATURE"],
    ["6.1", "allowed NOT_SLEEPABLE_PROGRAM"],
  ])("a hook whose argument became a struct, by release: on %s: %s", (name, expected) => {
    expect(verdict(facts("lsm/socket_getpeersec_stream"), kernelProfile(name))).toBe(expected);
  });
});

describe("trampolines depend on the configuration, if it is known", () => {
  const built = (config: Record<string, string>, architecture = "aarch64", version = "6.12") => ({
    ...kernelProfile(version),
    architecture: known(architecture, "test"),
    config: known(config, "test"),
  });
  const DIRECT = "DYNAMIC_FTRACE_WITH_DIRECT_CALLS";
  test.each([
    [built({ [DIRECT]: "n" }), "refused NO_TRAMPOLINES"],
    [built({ [DIRECT]: "n", CFI_CLANG: "y" }), "refused NO_TRAMPOLINES"],
    [built({ [DIRECT]: "n" }, "x86_64"), "refused NO_TRAMPOLINES"],
    [built({ [DIRECT]: "y" }), "allowed NOT_SLEEPABLE_PROGRAM"],
    [built({}), "allowed NOT_SLEEPABLE_PROGRAM"],
    [built({}, "aarch64", "6.1"), "refused NO_TRAMPOLINES"],
    [built({ [DIRECT]: "n" }, "riscv64"), "unknown NOT_KNOWN"],
  ])("%#", (on, expected) => {
    expect(verdict(facts("lsm/file_open"), on)).toBe(expected);
    expect(verdict(facts("tp_btf/sched_switch"), on)).not.toBe("refused NO_TRAMPOLINES");
  });

  test("gives the reason why there are no direct calls", () => {
    const { message } = judge(facts("lsm/file_open"), built({ [DIRECT]: "n", CFI: "y" }));
    expect(message).toContain("as CONFIG_CFI rules them out");
  });
});

describe("features that a build lacks", () => {
  const on = (functions: string[]) => kernel("6.1", { functions: known(functions, "test") });
  test.each([
    [["vfs_read"], "refused KIND_UNKNOWN"],
    [["vfs_read", "register_fprobe_ips"], "allowed NOT_SLEEPABLE_PROGRAM"],
  ])("kprobe.multi on a kernel with the functions %j: %s", (functions, expected) => {
    expect(verdict(facts("kprobe.multi/vfs_read", { type: 2 }), on(functions))).toBe(expected);
  });

  test.each([
    ["6.8", ["a_module"], "refused STRUCT_OPS_NOT_FOUND"],
    ["6.12", ["a_module"], "unknown NOT_KNOWN"],
    ["6.12", [], "refused STRUCT_OPS_NOT_FOUND"],
  ])("a struct_ops that is not registered, on %s with the modules %j: %s", (name, modules, expected) => {
    const facts_ = { structOps: known({}, "test"), btfModules: known(modules, "test") };
    const program = facts("struct_ops/no_such_ops.run", { type: 27, target: "no_such_ops.run" });
    expect(verdict(program, { ...kernelProfile(name), ...facts_ })).toBe(expected);
  });
});

test("a map that may already be pinned may contain more than the object declares", () => {
  const using = (more: object) =>
    facts("xdp", {
      type: 6,
      maps: [{ name: "map", type: "array", flags: 0, fields: [], ...more }],
      helpers: [{ name: "bpf_timer_init", conditional: false }],
    });
  expect(verdict(using({}), kernelProfile("6.12"))).toBe("refused MAP_FIELD_MISSING");
  expect(verdict(using({ pinned: true }), kernelProfile("6.12"))).toBe("unknown NOT_KNOWN");
});
