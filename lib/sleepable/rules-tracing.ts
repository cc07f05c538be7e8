/**
 * fentry, fexit, fmod_ret and fsession programs: which functions may sleep (check_attach_sleepable() in
 * kernel/bpf/verifier.c).
 */
import { given, isKnown } from "../kernel/fact";
import type { Finding, Input, ProgramFacts, Stage } from "../verdict";
import { functionMissing } from "./existence";
import { allowed, refused, undecided } from "./finding";
import { input, type Kernel } from "./judged-kernel";
import { signatureFindings } from "./rules-trampolines";

const CHECK = { file: "kernel/bpf/verifier.c: check_attach_sleepable()", commit: "1e6c62a88215" };

/** Without error injection, system calls are recognized by their prefix, since 7.1 (16d9c5660692, 20c2e102a2f3). */
const PREFIXED = { since: "7.1", commit: "16d9c5660692" };
const PREFIXES: Readonly<Record<string, string>> = {
  x86_64: "__x64_",
  i686: "__ia32_",
  s390x: "__s390x_",
  aarch64: "__arm64_",
  riscv64: "__riscv_",
  ppc64: "sys_",
  ppc64le: "sys_",
  loongarch64: "sys_",
};

/** fmod_ret id sets, in which some functions have KF_SLEEPABLE (5b481acab4ce); measured from 6.12. */
const MODIFY_RETURN = { since: "6.2" };
const SLEEPABLE_IDS: readonly string[] = ["bpf_fentry_test1"];
const SLEEPABLE_IDS_SEEN = "6.12";

/** In the error injection list, but refused: btf_non_sleepable_error_inject. */
const DENIED: readonly { name: string; since: string; until?: string }[] = [
  { name: "__add_to_page_cache_locked", since: "5.10", until: "5.16" },
  { name: "__filemap_add_folio", since: "5.16" },
  { name: "should_fail_alloc_page", since: "5.10" },
  { name: "should_failslab", since: "5.10" },
];

/** Functions that never return, so that their exit can't be traced (noreturn_deny, cfe816d469dc). */
const NORETURN = { since: "6.15", stable: { "6.12": 26 }, commit: "cfe816d469dc" };
const NORETURN_NAMES: ReadonlySet<string> = new Set(
  "__ia32_sys_exit __ia32_sys_exit_group __kunit_abort kunit_try_catch_throw __module_put_and_kthread_exit __x64_sys_exit __x64_sys_exit_group do_exit do_group_exit kthread_complete_and_exit kthread_exit make_task_dead".split(
    " ",
  ),
);

/** No program can attach to these, because BPF itself calls them (btf_id_deny). */
const UNTRACEABLE: ReadonlySet<string> = new Set(
  "migrate_disable migrate_enable rcu_read_unlock_strict preempt_count_add preempt_count_sub __rcu_read_lock __rcu_read_unlock".split(
    " ",
  ),
);

export function judgeTracing(program: ProgramFacts, kernel: Kernel, stage: Stage = "load"): Finding[] {
  const { target, kind, sleepable } = program;
  if (target === undefined) return [];
  const missing = functionMissing(target, kernel, stage);
  if (missing?.verdict === "refused") return [missing];
  const denied = [noreturn(target, kind, kernel), untraceable(target, kernel)].filter((found) => found !== undefined);
  const others = [...denied, ...signatureFindings(program, kernel)];
  const first = sleepable ? sleepableTarget(target, kind, kernel, others) : modifiable(target, kind, kernel);
  const findings = [first, ...denied].filter((found) => found !== undefined).map((found) => ({ ...found, stage }));
  return missing === undefined ? findings : [...findings, missing];
}

