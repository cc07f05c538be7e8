/** LSM programs: bpf_lsm_verify_prog() and the set of sleepable hooks (kernel/bpf/bpf_lsm.c). */
import { given, isKnown } from "../kernel/fact";
import { nearest } from "../nearest";
import type { Finding, Input, ProgramFacts } from "../verdict";
import { allowed, refused, undecided, unsafe } from "./finding";
import { type Change, input, type Kernel } from "./judged-kernel";
import { DISABLED_HOOKS, type HookHistory, KNOWN_HOOKS, NOT_HOOKS, SLEEPABLE_HOOKS } from "./lsm-hooks";
import { signatureFindings } from "./rules-trampolines";

const SET = "kernel/bpf/bpf_lsm.c: sleepable_lsm_hooks";
const VERIFY = "kernel/bpf/bpf_lsm.c: bpf_lsm_verify_prog()";

/** Removed from stable releases in no order: measured on exact versions (5b038319be44, CVE-2026-74338). */
const LSM_CGROUP = {
  since: "6.0",
  until: "7.2",
  seen: {
    "6.1.192": false,
    "6.12.117": false,
    "6.19.14": true,
    "7.0.13": true,
    "7.1.3": true,
    "7.1.7": false,
  },
};

export function judgeLsm(program: ProgramFacts, kernel: Kernel): Finding[] {
  const hook = program.target;
  if (hook === undefined) return [];
  const inputs = [hookInput(hook, kernel), kernel.versionInput];
  const missing = notThere(hook, kernel, inputs);
  if (missing !== undefined) return [missing];
  const findings = [
    disabled(hook, kernel, inputs),
    program.signature === undefined ? signatureByName(hook, kernel) : undefined,
  ].filter((found) => found !== undefined);
  if (!program.sleepable) return findings;
  const sleep = (program.kind === "lsm_cgroup" ? cgroup : sleepableHook)(hook, kernel, inputs, [
    ...findings,
    ...signatureFindings(program, kernel),
  ]);
  return [sleep, ...findings];
}

/** Hooks that take structs by value (kuid_t, kgid_t and sockptr_t), and since when, as far as measured. */
const STRUCTS: ReadonlyMap<string, Change> = new Map([
  ["path_chown", { since: "5.5" }],
  ["socket_getpeersec_stream", { since: "6.2", seen: { "5.10.262": true }, stray: true, commit: "b10b9c342f75" }],
]);

/** A trampoline supports no structs by value before 6.1 (720e6a435194). Used only if the kernel's types are unknown. */
function signatureByName(hook: string, kernel: Kernel): Finding | undefined {
  const change = STRUCTS.get(hook);
  if (change === undefined || kernel.since("6.1") !== false) return undefined;
  const takes = kernel.has(change);
  const more = {
    source: "kernel/bpf/btf.c: btf_distill_func_proto()",
    inputs: [kernel.versionInput],
    remedy: "require Linux 6.1, or use another hook",
    since: "6.1",
  };
  if (takes === undefined)
    return undecided(`whether ${hook} takes structs, which BPF trampolines do not support`, kernel.versionDoubt, more);
  if (!takes) return undefined;
  return refused(
    "TARGET_SIGNATURE",
    `${hook} takes structs, which BPF trampolines of ${kernel.label} do not support`,
    more,
  );
}

/** Findings about the host instead of the hook: the program loads and attaches, but never runs. */
export function judgeActive({ kind }: ProgramFacts, kernel: Kernel): Finding[] {
  if (kind !== "lsm") return [];
  const active = kernel.facts.lsms;
  if (!isKnown(active) || active.value.includes("bpf")) return [];
  const names = active.value.join(",");
  return [
    unsafe("LSM_INACTIVE", `bpf is not among the active LSMs (${names}): the program would attach but never run`, {
      source: "security/security.c: lsm= and CONFIG_LSM",
      inputs: [input("active LSMs", active, names)],
      stage: "run",
      remedy: `boot with lsm=${[...active.value, "bpf"].join(",")}`,
    }),
  ];
}

