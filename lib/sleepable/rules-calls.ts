/** Helpers and kfuncs that may sleep: where a program can call them. */
import { ProgramType } from "../constants";
import type { CallContext, CallFacts, Finding, ProgramFacts, RegionFacts } from "../verdict";
import { givesHelper, givesKfunc, hasKfunc, helperSince, kfuncSince } from "./availability";
import { refused, undecided, unsafe } from "./finding";
import { input, type Kernel } from "./judged-kernel";
import { DO_WITHOUT, makeSleepable } from "./remedies";
import { hookCanSleep } from "./rules-lsm";

/**
 * Helpers that may sleep in every kernel that has them (might_sleep of their proto; before 6.2 a proto that is not
 * offered).
 */
const HELPERS: ReadonlySet<string> = new Set([
  "bpf_copy_from_user",
  "bpf_copy_from_user_task",
  "bpf_ima_inode_hash",
  "bpf_ima_file_hash",
]);

/** KF_SLEEPABLE kfuncs: the first examined version with the flag, and the first without it. */
const KFUNCS: ReadonlyMap<string, { from: string; until?: string }> = new Map<string, { from: string; until?: string }>(
  [
    ...kfuncs("6.1", "bpf_lookup_user_key bpf_verify_pkcs7_signature"),
    ...kfuncs(
      "6.12",
      "scx_bpf_create_dsq bpf_crypto_ctx_create bpf_copy_from_user_str bpf_get_dentry_xattr bpf_get_file_xattr hid_bpf_allocate_context hid_bpf_release_context hid_bpf_hw_request hid_bpf_hw_output_report hid_bpf_input_report",
    ),
    ...kfuncs(
      "7.3",
      "bpf_ksock_create bpf_ksock_connect bpf_ksock_send bpf_mem_cgroup_flush_stats scx_bpf_cid_override css_rstat_flush bpf_copy_from_user_task_str bpf_iter_kmem_cache_new bpf_iter_kmem_cache_next bpf_iter_kmem_cache_destroy bpf_copy_from_user_dynptr bpf_copy_from_user_str_dynptr bpf_copy_from_user_task_dynptr bpf_copy_from_user_task_str_dynptr bpf_iter_dmabuf_new bpf_iter_dmabuf_next bpf_iter_dmabuf_destroy bpf_io_uring_submit_sqes bpf_binprm_set_interp bpf_binprm_select_interp bpf_binprm_set_interp_arg bpf_binprm_set_flags bpf_set_dentry_xattr bpf_remove_dentry_xattr bpf_real_data_inode",
    ),
    ["cgroup_rstat_flush", { from: "6.1", until: "7.3" }],
    // The verifier selects a sleeping or a non-sleeping variant, since some release before 7.3.
    ["bpf_arena_alloc_pages", { from: "6.12", until: "7.3" }],
    ["bpf_arena_free_pages", { from: "6.12", until: "7.3" }],
    ["bpf_arena_reserve_pages", { from: "6.17", until: "7.3" }],
  ],
);

function kfuncs(from: string, names: string): [string, { from: string }][] {
  return names.split(" ").map((name) => [name, { from }]);
}

/**
 * Timer callbacks are not verified as sleepable, even in a sleepable program (469d638d1520). 6.18 was not measured, and
 * stable releases may have backported it; the older ones measured accept such a callback.
 */
const TIMERS = { since: "6.19", unsure: "6.18", commit: "469d638d1520" };
/**
 * Global functions that may sleep are refused where sleeping is not allowed (e2d8f560d178); before, none could be
 * called with preemption disabled.
 */
const SUMMARIES = { since: "6.15", unsure: "6.15", commit: "e2d8f560d178" };
/** Functions can be called under a lock, and regions are passed to callers (a44b1334aadd, 6fceea0fa59f). */
const CALLS_UNDER_LOCK = "6.9";
/** RCU regions can be nested (4167096cb964). Stable releases were not examined. */
const NESTED_RCU = { since: "6.19", unsure: "6.17", commit: "4167096cb964" };
/** A global function is verified for each context it is called from. */
const BY_CONTEXT = "7.3";

