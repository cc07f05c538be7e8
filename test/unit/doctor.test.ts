/** The doctor's report for simulated hosts: it names each obstacle, and tells it apart from the others. */
import { type KernelFacts, kernelProfile } from "node-libbpf";
import type { Line, State } from "../../lib/cli/doctor-line";
import { conclusion, diagnose, type HookProbe } from "../../lib/cli/doctor-report";
import { ProgramType } from "../../lib/constants";
import { type Fact, known, unknown } from "../../lib/kernel/fact";
import { explainPermission, type PermissionFacts } from "../../lib/kernel/permission";

const fact = <T>(value: T): Fact<T> => known(value, "made up");
const config = {
  ...{ BPF_SYSCALL: "y", BPF_JIT: "y", BPF_LSM: "y", DEBUG_INFO_BTF: "y", FUNCTION_ERROR_INJECTION: "n" },
  LSM: "landlock,bpf",
};

/** A host without obstacles. */
const good: KernelFacts = {
  ...kernelProfile("6.12"),
  config: fact(config),
  lsms: fact(["lockdown", "capability", "landlock", "bpf"]),
  lockdown: fact("none"),
  capabilities: fact(["CAP_SYS_ADMIN", "CAP_SYS_RESOURCE", "CAP_PERFMON", "CAP_BPF"]),
  initialUserNamespace: fact(true),
  seccomp: fact(false),
  memlock: fact({ charged: false, limit: 65536 }),
  bpffs: fact("/sys/fs/bpf"),
  securityfs: fact("/sys/kernel/security"),
  tracefs: fact("/sys/kernel/tracing"),
  btfSize: fact(5_000_000),
  lsmHooks: fact(["bprm_committed_creds", "file_open"]),
};
const loaded: HookProbe = { log: "" };
const permitted: PermissionFacts = {
  ...{ capabilities: (1n << 41n) - 1n, initialUserNamespace: true, lockdown: undefined, seccomp: 0 },
  ...{ chargesMemlock: false, memlock: Number.POSITIVE_INFINITY, release: "6.12.117", unprivileged: false },
  ...{ tracefs: true, kprobesInTracefs: false, perfParanoid: 2 },
};
const forbidden = (facts: Partial<PermissionFacts> = {}, loads = true): HookProbe => ({
  errno: "EPERM",
  log: "",
  permission: explainPermission(
    { ...permitted, ...facts },
    { operation: "load", types: [ProgramType.LSM], trampoline: true },
    () => loads,
  ),
});

const find = (lines: readonly Line[], check: string) => {
  const found = lines.find((line) => line.check === check);
  if (found === undefined) throw new Error(`no line ${check}`);
  return found;
};

test("a host without obstacles", () => {
  const lines = diagnose(good, loaded);
  expect(conclusion(lines)).toBe("ok");
  expect(lines.filter(({ state, required }) => required && state !== "ok")).toEqual([]);
  expect(lines.every((line) => line.evidence.origin !== "" && !("remedy" in line && line.state === "ok"))).toBe(true);
  expect(new Set(lines.map(({ check }) => check)).size).toBe(lines.length);
});

test.each<
  [what: string, facts: Partial<KernelFacts>, trial: HookProbe | undefined, State, check: string, Partial<Line>]