function sleepableTarget(target: string, kind: string, kernel: Kernel, others: readonly Finding[]): Finding {
  const { architecture } = kernel.facts;
  const injection = hasErrorInjection(kernel);
  const inputs = [injection.input, kernel.versionInput];
  const more = { source: CHECK, inputs };
  const question = `whether ${target} may sleep`;
  const measured = kernel.probed(kind, target, others);
  if (measured !== undefined) {
    return measured.accepted
      ? allowed("SLEEPABLE", `${target} may sleep`, { ...more, inputs: [...inputs, measured.input] })
      : refusedTarget(target, kernel, injection.value, { ...more, inputs: [...inputs, measured.input] });
  }

  const ids = sleepableIds(target, kernel);
  if (ids === true) return allowed("SLEEPABLE", `${target} may sleep: it is marked KF_SLEEPABLE`, more);

  if (injection.value === true) return withErrorInjection(target, kernel, ids, question, inputs);

  const prefixed = kernel.has(PREFIXED);
  if (prefixed === undefined || (injection.value === undefined && (prefixed || target.includes("sys_")))) {
    const why = injection.value === undefined ? "it depends on CONFIG_FUNCTION_ERROR_INJECTION" : kernel.versionDoubt;
    return undecided(question, why, more);
  }
  if (injection.value === undefined && !isTestFunction(target)) {
    return undecided(question, "it depends on CONFIG_FUNCTION_ERROR_INJECTION", more);
  }
  if (prefixed) {
    const prefix = PREFIXES[given(architecture) ?? ""];
    const archInputs = [...inputs, input("architecture", architecture)];
    if (prefix !== undefined && target.startsWith(prefix)) {
      return allowed("SLEEPABLE", `${target} is a system call by its name, so it may sleep`, {
        source: { file: "kernel/bpf/verifier.c: check_attach_sleepable()", commit: PREFIXED.commit },
        inputs: archInputs,
        since: PREFIXED.since,
      });
    }
    if (!isKnown(architecture))
      return undecided(question, "the architecture is unknown", { ...more, inputs: archInputs });
  }
  if (ids === undefined) return undecided(question, "whether it is marked KF_SLEEPABLE can't be read", more);
  return refusedTarget(target, kernel, injection.value, more);
}

function withErrorInjection(
  target: string,
  kernel: Kernel,
  ids: boolean | undefined,
  question: string,
  inputs: readonly Input[],
): Finding {
  const { errorInjection } = kernel.facts;
  const listed = kernel.lists("errorInjection", target) || listedOfModule(target, kernel);
  const listInputs = [...inputs, input("error injection list", errorInjection, listed ? target : "not listed")];
  if (listed === true) {
    const denied = DENIED.find(
      ({ name, since, until }) => name === target && kernel.still({ since, until: until ?? "999.0" }) !== false,
    );
    if (denied === undefined)
      return allowed("SLEEPABLE", `${target} has error injection, so it may sleep`, {
        source: CHECK,
        inputs: listInputs,
      });
    return refused("TARGET_DENIED", `${target} cannot sleep, although it has error injection`, {
      source: { ...CHECK, file: "kernel/bpf/verifier.c: btf_non_sleepable_error_inject" },
      inputs: listInputs,
      remedy: "clear BPF_F_SLEEPABLE: the function is called where sleeping is not allowed",
    });
  }
  if (listed === undefined) {
    const why = isKnown(errorInjection) ? "" : errorInjection.unknown;
    return undecided(question, `the list of functions can't be read (${why})`, { source: CHECK, inputs: listInputs });
  }
  // A module's functions come and go with the module.
  if (ids === undefined || isOfModule(target, kernel))
    return undecided(question, "whether it is marked KF_SLEEPABLE can't be read", {
      source: CHECK,
      inputs: listInputs,
    });
  return refusedTarget(target, kernel, true, { source: CHECK, inputs: listInputs });
}

/**
 * Functions in an fmod_ret id set, sleeping or not; measured from 6.12. HID-BPF had a set until it became struct_ops.
 */
const MODIFIABLE = /^(bpf_modify_return_test(2|_tp)?|bpf_fentry_test1|update_socket_protocol)$/;

/** Whether a function is in such a set. Modules have their own sets. */
function inModifiableSet(name: string, kernel: Kernel): boolean | undefined {
  const sets = kernel.has(MODIFY_RETURN);
  if (!sets) return sets;
  const seen = kernel.since(SLEEPABLE_IDS_SEEN) === true;
  if (MODIFIABLE.test(name)) return seen ? true : undefined;
  return name.startsWith("hid_bpf_") && !seen ? undefined : false;
}

/** Functions whose result fmod_ret programs can modify, sleeping or not (check_attach_modify_return()). */
function modifiable(target: string, kind: string, kernel: Kernel): Finding | undefined {
  if (kind !== "fmod_ret") return undefined;
  const name = target.slice(target.indexOf(":") + 1);
  if (name.startsWith("security_")) return undefined;
  const { errorInjection } = kernel.facts;
  const injection = hasErrorInjection(kernel);
  const more = {
    source: "kernel/bpf/verifier.c: check_attach_modify_return()",
    inputs: [injection.input, kernel.versionInput],
    remedy: "use fexit, or an LSM hook: fmod_ret is for functions with ALLOW_ERROR_INJECTION, and for security_*",
  };
  const prefix = PREFIXES[given(kernel.facts.architecture) ?? ""];
  const listed = injection.value
    ? kernel.lists("errorInjection", target) || listedOfModule(target, kernel)
    : injection.value;
  const inSet = isOfModule(target, kernel) ? undefined : inModifiableSet(name, kernel);
  if (listed || inSet) return undefined;
  // By the prefix of a system call, if the kernel has no error injection (since 7.1).
  const prefixed =
    injection.value === false && (prefix === undefined || name.startsWith(prefix)) && kernel.has(PREFIXED);
  if (prefixed && prefix !== undefined) return undefined;
  if (listed === undefined || prefixed !== false || inSet === undefined) {
    const why =
      isKnown(errorInjection) || injection.value === false ? kernel.versionDoubt : "it depends on error injection";
    return undecided(`whether the result of ${target} may be modified`, why, more);
  }
  return refused("TARGET_NOT_MODIFIABLE", `the result of ${target} can't be modified`, more);
}