const HELPER_CHECK = "kernel/bpf/verifier.c: check_helper_call()";
const KFUNC_CHECK = "kernel/bpf/verifier.c: check_kfunc_call()";

const WHERE: Readonly<Record<CallContext, string>> = {
  timer: "in a timer callback, which runs in softirq",
  work: "in a work queue callback",
  walk: "in a callback of bpf_for_each_map_elem(), which walks a hash map under RCU",
  rcu: "under bpf_rcu_read_lock()",
  preempt: "with preemption disabled",
  irq: "with interrupts disabled",
  lock: "while a lock is held",
  unclear: "in a function whose caller is unknown",
};

export function judgeCalls(program: ProgramFacts, kernel: Kernel): Finding[] {
  const findings = [
    ...program.kfuncs.flatMap((call) => kfunc(call, program, kernel)),
    ...(program.externs ?? []).map((call) => extern(call, kernel)),
    ...program.helpers.flatMap((call) => helper(call, program, kernel)),
    ...(program.functions ?? []).map((call) =>
      call.local ? staticFunction(call, kernel) : globalFunction(call, kernel),
    ),
    ...(program.regions ?? []).map((region) => regionFault(region, kernel)),
  ];
  return findings.filter((found) => found !== undefined);
}

function helper(call: CallFacts, program: ProgramFacts, kernel: Kernel): (Finding | undefined)[] {
  const missing = helperThere(call, program, kernel);
  // A function that is not offered need not be checked for sleeping.
  if (missing?.verdict === "refused") return [missing];
  const locked = underLock(call, kernel, /^bpf_spin_unlock$/);
  if (locked !== undefined) return [missing, locked];
  if (call.name === "bpf_tail_call" && call.context !== undefined && call.context !== "work")
    return [missing, tailCall(call, kernel)];
  if (call.name === "bpf_d_path") return [missing, path(call, program, kernel)];
  if (!HELPERS.has(call.name)) return [missing];
  return [missing, sleeping("HELPER_MAY_SLEEP", call, program, kernel)];
}

/** Measured on 6.1, not on 5.10. */
const PATHS_OF_HOOKS = "6.1";
/**
 * Functions for which bpf_d_path() is allowed (btf_allowlist_d_path), in addition to sleepable LSM hooks and iterators.
 */
const PATHS: ReadonlySet<string> = new Set(
  "security_file_permission security_inode_getattr security_file_open security_path_truncate vfs_truncate vfs_fallocate dentry_open vfs_getattr filp_close".split(
    " ",
  ),
);

function path(call: CallFacts, program: ProgramFacts, kernel: Kernel): Finding | undefined {
  const { kind, target = "" } = program;
  const may = mayAskPath(program, kernel);
  if (may === true) return undefined;
  const more = {
    source: "kernel/trace/bpf_trace.c: bpf_d_path_allowed()",
    inputs: inputsOf(call, kernel),
    remedy: `use ${kernel.since(PATHS_OF_HOOKS) ? "an lsm hook that can sleep, or " : ""}one of ${[...PATHS].join(", ")}`,
  };
  const question = `whether bpf_d_path may be called on ${target || "its target"}`;
  if (may === undefined || call.conditional)
    return undecided(question, "it is allowed on LSM hooks that can sleep, and on a few functions", more);
  return refused("HELPER_NOT_AVAILABLE", `bpf_d_path may not be called by ${kind} programs on ${target}`, more);
}

/**
 * Allowed for LSM programs on sleepable hooks, even if the program does not sleep, and for iterators; for both since
 * some release after 5.10.
 */
function mayAskPath({ kind, target = "" }: ProgramFacts, kernel: Kernel): boolean | undefined {
  if (PATHS.has(target.replace(/^vmlinux:/, ""))) return true;
  if (kernel.version === undefined) return undefined;
  if (kind !== "iter" && kind !== "lsm") return false;
  if (!kernel.since(PATHS_OF_HOOKS)) return kernel.since("5.11") ? undefined : false;
  return kind === "iter" ? true : hookCanSleep(target, kernel);
}