function hookInput(hook: string, { facts }: Kernel): Input {
  return input("LSM hook", facts.lsmHooks, `bpf_lsm_${hook}`);
}

function notThere(hook: string, kernel: Kernel, inputs: (Input | undefined)[]): Finding | undefined {
  const more = { source: VERIFY, inputs };
  if (NOT_HOOKS.has(hook)) {
    return refused("NOT_A_HOOK", `bpf_lsm_${hook} is a function of the BPF LSM itself, not a hook`, {
      ...more,
      remedy: "name a hook: node-libbpf hooks --kind lsm lists them",
    });
  }
  const listed = kernel.lists("lsmHooks", hook);
  if (listed === true || (listed === undefined && KNOWN_HOOKS.has(hook))) return undefined;
  const names = given(kernel.facts.lsmHooks) ?? KNOWN_HOOKS;
  const close = nearest(hook, names);
  const history = SLEEPABLE_HOOKS.get(hook);
  const config = history?.config === undefined ? undefined : `it needs CONFIG_${history.config}`;
  const ended = history?.until === undefined ? undefined : `it was removed in Linux ${history.until}`;
  const meant = close === undefined ? undefined : `did you mean ${close}?`;
  if (listed === undefined) {
    if (close === undefined) {
      return undecided(`whether there is an LSM hook ${hook}`, "no kernel up to 7.3 is known to have it", more);
    }
    return refused("HOOK_NOT_FOUND", `no kernel has an LSM hook ${hook}`, { ...more, remedy: meant });
  }
  return refused("HOOK_NOT_FOUND", `this kernel has no LSM hook ${hook}`, {
    ...more,
    since: history?.since,
    until: history?.until,
    remedy: config ?? ended ?? meant ?? "list the hooks there are with node-libbpf hooks --kind lsm",
  });
}

function disabled(hook: string, kernel: Kernel, inputs: (Input | undefined)[]): Finding | undefined {
  const change = DISABLED_HOOKS.get(hook);
  if (change === undefined) return undefined;
  const here = kernel.has(change);
  const more = { source: { file: "kernel/bpf/bpf_lsm.c: bpf_lsm_disabled_hooks", commit: "21c7063f6d08" }, inputs };
  if (here === undefined) return undecided(`whether BPF may use the hook ${hook}`, kernel.versionDoubt, more);
  if (!here) return undefined;
  return refused("HOOK_DISABLED", `BPF programs may not use the LSM hook ${hook}, sleeping or not`, {
    ...more,
    until: change.since,
    remedy: "use another hook: BPF must not decide the result of this one",
  });
}

function sleepableHook(
  hook: string,
  kernel: Kernel,
  inputs: (Input | undefined)[],
  others: readonly Finding[],
): Finding {
  const history = SLEEPABLE_HOOKS.get(hook);
  const source = { file: SET, ...(history?.commit !== undefined && { commit: history.commit }) };
  const more = { source, inputs, since: history?.since, until: history?.until };
  const measured = kernel.probed("lsm", hook, others);
  const answer = hookCanSleep(hook, kernel, others);
  if (measured !== undefined) more.inputs = [...inputs, measured.input];
  if (answer === undefined) return undecided(`whether ${hook} may sleep`, doubt(hook, kernel), more);
  if (answer) {
    // For a kernel known only by rule, the configuration is unknown. A listed hook exists, whatever the configuration.
    const guard = isKnown(kernel.facts.lsmHooks) ? undefined : history?.config;
    return allowed("SLEEPABLE", `${hook} may sleep${guard === undefined ? "" : `, if CONFIG_${guard} is on`}`, more);
  }
  return refused("HOOK_NOT_SLEEPABLE", `${hook} cannot sleep on ${kernel.label}`, {
    ...more,
    remedy: hookRemedy(hook, history, kernel),
  });
}