const isTestFunction = (target: string) => SLEEPABLE_IDS.includes(target);

/** Whether a function is given with its module, or is not in vmlinux. */
function isOfModule(target: string, kernel: Kernel): boolean {
  return target.includes(":") || kernel.lists("functions", target) === false;
}

/** The list has a module's functions with the module; a section may name them without it. */
function listedOfModule(target: string, kernel: Kernel): boolean | undefined {
  const list = given(kernel.facts.errorInjection);
  return list && isOfModule(target, kernel) && list.some((name) => name.endsWith(`:${target}`));
}

/**
 * Whether a function is in an fmod_ret id set with KF_SLEEPABLE. Modules have their own sets, which are not exported.
 */
function sleepableIds(target: string, kernel: Kernel): boolean | undefined {
  const sets = kernel.has(MODIFY_RETURN);
  if (sets === false) return false;
  if (sets === undefined || isOfModule(target, kernel)) return undefined;
  const seen = kernel.since(SLEEPABLE_IDS_SEEN) === true;
  // HID-BPF had a set until it became struct_ops.
  if (target.startsWith("hid_bpf_")) return seen ? false : undefined;
  if (!isTestFunction(target)) return false;
  return seen ? true : undefined;
}

interface Injection {
  value: boolean | undefined;
  input: Input;
}

/**
 * CONFIG_FUNCTION_ERROR_INJECTION: from the configuration, or from its function in BTF, which is an inline stub if the
 * option is off.
 */
export function hasErrorInjection(kernel: Kernel): Injection {
  const { config, functions, errorInjection } = kernel.facts;
  const name = "CONFIG_FUNCTION_ERROR_INJECTION";
  const option = kernel.config("FUNCTION_ERROR_INJECTION");
  if (isKnown(errorInjection)) return { value: true, input: input(name, errorInjection, "y") };
  if (option !== undefined) return { value: option === "y", input: input(name, config, option) };
  const present = kernel.lists("functions", "within_error_injection_list");
  return { value: present, input: input(name, functions, present ? "y" : "n") };
}

function refusedTarget(
  target: string,
  kernel: Kernel,
  injection: boolean | undefined,
  more: { source: Finding["source"]; inputs: Input[] },
): Finding {
  const prefix = PREFIXES[given(kernel.facts.architecture) ?? "x86_64"];
  const call = prefix !== undefined && target.startsWith(prefix) && kernel.has(PREFIXED) === false;
  const remedy = call
    ? "require Linux 7.1, or a kernel with CONFIG_FUNCTION_ERROR_INJECTION; or clear BPF_F_SLEEPABLE, or use an lsm.s hook"
    : `clear BPF_F_SLEEPABLE${injection ? "" : `, or trace a system call that takes arguments (${prefix ?? ""}*) on Linux 7.1 and newer`}: only these and functions with ALLOW_ERROR_INJECTION may sleep`;
  return refused("TARGET_NOT_SLEEPABLE", `${target} cannot sleep on ${kernel.label}`, { ...more, remedy });
}

function noreturn(target: string, kind: string, kernel: Kernel): Finding | undefined {
  if (!["fexit", "fmod_ret", "fsession"].includes(kind) || !NORETURN_NAMES.has(target)) return undefined;
  const here = kernel.has(NORETURN);
  const more = {
    source: { file: "kernel/bpf/verifier.c: noreturn_deny", commit: NORETURN.commit },
    inputs: [kernel.versionInput],
    until: NORETURN.since,
    remedy: `use fentry: ${target} never returns`,
  };
  // 6.13 and 6.14 are between the mainline release and the oldest stable release that has it.
  if (here === undefined || (!here && kernel.since("6.13")))
    return undecided(`whether the return of ${target} can be traced`, kernel.versionDoubt, more);
  return here
    ? refused("TARGET_NORETURN", `${target} never returns, so ${kind} can't be attached to it`, more)
    : undefined;
}

function untraceable(target: string, kernel: Kernel): Finding | undefined {
  if (!UNTRACEABLE.has(target) || !kernel.since("6.1")) return undefined;
  return refused("TARGET_DENIED", `no BPF program can be attached to ${target}: BPF itself calls it`, {
    source: "kernel/bpf/verifier.c: btf_id_deny",
    inputs: [kernel.versionInput],
    remedy: "trace another function",
  });
}