/**
 * Iterators over a css's tasks hold a lock that interrupt handlers may take: allowed for LSM programs, iterators and
 * sleepable programs.
 */
function cssTasks(call: CallFacts, { kind, sleepable }: ProgramFacts, kernel: Kernel): Finding | undefined {
  if (call.name !== "bpf_iter_css_task_new" || sleepable || kind.startsWith("lsm") || kind === "iter") return undefined;
  const more = {
    source: "kernel/bpf/verifier.c: check_css_task_iter_allowlist()",
    inputs: inputsOf(call, kernel),
    remedy: "use an lsm or iter program, or make the program sleepable",
  };
  if (call.conditional || kernel.version === undefined || call.context === "work")
    return undecided(
      `whether ${kind} programs may call ${call.name}`,
      "only the verifier tells whether it sees the call",
      more,
    );
  return refused("KFUNC_NOT_AVAILABLE", `${kind} programs that do not sleep cannot call ${call.name}`, more);
}

/**
 * bpf_override_return() depends on CONFIG_BPF_KPROBE_OVERRIDE, which is off in the measured kernels, and is for kprobes
 * only.
 */
function configured(name: string, { type }: ProgramFacts, kernel: Kernel): boolean | "differs" | undefined {
  if (name !== "bpf_override_return") return undefined;
  const there = kernel.lists("functions", name);
  if (there === undefined || there === (type === ProgramType.KPROBE)) return there ?? "differs";
  return false;
}

/** Helpers that a kernel does not have, or not for a kind of program. */
function helperThere(call: CallFacts, program: ProgramFacts, kernel: Kernel): Finding | undefined {
  const { name, conditional } = call;
  const since = helperSince(name);
  const gone = since !== undefined && kernel.since(since) === false;
  const given = gone ? false : (givesHelper(name, program, kernel) ?? configured(name, program, kernel));
  if (given !== false && given !== "differs") return undefined;
  const more = {
    source: HELPER_CHECK,
    inputs: inputsOf(call, kernel),
    since: gone ? since : undefined,
    remedy: gone ? `${DO_WITHOUT}, or require Linux ${since}` : `${DO_WITHOUT}, or use a program of a kind that has it`,
  };
  const message = gone ? `${kernel.label} has no ${name}` : `${program.kind} programs cannot call ${name}`;
  if (given === "differs" || conditional) {
    const why = conditional ? "only the verifier's analysis tells whether it sees the call" : "it changed about then";
    return undecided(`whether ${program.kind} programs may call ${name}`, why, more);
  }
  return refused("HELPER_NOT_AVAILABLE", message, more);
}

/** Configuration options without a value, which libbpf needs whichever programs are loaded. */
export function judgeConfig({ unset = [] }: ProgramFacts, kernel: Kernel): Finding[] {
  if (unset.length === 0) return [];
  const message = `the object uses ${unset.join(", ")}, but the kernel's configuration was not found`;
  const found = refused("CONFIG_NOT_FOUND", message, {
    source: "libbpf: bpf_object__read_kconfig_file()",
    inputs: [input("config", kernel.facts.config)],
    remedy: `set it: open(file, { kconfig: "${unset[0]}=y" }); or install the configuration as /boot/config-$(uname -r)`,
  });
  return [found];
}

/**
 * Kfuncs: libbpf rejects an object that needs a missing one, and replaces the call of a missing weak one by a call that
 * the kernel rejects.
 */