/** Whether a hook may sleep. */
export function hookCanSleep(hook: string, kernel: Kernel, others: readonly Finding[] = []): boolean | undefined {
  return kernel.probed("lsm", hook, others)?.accepted ?? bySet(SLEEPABLE_HOOKS.get(hook), kernel, hook);
}

function bySet(history: HookHistory | undefined, kernel: Kernel, hook: string): boolean | undefined {
  if (history === undefined) {
    // Unknown for a hook that was added after the tables, or between their versions.
    return kernel.version !== undefined && KNOWN_HOOKS.has(hook) ? false : undefined;
  }
  if (history.until !== undefined && history.seen !== undefined) {
    return kernel.still({ ...history, until: history.until });
  }
  // A listed hook that should have been removed belongs to a kernel that the tables do not cover.
  const until = history.until === undefined ? false : kernel.since(history.until);
  if (until === true) return kernel.lists("lsmHooks", hook) === true ? undefined : false;
  const since = kernel.since(history.since);
  if (since === false && history.born && kernel.lists("lsmHooks", hook) === true) return undefined;
  return until === undefined ? undefined : since;
}

function doubt(hook: string, kernel: Kernel): string {
  if (kernel.version !== undefined && !KNOWN_HOOKS.has(hook)) return `${hook} is unknown here`;
  return kernel.versionDoubt;
}

/** Similar hooks that may sleep. */
const INSTEAD: Readonly<Record<string, string>> = {
  file_permission: "file_open",
  file_mprotect: "mmap_file",
  file_truncate: "path_truncate",
  inode_mkdir: "path_mkdir",
  inode_link: "path_link",
  mmap_addr: "mmap_file",
  socket_setsockopt: "socket_getsockopt",
  path_mknod: "inode_mknod",
  file_ioctl_compat: "file_ioctl",
  task_free: "task_alloc",
  kernel_load_data: "kernel_read_file",
};

function hookRemedy(hook: string, history: HookHistory | undefined, kernel: Kernel): string {
  if (history?.until !== undefined && history.why !== undefined) {
    return `clear BPF_F_SLEEPABLE: ${hook} may not sleep since Linux ${history.until} and its stable updates, because ${history.why}`;
  }
  // It is in the set, but refused for another reason.
  if (history !== undefined && kernel.since(history.since) === true)
    return "clear BPF_F_SLEEPABLE, or use another hook";
  if (history !== undefined) return `clear BPF_F_SLEEPABLE, or require Linux ${history.since}, where ${hook} may sleep`;
  const instead = INSTEAD[hook];
  const since = instead === undefined ? undefined : SLEEPABLE_HOOKS.get(instead)?.since;
  const other = since === undefined ? "" : `; ${instead} can since Linux ${since}`;
  return `clear BPF_F_SLEEPABLE: ${hook} cannot sleep on any kernel up to 7.3${other}`;
}

function cgroup(hook: string, kernel: Kernel, inputs: (Input | undefined)[], others: readonly Finding[]): Finding {
  const more = {
    source: { file: "kernel/bpf/verifier.c: check_attach_btf_id()", commit: "5b038319be44" },
    inputs,
    since: "6.0",
    until: "7.2",
    remedy: "clear BPF_F_SLEEPABLE: the shim that calls lsm_cgroup programs runs under RCU",
  };
  const accepted = kernel.still(LSM_CGROUP);
  if (accepted === undefined) {
    return undecided("whether lsm_cgroup programs may be loaded as sleepable", kernel.versionDoubt, more);
  }
  const refusal = refused("LSM_CGROUP_NOT_SLEEPABLE", "lsm_cgroup programs cannot sleep", more);
  if (!accepted) return refusal;
  // The hook is checked as for any LSM program.
  const asHook = sleepableHook(hook, kernel, inputs, others);
  if (asHook.verdict !== "allowed") return asHook;
  return unsafe(
    "LSM_CGROUP_NOT_SLEEPABLE",
    "this kernel accepts a sleepable lsm_cgroup program and runs it under RCU",
    more,
  );
}