>([
  [
    "a kernel that refuses trampolines",
    {},
    forbidden(),
    "bad",
    "load",
    {
      state: "bad",
      message: expect.stringContaining("refuses BPF trampolines"),
      remedy: expect.stringContaining("VM"),
      evidence: { value: "EPERM", origin: "BPF_PROG_LOAD" },
    },
  ],
  [
    "not root",
    { capabilities: fact([]) },
    forbidden({ capabilities: 0n }),
    "bad",
    "capabilities",
    { state: "bad", message: "this process lacks CAP_BPF and CAP_PERFMON", remedy: expect.stringContaining("root") },
  ],
  [
    "not root: the load tells nothing",
    { capabilities: fact(["CAP_BPF"]) },
    forbidden({ capabilities: 1n << 39n }),
    "bad",
    "load",
    { state: "unknown" },
  ],
  [
    "bpf not among the LSMs",
    { lsms: fact(["lockdown", "capability", "landlock"]) },
    loaded,
    "bad",
    "active-lsms",
    { state: "bad", remedy: "Boot with lsm=lockdown,capability,landlock,bpf" },
  ],
  [
    "no securityfs",
    { lsms: unknown("no such file"), securityfs: fact("") },
    loaded,
    "unknown",
    "active-lsms",
    {
      state: "unknown",
      message: expect.stringContaining("CONFIG_LSM has it"),
      remedy: expect.stringContaining("mount -t securityfs"),
      evidence: { value: "unknown", origin: "no such file" },
    },
  ],
  [
    "no securityfs, and no trampolines: both are told",
    { lsms: unknown("no such file"), securityfs: fact("") },
    forbidden(),
    "bad",
    "securityfs",
    { state: "bad", required: false },
  ],
  [
    "lockdown",
    { lockdown: fact("confidentiality") },
    loaded,
    "ok",
    "lockdown",
    { state: "bad", required: false, remedy: expect.stringContaining("lockdown=integrity") },
  ],
  ["lockdown of integrity", { lockdown: fact("integrity") }, loaded, "ok", "lockdown", { state: "ok" }],
  [
    "a user namespace",
    { initialUserNamespace: fact(false) },
    forbidden({ initialUserNamespace: false }),
    "bad",
    "user-namespace",
    { state: "bad" },
  ],
  [
    "a seccomp filter that refuses",
    { seccomp: fact(true) },
    forbidden({ seccomp: 2 }, false),
    "bad",
    "load",
    { state: "bad", message: expect.stringContaining("seccomp") },
  ],
  ["a seccomp filter that does not", { seccomp: fact(true) }, loaded, "ok", "seccomp", { state: "ok" }],
  [
    "memlock before 5.11",
    { memlock: fact({ charged: true, limit: 65536 }), capabilities: fact(["CAP_BPF", "CAP_PERFMON"]) },
    forbidden({ chargesMemlock: true, memlock: 65536 }),
    "bad",
    "memlock",
    { state: "bad", remedy: expect.stringContaining("ulimit -l") },
  ],
  [
    "memlock before 5.11, which root may raise",
    { memlock: fact({ charged: true, limit: 65536 }) },
    loaded,
    "ok",
    "memlock",
    { state: "ok" },
  ],
  ["Linux 5.4", { version: fact("5.4.200") }, { errno: "EINVAL", log: "" }, "bad", "kernel", { state: "bad" }],
  [
    "Linux 5.10: one hook",
    { version: fact("5.10.262") },
    loaded,
    "ok",
    "hooks",
    { state: "bad", required: false, message: expect.stringContaining("bprm_committed_creds") },
  ],
  [
    "a vendor's 4.18",
    { version: fact("4.18.0"), backports: fact("RHEL and its rebuilds") },
    undefined,
    "unknown",
    "kernel",
    { state: "unknown" },
  ],
  [
    "a vendor's 4.18 that can",
    { version: fact("4.18.0"), backports: fact("RHEL and its rebuilds") },
    loaded,
    "ok",
    "kernel",
    { state: "ok", evidence: expect.objectContaining({ origin: "BPF_PROG_LOAD" }) },
  ],
  [
    "no BTF",
    { btfSize: unknown("does not exist"), config: fact({ ...config, DEBUG_INFO_BTF: "n" }) },
    undefined,
    "bad",
    "btf",
    { state: "bad", remedy: expect.stringContaining("CONFIG_DEBUG_INFO_BTF") },
  ],
  [
    "no BPF LSM",
    { config: fact({ ...config, BPF_LSM: "n" }), lsmHooks: fact([]) },
    undefined,
    "bad",
    "CONFIG_BPF_LSM",
    { state: "bad", remedy: "Use a kernel with CONFIG_BPF_LSM=y" },
  ],
  [
    "no configuration, and the hooks in BTF",
    { config: unknown("no file") },
    loaded,
    "ok",
    "CONFIG_BPF_JIT",
    { state: "ok", evidence: { value: "2 functions bpf_lsm_*", origin: "made up" } },
  ],
  [
    "no configuration, and no hooks in BTF",
    { config: unknown("no file"), lsmHooks: fact([]) },
    undefined,
    "bad",
    "CONFIG_BPF_LSM",
    { state: "bad" },
  ],
  [
    "another refusal, in the kernel's words",
    {},
    { errno: "EINVAL", log: "bpf_lsm_bprm_committed_creds is not sleepable\nprocessed 0 insns\n" },
    "bad",
    "load",
    { state: "bad", message: expect.stringMatching(/: bpf_lsm_bprm_committed_creds is not sleepable$/) },
  ],
  ["no error injection", {}, loaded, "ok", "error-injection", { state: "bad", required: false }],
  [
    "error injection",
    { config: fact({ ...config, FUNCTION_ERROR_INJECTION: "y" }) },
    loaded,
    "ok",
    "error-injection",
    { state: "ok" },
  ],
  [
    "error injection, told by BTF",
    { config: unknown("no file"), functions: fact(["within_error_injection_list"]) },
    loaded,
    "ok",
    "error-injection",
    { state: "ok", evidence: { value: "CONFIG_FUNCTION_ERROR_INJECTION: y", origin: "made up" } },
  ],
  [
    "system calls by name",
    { version: fact("7.1.3") },
    loaded,
    "ok",
    "error-injection",
    { state: "ok", message: expect.stringContaining("system calls may sleep") },
  ],
])("%s", (_, facts, trial, answer, check, line) => {
  const lines = diagnose({ ...good, ...facts }, trial);
  expect(find(lines, check)).toMatchObject(line);
  expect(conclusion(lines)).toBe(answer);
  for (const { state, evidence } of lines) {
    expect(["ok", "bad", "unknown"]).toContain(state);
    expect(evidence).toEqual({ value: expect.stringMatching(/./), origin: expect.stringMatching(/./) });
  }
});