function kfuncThere(call: CallFacts, program: ProgramFacts, kernel: Kernel): Finding | undefined {
  const { name, conditional, weak, changed } = call;
  const since = kfuncSince(name);
  const has = hasKfunc(name, kernel);
  const more = { source: "libbpf: bpf_object__resolve_ksyms_btf()", inputs: inputsOf(call, kernel) };
  if (has === false || changed) {
    const other = since === undefined ? "a kernel that has it" : `Linux ${since}`;
    const remedy = changed
      ? `declare ${name} as this kernel has it, or each of its forms by a name of its own: ${name}___other`
      : `${DO_WITHOUT}, guard it with bpf_ksym_exists(), or require ${other}`;
    const message = changed
      ? `${kernel.label} has ${name} with another prototype`
      : `${kernel.label} has no kfunc ${name}`;
    if (weak && conditional)
      return undecided(`whether the verifier sees the call of ${name}`, message, { ...more, remedy });
    return refused("KFUNC_NOT_AVAILABLE", message, { ...more, since: changed ? undefined : since, remedy });
  }
  const given = givesKfunc(name, program, kernel);
  const question = `whether ${program.kind} programs may call ${name}`;
  if (given === false && has) {
    const inKind = { ...more, source: KFUNC_CHECK, remedy: `${DO_WITHOUT}, or use a program of a kind that has it` };
    if (conditional) return undecided(question, "only the verifier's analysis tells whether it sees the call", inKind);
    return refused("KFUNC_NOT_AVAILABLE", `${program.kind} programs cannot call ${name}`, inKind);
  }
  if (given === true && has) return undefined;
  // Undecidable unless its address is known or the kernel was measured.
  if (weak && conditional && given === undefined) return undefined;
  return undecided(question, has === undefined ? "it is unknown whether the kfunc exists" : "it is not known here", {
    ...more,
  });
}

/** Kfuncs that libbpf looks up, whichever programs are loaded. */
function extern({ name, changed }: CallFacts, kernel: Kernel): Finding | undefined {
  const has = hasKfunc(name, kernel);
  if (has && !changed) return undefined;
  const since = kfuncSince(name);
  const more = {
    source: "libbpf: bpf_object__resolve_externs()",
    inputs: inputsOf({ name }, kernel),
    remedy: `declare it __weak and guard it with bpf_ksym_exists(), or require ${since === undefined ? "a kernel that has it" : `Linux ${since}`}`,
  };
  const question = `whether this kernel has the kfunc ${name}`;
  if (has === undefined) return undecided(question, "without it libbpf rejects every program of the object", more);
  const what = has ? `has ${name} with another prototype` : `has no kfunc ${name}`;
  return refused("KFUNC_NOT_AVAILABLE", `${kernel.label} ${what}, and the object needs it`, { ...more, since });
}

function kfunc(call: CallFacts, program: ProgramFacts, kernel: Kernel): (Finding | undefined)[] {
  const missing = kfuncThere(call, program, kernel);
  if (missing?.verdict === "refused") return [missing];
  const locked = underLock(call, kernel, /^bpf_(res_spin_|list_|rbtree_|refcount_acquire|iter_num_|arena_|stream_)/);
  if (locked !== undefined) return [missing, locked];
  return [missing, cssTasks(call, program, kernel), sleepingKfunc(call, program, kernel)];
}

function sleepingKfunc(call: CallFacts, program: ProgramFacts, kernel: Kernel): Finding | undefined {
  const mark = KFUNCS.get(call.name);
  if (mark === undefined) return undefined;
  const ended = mark.until === undefined ? false : kernel.since(mark.until);
  if (ended) return undefined;
  const certain = kernel.since(mark.from) === true && (mark.until === undefined || kernel.since("6.13") === false);
  const found = sleeping("KFUNC_MAY_SLEEP", call, program, kernel);
  if (certain || found === undefined) return found;
  return undecided(`whether ${call.name} may sleep, and may be called here`, kernel.versionDoubt, {
    source: KFUNC_CHECK,
    inputs: [kernel.versionInput],
  });
}

type Reason = "HELPER_MAY_SLEEP" | "KFUNC_MAY_SLEEP";

/** What a kernel decides about a call that may sleep. */
function sleeping(reason: Reason, call: CallFacts, program: ProgramFacts, kernel: Kernel): Finding | undefined {
  const found = program.sleepable
    ? inSleepable(call, kernel, sourceOf(reason))
    : inPlain(reason, call, program, kernel);
  if (found === undefined || found.verdict === "unknown" || !call.conditional) return found;
  // The verifier skips branches that it knows are not taken, and calls in them.
  const question = `whether the verifier sees the call of ${call.name}, which may sleep${placed(call)}`;
  return undecided(question, "only its own analysis of the program tells", {
    source: found.source,
    inputs: found.inputs,
    remedy: found.remedy,
  });
}

const sourceOf = (reason: Reason) => (reason === "HELPER_MAY_SLEEP" ? HELPER_CHECK : KFUNC_CHECK);
const placed = ({ context }: CallFacts) => (context === undefined ? "" : ` ${WHERE[context]}`);

function inputsOf({ name }: Pick<CallFacts, "name">, kernel: Kernel): Finding["inputs"] {
  return [{ name: "instructions", value: `call ${name}`, origin: "the object file" }, kernel.versionInput];
}

/** A program that may not sleep can do so only in work queue callbacks. */
function inPlain(reason: Reason, call: CallFacts, program: ProgramFacts, kernel: Kernel): Finding | undefined {
  const more = { source: sourceOf(reason), inputs: inputsOf(call, kernel), remedy: makeSleepable(program.kind) };
  const question = `whether ${call.name} may be called${placed(call)}`;
  if (call.context === "unclear") return undecided(question, "its caller is unknown", more);
  if (call.context === "work") {
    if (!call.global || kernel.since(BY_CONTEXT)) return undefined;
    return undecided(question, "it is in a global function, which is verified on its own", more);
  }
  const inCallback = call.context === "timer";
  return refused(reason, `${call.name} may sleep, and the program is not sleepable`, {
    ...more,
    ...(inCallback && { remedy: IN_CALLBACK }),
  });
}

const IN_CALLBACK = `${DO_WITHOUT} in the callback: a bpf_wq's may sleep (since Linux 6.10), a bpf_timer's may not`;
const LEAVE = "move the call out of there: sleeping is not allowed in it";

/** A sleepable program may not sleep everywhere. */
function inSleepable(call: CallFacts, kernel: Kernel, source: string): Finding | undefined {
  const { name, context, global } = call;
  if (context === undefined || context === "work") return undefined;
  const message = `${name} may sleep, and is called ${WHERE[context]}`;
  const more = { source, inputs: inputsOf(call, kernel), remedy: context === "timer" ? IN_CALLBACK : LEAVE };
  if (context === "unclear")
    return undecided(`whether ${name} is called where it may sleep`, "it differs between paths", more);
  // No kernel checks the locks that helpers hold during callbacks.
  if (context === "walk") return unsafe("ATOMIC_CONTEXT", `${message}: but no kernel checks that`, more);
  const rule = context === "timer" ? TIMERS : global ? SUMMARIES : undefined;
  if (rule === undefined) return refused("ATOMIC_CONTEXT", message, more);
  const inRule = { ...more, source: { file: source, commit: rule.commit } };
  if (kernel.has(rule)) return refused("ATOMIC_CONTEXT", message, inRule);
  if (kernel.version === undefined || kernel.since(rule.unsure)) {
    return undecided(`whether ${name} is refused ${WHERE[context]}`, kernel.versionDoubt, inRule);
  }
  // Accepted or not: loading it would not tell.
  return unsafe("ATOMIC_CONTEXT", `${message}: ${kernel.label} may accept it anyway`, {
    ...inRule,
    until: rule.since,
  });
}

/** While a lock is held, only listed functions can be called (kfunc_spin_allowed()). */
function underLock(call: CallFacts, kernel: Kernel, may: RegExp): Finding | undefined {
  if (call.context !== "lock" || call.global || may.test(call.name)) return undefined;
  return inRegion(call, kernel, `${call.name} is called ${WHERE.lock}, and only its release may be`, LEAVE);
}

/** A tail call never leaves the region. Which kernels check that for regions without a lock was not measured. */
function tailCall(call: CallFacts, kernel: Kernel): Finding {
  return undecided(`whether a tail call is allowed ${WHERE[call.context ?? "unclear"]}`, "the region is never left", {
    source: HELPER_CHECK,
    inputs: inputsOf(call, kernel),
    remedy: LEAVE,
  });
}

/** Static functions can be called under a lock since 6.9 (a44b1334aadd). */
function staticFunction(call: CallFacts, kernel: Kernel): Finding | undefined {
  if (kernel.since(CALLS_UNDER_LOCK)) return undefined;
  return inRegion(
    call,
    kernel,
    `the function ${call.name} is called ${WHERE.lock}, where ${kernel.label} allows no function calls`,
    `inline the function, or require Linux ${CALLS_UNDER_LOCK}`,
    CALLS_UNDER_LOCK,
  );
}

function inRegion(call: CallFacts, kernel: Kernel, message: string, remedy: string, since?: string): Finding {
  const more = { source: HELPER_CHECK, inputs: inputsOf(call, kernel), remedy, since };
  if (!call.conditional && kernel.version !== undefined) return refused("ATOMIC_CONTEXT", message, more);
  const why = call.conditional ? "only the verifier's analysis tells" : kernel.versionDoubt;
  return undecided(`whether ${call.name} is called ${WHERE.lock}`, why, more);
}

const REGION: Readonly<Record<RegionFacts["region"], { name: string; leave: string }>> = {
  lock: { name: "a lock's region", leave: "bpf_spin_unlock() or bpf_res_spin_unlock()" },
  preempt: { name: "the region with preemption disabled", leave: "bpf_preempt_enable()" },
  irq: { name: "the region with interrupts disabled", leave: "bpf_local_irq_restore()" },
  rcu: { name: "the RCU region", leave: "bpf_rcu_read_unlock()" },
};

/** Regions must be left as often as they are entered, in the same program. */
function regionFault({ region, fault, conditional }: RegionFacts, kernel: Kernel): Finding | undefined {
  const { name, leave } = REGION[region];
  // Functions pass regions to their callers: locks and RCU since 6.9 (a44b1334aadd, 6fceea0fa59f), the others from the
  // first.
  if (
    fault === "not left in its function" &&
    (kernel.since(CALLS_UNDER_LOCK) || region === "preempt" || region === "irq")
  )
    return undefined;
  const nests = fault === "nested" ? kernel.since(NESTED_RCU.since) : undefined;
  if (nests) return undefined;
  const message: Record<typeof fault, string> = {
    "not entered": `${leave} is called outside of ${name}`,
    nested: `${name} is entered within itself`,
    disorder: `${name} is not left in the order that it was entered in`,
    "not left": `${name} is not left on every path: ${leave} is missing`,
    "not left in its function": `${name} is not left in the function that enters it`,
  };
  const more = {
    source: {
      file: "kernel/bpf/verifier.c: check_resource_leak(), check_kfunc_call()",
      ...(fault === "nested" && { commit: NESTED_RCU.commit }),
    },
    inputs: [{ name: "instructions", value: region, origin: "the object file" }, kernel.versionInput],
    remedy: `call ${leave} once for each entry to the region, on every path`,
  };
  if (!conditional && kernel.version !== undefined && !(fault === "nested" && kernel.since(NESTED_RCU.unsure)))
    return refused("REGION_UNBALANCED", message[fault], more);
  const why = conditional ? "only the verifier's analysis tells which paths exist" : kernel.versionDoubt;
  return undecided(`whether ${message[fault]}`, why, more);
}

/** Global functions that can't be called in some regions, whatever they do. */
function globalFunction(call: CallFacts, kernel: Kernel): Finding | undefined {
  const { name, context, conditional } = call;
  if (context !== "lock" && context !== "preempt" && context !== "irq") return undefined;
  if (context !== "lock" && kernel.since(SUMMARIES.since)) return undefined;
  const more = {
    source: { file: "kernel/bpf/verifier.c: check_func_call()", commit: SUMMARIES.commit },
    inputs: inputsOf(call, kernel),
    remedy: "make the function static, or move the call out of there",
  };
  if (conditional || kernel.version === undefined) {
    const why = conditional ? "only the verifier's analysis tells whether it is" : kernel.versionDoubt;
    return undecided(`whether the global function ${name} may be called ${WHERE[context]}`, why, more);
  }
  return refused("ATOMIC_CONTEXT", `the global function ${name} is called ${WHERE[context]}`, more);
}
