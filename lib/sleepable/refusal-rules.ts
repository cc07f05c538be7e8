/** Kernel messages for refused programs, Linux 5.10 to 7.3, and their meaning: the table of {@link explain}. */

import { parseVersion, seriesNumber } from "../compare-versions";
import { ProgramType } from "../constants";
import { HELPERS } from "../helpers";
import { type AttachMechanism, KINDS, type KindRow, kindRow, kindsWhere, OLDEST, usesTrampoline } from "../kinds";
import { type MapTypeName, mapTypes } from "../map-types";
import type { ProgramFacts, ReasonCode } from "../verdict";
import { CLEAR, DO_WITHOUT, onlyThese, makeSleepable as remedyOf } from "./remedies";

/** The input of a rule. */
export interface Found {
  /** The pattern's groups; "" for groups that did not match. */
  names: string[];
  program: Partial<ProgramFacts>;
  errno: string;
  /** The helper whose call the verifier checked, if the message does not name it. */
  helper: string;
  log: readonly string[];
}

/** Undefined: the rule does not apply. */
export type Of<T> = T | ((found: Found) => T | undefined);

export interface Rule {
  pattern: RegExp;
  reason: Of<ReasonCode>;
  message: Of<string>;
  remedy?: Of<string>;
  source: string;
  commit?: string;
}

export const VERIFIER = "kernel/bpf/verifier.c";

const makeSleepable = ({ program: { kind } }: Found) => remedyOf(kind);

/**
 * A sleeping call is refused either because the program does not sleep, or because of its position in a sleepable
 * program.
 */
function maySleep(reason: ReasonCode): (found: Found) => ReasonCode {
  return ({ program }) => (program.sleepable ? "ATOMIC_CONTEXT" : reason);
}

const leave = "move the call out of the region that must not sleep";
const noCallback = `${DO_WITHOUT} in the callback: a bpf_wq's may sleep, a bpf_timer's may not`;
const sleepHere = (found: Found) => (found.program.sleepable ? noCallback : makeSleepable(found));
const inSleepHere = ({ program }: Found) =>
  program.sleepable ? "a callback that must not" : "a program that is not sleepable";

/** Whether a kind was added later to an existing program type: an older kernel takes it for another kind. */
const isLater = ({ types, since }: KindRow) =>
  since !== OLDEST && (types.includes(ProgramType.TRACING) || types.includes(ProgramType.LSM));

function wrongKind({ program: { kind = "" } }: Found): ReasonCode {
  if (kind === "lsm_cgroup") return "LSM_CGROUP_NOT_SLEEPABLE";
  if (kind === "tp_btf") return "TRACEPOINT_NOT_FAULTABLE";
  const row = kindRow(kind);
  return row !== undefined && isLater(row) ? "KIND_UNKNOWN" : "KIND_NOT_SLEEPABLE";
}

function wrongKindRemedy({ program: { kind = "" } }: Found): string {
  if (kind === "lsm_cgroup") return `${CLEAR}, or use lsm.s and look at the cgroup in the program`;
  const row = kindRow(kind);
  if (row === undefined || row.sleeps === "never") return `${CLEAR}: ${onlyThese()}`;
  const { since, only } = row.sleeps;
  if (isLater(row)) return `require Linux ${row.since}, or use fentry and fexit`;
  if (only !== undefined) return `${CLEAR}: only ${only} can sleep, since Linux ${since}`;
  if (since === OLDEST) return `${CLEAR}: ${onlyThese()}`;
  return `${CLEAR}, or require Linux ${since}, where ${row.family} programs can sleep`;
}

/**
 * The last release that may hide sleeping helpers from programs that are not sleepable. Linux 6.2 stopped doing so;
 * some stable releases stopped later.
 */
const HIDDEN_UNTIL = "6.3";

/** Whether a kind has a sleepable variant on such a kernel. A kind without one does not have these helpers at all. */
function couldSleep(kind: string): boolean {
  const sleeps = kindRow(kind)?.sleeps ?? "never";
  return sleeps !== "never" && !sleeps.always && seriesOf(sleeps.since) <= seriesOf(HIDDEN_UNTIL);
}

function seriesOf(release: string): number {
  const version = parseVersion(release);
  return version === undefined ? Number.POSITIVE_INFINITY : seriesNumber(version);
}

const kinds = ({ program: { kind } }: Found) => (kind === undefined ? "programs of this kind" : `${kind} programs`);

const HELPER = "(bpf_\\w+)#\\d+";
const SLEEPING_HELPERS = "bpf_copy_from_user(?:_task)?|bpf_ima_(?:inode|file)_hash";

/**
 * Kernel messages, each one line. The first match is used.
 *
 * Patterns must have linear run time: logs contain text written by users.
 */
export const RULES: readonly Rule[] = [
  // Hooks and functions
  {
    pattern: /^bpf_lsm_(\w+) is not sleepable$/,
    // Other kinds trace the function of that name.
    reason: ({ program: { kind = "lsm" } }) => (kind.startsWith("lsm") ? "HOOK_NOT_SLEEPABLE" : undefined),
    message: ({ names: [hook] }) => `the LSM hook ${hook} cannot sleep on this kernel`,
    remedy: `${CLEAR}, or use a hook that may sleep`,
    source: `${VERIFIER}: bpf_check_attach_target()`,
    commit: "1e6c62a88215",
  },
  {
    pattern: /^([\w.]+) is not sleepable$/,
    reason: "TARGET_NOT_SLEEPABLE",
    message: ({ names: [name] }) => `the function ${name} cannot sleep on this kernel`,
    remedy: `${CLEAR}: only functions with ALLOW_ERROR_INJECTION may sleep, and system calls since Linux 7.1`,
    source: `${VERIFIER}: check_attach_sleepable()`,
    commit: "1e6c62a88215",
  },
  {
    pattern: /^attach_btf_id \d+ points to disabled hook (?:bpf_lsm_)?(\S+)$/,
    reason: "HOOK_DISABLED",
    message: ({ names: [hook] }) => `BPF programs may not use the LSM hook ${hook}, sleeping or not`,
    remedy: "use another hook: BPF must not decide the result of this one",
    source: "kernel/bpf/bpf_lsm.c: bpf_lsm_verify_prog()",
    commit: "21c7063f6d08",
  },
  {
    pattern: /^attach_btf_id \d+ points to wrong type name (\S+)$/,
    reason: "NOT_A_HOOK",
    message: ({ names: [name] }) => `${name} is a function of the BPF LSM itself, not a hook`,
    remedy: "name a hook",
    source: "kernel/bpf/bpf_lsm.c: bpf_lsm_verify_prog()",
  },
  {
    pattern: /^BPF_LSM_CGROUP programs cannot be sleepable$/,
    reason: "LSM_CGROUP_NOT_SLEEPABLE",
    message: "lsm_cgroup programs run under RCU and cannot sleep",
    remedy: wrongKindRemedy,
    source: `${VERIFIER}: check_attach_btf_id()`,
    commit: "5b038319be44",
  },
  {
    pattern: /^Attaching fexit\S* to __noreturn functions? (?:'(\S+)' )?is rejected\.?$/,
    reason: "TARGET_NORETURN",
    message: ({ names: [name], program: { target = "the function" } }) => `${name || target} never returns`,
    remedy: "use fentry",
    source: `${VERIFIER}: noreturn_deny`,
    commit: "cfe816d469dc",
  },
  {
    pattern: /^Attaching tracing programs to function '(\S+)' is rejected\.?$/,
    reason: "TARGET_DENIED",
    message: ({ names: [name] }) => `no BPF program can be attached to ${name}: BPF itself calls it`,
    remedy: "trace another function",
    source: `${VERIFIER}: btf_id_deny`,
  },
  {
    pattern: /^The address of function (\S+) cannot be found$/,
    reason: "TARGET_NOT_FOUND",
    message: ({ names: [name] }) => `the kernel's BTF has the function ${name}, but its symbols do not`,
    remedy: "trace another function: this one was dropped, inlined or freed",
    source: `${VERIFIER}: bpf_check_attach_target()`,
  },
  {
    pattern:
      /^The function (\S+) (?:arg\d+ type|return type|has|with) .*(?:unsupported|Too many|malformed void argument)\.?$/,
    reason: "TARGET_SIGNATURE",
    message: ({ names: [name] }) =>
      `${name} takes or returns a type that BPF trampolines of this kernel do not support`,
    remedy: "attach to another function or hook",
    source: "kernel/bpf/btf.c: btf_distill_func_proto()",
  },
  {
    pattern: /^(\S+?)\(\) is not modifiable$/,
    reason: "TARGET_NOT_MODIFIABLE",
    message: ({ names: [name] }) => `the result of ${name} can't be modified`,
    remedy: "use fexit, or an LSM hook: fmod_ret is for functions with ALLOW_ERROR_INJECTION, and for security_*",
    source: `${VERIFIER}: check_attach_modify_return()`,
  },
  {
    pattern: /^Extension program may sleep, while original does not\.?$/,
    reason: "REPLACED_NOT_SLEEPABLE",
    message: "the program may sleep, but the program whose function it replaces may not",
    remedy: `${DO_WITHOUT}, or load the original with BPF_F_SLEEPABLE`,
    source: `${VERIFIER}: bpf_check_attach_target()`,
  },

  // Kinds
  {
    pattern: /^(?:Only .+ programs can be sleepable|Program of this type cannot be sleepable)$/,
    reason: wrongKind,
    message: (found) => `${kinds(found)} cannot sleep on this kernel`,
    remedy: wrongKindRemedy,
    source: `${VERIFIER}: can_be_sleepable()`,
    commit: "1e6c62a88215",
  },
  {
    pattern: /^Syscall programs can only be sleepable$/,
    reason: "KIND_MUST_SLEEP",
    message: "syscall programs must be sleepable",
    remedy: "set BPF_F_SLEEPABLE",
    source: `${VERIFIER}: check_attach_btf_id()`,
    commit: "79a7f8bdb159",
  },
  {
    pattern: /^Sleepable program cannot attach to non-faultable tracepoint (\S+)$/,
    reason: "TRACEPOINT_NOT_FAULTABLE",
    message: ({ names: [name] }) => `programs on the tracepoint ${name} cannot sleep`,
    remedy: `${CLEAR}, or use sys_enter or sys_exit`,
    source: `${VERIFIER}: bpf_check_attach_target()`,
    commit: "439ebd5b5708",
  },

  // struct_ops
  {
    pattern: /^attach to unsupported member (\S+) of struct (\S+)$/,
    reason: ({ names: [, struct], program, errno }) =>
      struct === "binfmt_misc_ops" && !program.sleepable
        ? "KIND_MUST_SLEEP"
        : program.sleepable && errno === "EINVAL"
          ? "STRUCT_OPS_MEMBER_NOT_SLEEPABLE"
          : "STRUCT_OPS_NOT_FOUND",
    message: ({ names: [member, struct], program }) =>
      `this kernel takes no ${program.sleepable ? "sleepable " : ""}program for ${struct}.${member}`,
    remedy: ({ names: [, struct], program }) =>
      program.sleepable ? CLEAR : struct === "binfmt_misc_ops" ? "set BPF_F_SLEEPABLE" : "leave the member out",
    source: `${VERIFIER}: check_struct_ops_btf_id()`,
    commit: "51a52a29ebaa",
  },
  {
    pattern: /^attach_btf_id \d+ is not a supported struct$/,
    reason: "STRUCT_OPS_NOT_FOUND",
    message: ({ program: { target = "this struct" } }) => `this kernel has no struct_ops ${target}`,
    remedy: "load the module that has it, or remove it",
    source: `${VERIFIER}: check_struct_ops_btf_id()`,
  },
  {
    // libbpf's message (find_struct_ops_kern_types()).
    pattern: /^(?:libbpf: )?struct_ops init_kern: struct (?:bpf_struct_ops_)?(\w+) is not found in kernel BTF$/,
    reason: "STRUCT_OPS_NOT_FOUND",
    message: ({ names: [name] }) => `this kernel has no struct_ops ${name}`,
    remedy: "load the module that has it, or remove it",
    source: "libbpf: find_struct_ops_kern_types()",
  },

  // Licence
  {
    pattern:
      /^(?:(LSM) programs must have a GPL compatible license|cannot call .+ from non-GPL compatible program|Cannot access kernel '(struct \w+)' from non-GPL compatible program)$/,
    reason: "LICENSE_NOT_GPL",
    message: ({ names: [lsm, struct] }) =>
      lsm
        ? "LSM programs need a GPL-compatible licence"
        : struct
          ? `the program reads the kernel's ${struct}, which needs a GPL-compatible licence`
          : "the program calls a function that needs a GPL-compatible licence",
    remedy: 'declare one, if it is: char LICENSE[] SEC("license") = "GPL"',
    source: `${VERIFIER}: check_helper_call(); kernel/bpf/bpf_lsm.c: bpf_lsm_verify_prog()`,
  },

  // Maps
  {
    pattern: /^Sleepable programs can only use preallocated hash maps$/,
    reason: "MAP_NOT_PREALLOCATED",
    message: "hash maps of sleepable programs must be preallocated on this kernel",
    remedy: "clear BPF_F_NO_PREALLOC of the map, or require Linux 6.1",
    source: `${VERIFIER}: check_map_prog_compatibility()`,
    commit: "02cc5aa29e8c",
  },
  {
    pattern: /^\w+ programs can only use preallocated hash map$/,
    reason: "MAP_NOT_PREALLOCATED",
    message: (found) => `hash maps of ${kinds(found)} must be preallocated on this kernel`,
    remedy: "clear BPF_F_NO_PREALLOC of the map, or require Linux 6.1",
    source: `${VERIFIER}: check_map_prog_compatibility()`,
  },
  {
    // The list in the message is incomplete: that of 6.12 and 7.3 lacks queue, arena and others.
    pattern: /^Sleepable programs can only use .+ maps$/,
    reason: "MAP_TYPE_NOT_SLEEPABLE",
    message: "sleepable programs cannot use one of the program's maps on this kernel, because of its type",
    remedy: `use an array or a hash map (ring buffers since Linux ${mapTypes.ringbuf.programs.sleepable[0]}), or ${CLEAR}`,
    source: `${VERIFIER}: check_map_prog_compatibility()`,
  },
  {
    pattern: /^bpf_struct_ops map cannot be used in prog$/,
    reason: "MAP_TYPE_NOT_SLEEPABLE",
    message: "no program can use a struct_ops map",
    source: `${VERIFIER}: check_map_prog_compatibility()`,
  },
  {
    pattern: /^(tracing|sleepable|socket filter) progs cannot use (bpf_spin_lock|bpf_\{list_head,rb_root\}) yet$/,
    reason: "MAP_SPIN_LOCK",
    message: (found) => {
      const {
        names: [who, what],
      } = found;
      return `${who === "sleepable" ? "sleepable programs" : kinds(found)} cannot use ${what}, which a map's values have`;
    },
    remedy: ({ names: [who], program: { sleepable } }) =>
      who === "sleepable"
        ? "use atomic operations, or require Linux 6.6"
        : `use a map without it, or an fentry or lsm program${sleepable ? ", sleepable since Linux 6.6" : ""}`,
    source: `${VERIFIER}: check_map_prog_compatibility()`,
    commit: "5861d1e8dbc4",
  },
  {
    pattern: /^tracing progs cannot use (bpf_timer|bpf_wq) yet$/,
    reason: "MAP_TIMER",
    message: (found) => `${kinds(found)} cannot use ${found.names[0]}, which a map's values have`,
    remedy: "use a map without it, or an fentry or lsm program",
    source: `${VERIFIER}: check_map_prog_compatibility()`,
  },

  // Helpers
  {
    pattern: new RegExp(`^sleepable helper ${HELPER} in non-sleepable prog$`),
    reason: maySleep("HELPER_MAY_SLEEP"),
    message: (found) => `${found.names[0]} may sleep, and is called in ${inSleepHere(found)}`,
    remedy: sleepHere,
    source: `${VERIFIER}: check_helper_call()`,
  },
  {
    pattern: new RegExp(`^sleepable helper ${HELPER} in (.+)$`),
    reason: "ATOMIC_CONTEXT",
    message: ({ names: [helper, region] }) => `${helper} may sleep, and is called in ${article(region)}`,
    remedy: leave,
    source: `${VERIFIER}: check_helper_call()`,
  },
  {
    pattern: /^helper call might sleep in a non-sleepable prog$/,
    reason: maySleep("HELPER_MAY_SLEEP"),
    message: (found) => `${found.helper || "a helper"} may sleep, and is called in ${inSleepHere(found)}`,
    remedy: sleepHere,
    source: `${VERIFIER}: check_helper_call()`,
    commit: "01685c5bddaa",
  },
  {
    pattern: new RegExp(`^(?:unknown func|program of this type cannot use helper) (${SLEEPING_HELPERS})#\\d+$`),
    reason: ({ program: { sleepable, kind = "lsm" } }) =>
      sleepable || !couldSleep(kind) ? undefined : "HELPER_MAY_SLEEP",
    message: ({ names: [helper] }) => `${helper} may sleep, and the program is not sleepable`,
    remedy: makeSleepable,
    source: "kernel/trace/bpf_trace.c: bpf_tracing_func_proto()",
  },
  {
    pattern: new RegExp(`^(?:unknown func|program of this type cannot use helper) ${HELPER}$`),
    reason: "HELPER_NOT_AVAILABLE",
    message: (found) => `${kinds(found)} cannot call ${found.names[0]} on this kernel`,
    remedy: `${DO_WITHOUT}, or use a program of a kind that has the helper`,
    source: `${VERIFIER}: check_helper_call()`,
  },
  {
    pattern: /^invalid func unknown#(\d{1,4})$/,
    reason: "HELPER_NOT_AVAILABLE",
    message: ({ names: [number] }) => `this kernel has no helper ${HELPERS[Number(number)] ?? number}`,
    remedy: `${DO_WITHOUT}, or require a newer kernel`,
    source: `${VERIFIER}: check_helper_call()`,
  },
  {
    pattern: /^helper call is not allowed in probe$/,
    reason: "HELPER_NOT_AVAILABLE",
    message: ({ helper, program: { target = "this target" } }) =>
      `${helper || "a helper"} may not be called on ${target}`,
    remedy: "use a hook that may sleep (bpf_d_path: since Linux 5.11), or one of a few functions such as filp_close",
    source: "kernel/trace/bpf_trace.c: bpf_d_path_allowed(); kernel/bpf/bpf_lsm.c: bpf_ima_inode_hash_allowed()",
  },

  // Kfuncs and functions
  {
    pattern:
      /^(?:kernel function (\w+) is sleepable but the program is not|program must be sleepable to call sleepable kfunc (\w+))$/,
    reason: maySleep("KFUNC_MAY_SLEEP"),
    message: (found) => `${found.names.join("")} may sleep, and is called in ${inSleepHere(found)}`,
    remedy: sleepHere,
    source: `${VERIFIER}: check_kfunc_call()`,
  },
  {
    pattern: /^kernel func (\w+) is sleepable within (.+)$/,
    reason: ({ names: [, where], program }) =>
      /^(?:a )?non-sleepable prog/.test(where ?? "") && !program.sleepable ? "KFUNC_MAY_SLEEP" : "ATOMIC_CONTEXT",
    message: ({ names: [kfunc, region] }) => `${kfunc} may sleep, and is called in ${article(region)}`,
    remedy: (found) => (/^(?:a )?non-sleepable prog/.test(found.names[1] ?? "") ? sleepHere(found) : leave),
    source: `${VERIFIER}: check_kfunc_call()`,
  },
  {
    // The second is libbpf's message for a call that it could not resolve (poison_kfunc_call() in libbpf.c).
    pattern:
      /^(?:calling kernel function (\w+) is not allowed|kfunc '(\w+)' is referenced but wasn't resolved|invalid kernel function call not eliminated in verifier pass)$/,
    reason: "KFUNC_NOT_AVAILABLE",
    message: (found) => `${kinds(found)} cannot call ${found.names.join("") || "a kfunc"} on this kernel`,
    remedy: `${DO_WITHOUT}, guard it with bpf_ksym_exists(), or require a kernel that has it`,
    source: `${VERIFIER}: fetch_kfunc_meta()`,
  },
  {
    pattern: /^css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs$/,
    reason: "KFUNC_NOT_AVAILABLE",
    message: (found) => `${kinds(found)} that do not sleep cannot call bpf_iter_css_task_new`,
    remedy: "use an lsm or iter program, or make the program sleepable",
    source: `${VERIFIER}: check_css_task_iter_allowlist()`,
  },
  {
    // libbpf's message (bpf_object__resolve_ksym_func_btf_id()).
    pattern: /^(?:libbpf: )?extern \(func ksym\) '(\w+)': not found in kernel or module BTFs$/,
    reason: "KFUNC_NOT_AVAILABLE",
    message: ({ names: [name] }) => `this kernel has no kfunc ${name}`,
    remedy: `${DO_WITHOUT}, declare it __weak and guard it with bpf_ksym_exists(), or require a kernel that has it`,
    source: "libbpf: bpf_object__resolve_ksym_func_btf_id()",
  },
  {
    pattern: /^global functions that may sleep are not allowed in non-sleepable context,?$/,
    reason: ({ program }) => (program.sleepable ? "ATOMIC_CONTEXT" : "FUNCTION_MAY_SLEEP"),
    message: (found) =>
      `a global function that may sleep is called in ${inSleepHere(found)}, or in a region that must not sleep`,
    remedy: (found) => (found.program.sleepable ? leave : makeSleepable(found)),
    source: `${VERIFIER}: check_func_call()`,
    commit: "e2d8f560d178",
  },
  {
    pattern: /^sleepable global function (\w+)\(\) called in (.+)$/,
    reason: ({ names: [, where], program }) =>
      where === "non-sleepable prog" && !program.sleepable ? "FUNCTION_MAY_SLEEP" : "ATOMIC_CONTEXT",
    message: ({ names: [name, where] }) => `the global function ${name} may sleep, and is called in ${article(where)}`,
    remedy: (found) => (found.names[1] === "non-sleepable prog" ? sleepHere(found) : leave),
    source: `${VERIFIER}: check_func_call()`,
    commit: "e2d8f560d178",
  },
  {
    pattern:
      /^(?:global )?function calls are not allowed (?:while holding a lock|with (?:preemption|IRQs) disabled),?$/,
    reason: "ATOMIC_CONTEXT",
    message: ({ helper }) =>
      `${helper || "a function"} is called where the program must not sleep: while it holds a lock or has preemption disabled`,
    remedy: ({ helper }) => (helper ? leave : `${leave}, or make the function static if it does not sleep`),
    source: `${VERIFIER}: check_func_call()`,
  },
  {
    // A sleepable program's RCU-protected pointers are trusted only inside bpf_rcu_read_lock() (in_rcu_cs()).
    pattern:
      /^R\d+ (?:must be (?:a rcu pointer|referenced or trusted)|type=untrusted_\S* expected=.*\b(?:trusted|rcu)_ptr_.*)$/,
    reason: ({ program, log }) => (program.sleepable && !holdsRcu(log) ? "POINTER_NOT_TRUSTED" : undefined),
    message:
      "a sleepable program may trust a pointer that RCU protects only between bpf_rcu_read_lock() and its unlock",
    remedy: "read and use the pointer inside bpf_rcu_read_lock()",
    source: `${VERIFIER}: in_rcu_cs()`,
  },

  // Linux 7.3's block is a longer form of the same, for kernels that omit the short line.
  {
    pattern: new RegExp(
      `^The operation sleepable (?:helper ${HELPER}|(?:kfunc|kernel function|global function) (\\w+)(?:\\(\\))?) cannot be used in ([\\w -]+?)(?: because .*)?$`,
    ),
    reason: ({ names: [helper, , where], program }) =>
      where !== "non-sleepable program" || program.sleepable
        ? "ATOMIC_CONTEXT"
        : helper
          ? "HELPER_MAY_SLEEP"
          : "KFUNC_MAY_SLEEP",
    message: ({ names: [helper, name, where] }) => `${helper || name} may sleep, and is called in ${article(where)}`,
    remedy: (found) => (found.names[2] === "non-sleepable program" ? sleepHere(found) : leave),
    source: `${VERIFIER}: check_helper_call()`,
  },
];

/** Whether the verifier passed bpf_rcu_read_lock() but not its unlock. */
function holdsRcu(log: readonly string[]): boolean {
  const last = log.findLast((line) => /\(85\) call bpf_rcu_read_(un)?lock#/.test(line));
  return last?.includes("bpf_rcu_read_lock#") ?? false;
}

/** "rcu_read_lock region" becomes "an rcu_read_lock region". */
function article(where = ""): string {
  if (where === "non-sleepable prog" || where === "non-sleepable program") return "a program that is not sleepable";
  return `${/^(rcu|RCU|IRQ|i)/.test(where) ? "an" : "a"} ${where}`;
}

/** A refusal without message: only the errno, the stage and the program are known. */
export interface WordlessRule {
  errno: string;
  stage: "load" | "attach";
  /** As in {@link ProgramFacts.kind}; any if absent. */
  kinds?: readonly string[];
  target?: string;
  sleepable?: true;
  /** Whether the log must have no lines. By default it may have statistics, which show that the verifier ran. */
  empty?: boolean;
  /** A map type that the program uses. */
  map?: MapTypeName;
  reason: ReasonCode;
  message: string;
  remedy?: string;
  source: string;
  commit?: string;
}

/** The kinds with these ways to attach. */
const by = (...mechanisms: readonly AttachMechanism[]) => kindsWhere(({ attach }) => mechanisms.includes(attach));

export const WORDLESS: readonly WordlessRule[] = [
  {
    ...{ errno: "EOPNOTSUPP", stage: "load", map: "inode_storage" },
    reason: "MAP_NEEDS_LSM",
    message: "inode_storage maps need bpf among the active LSMs",
    remedy: "boot with bpf in lsm=",
    source: "kernel/bpf/bpf_inode_storage.c: inode_storage_map_alloc()",
  },
  {
    ...{ errno: "EINVAL", stage: "load", kinds: ["syscall"], empty: true },
    reason: "KIND_UNKNOWN",
    message: "this kernel has no syscall programs",
    remedy: `require Linux ${KINDS.syscall.since}`,
    source: "kernel/bpf/syscall.c: bpf_prog_load()",
    commit: "79a7f8bdb159",
  },
  {
    ...{ errno: "EINVAL", stage: "load", sleepable: true, empty: true },
    reason: "FLAG_UNKNOWN",
    message: "this kernel does not know BPF_F_SLEEPABLE, or has no programs of this kind",
    remedy: `require Linux 5.10, or ${CLEAR}`,
    source: "kernel/bpf/syscall.c: bpf_prog_load()",
    commit: "1e6c62a88215",
  },
  ...kindsWhere(isLater).map((kind) => ({
    ...{ errno: "EINVAL", stage: "load" as const, kinds: [kind], empty: false },
    reason: "KIND_UNKNOWN" as const,
    message: "this kernel has no programs of this kind",
    remedy: `require Linux ${KINDS[kind].since}`,
    source: `${VERIFIER}: bpf_check_attach_target()`,
  })),
  {
    ...{ errno: "EINVAL", stage: "load", kinds: by("trampoline"), empty: false },
    reason: "TARGET_DENIED",
    message: "no BPF program can be attached to this function: BPF itself calls it",
    remedy: "trace another function",
    source: `${VERIFIER}: btf_id_deny`,
  },
  {
    ...{ errno: "EINVAL", stage: "attach", sleepable: true, kinds: by("kprobe", "kretprobe", "ksyscall") },
    reason: "KPROBE_NOT_SLEEPABLE",
    message: "kprobes cannot sleep, although the program loads",
    remedy: `${CLEAR}: sleepable programs can't be kprobes, only uprobes`,
    source: "kernel/events/core.c: __perf_event_set_bpf_prog()",
    commit: "64ad7556c75e",
  },
  {
    ...{ errno: "EINVAL", stage: "attach", sleepable: true, kinds: by("kprobe_multi") },
    reason: "KPROBE_MULTI_NOT_SLEEPABLE",
    message: "kprobes cannot sleep, although the program loads",
    remedy: `${CLEAR}: sleepable programs can't be kprobes, only uprobes`,
    source: "kernel/trace/bpf_trace.c: bpf_kprobe_multi_link_attach()",
    commit: "eb7024bfcc5f",
  },
  {
    ...{ errno: "EINVAL", stage: "attach", kinds: by("iter"), target: "cgroup" },
    reason: "OTHER",
    message: "the iterator cgroup needs an order in which to walk",
    remedy: "attach it with an order, such as self_only; before Linux 6.1 there is no such iterator",
    source: "kernel/bpf/cgroup_iter.c: bpf_iter_attach_cgroup()",
  },
  {
    ...{ errno: "EINVAL", stage: "attach", sleepable: true, kinds: by("iter") },
    reason: "ITER_NOT_SLEEPABLE",
    message: "this iterator cannot sleep, although the program loads",
    remedy: `${CLEAR}, or use one that can sleep, such as iter.s/task`,
    source: "kernel/bpf/bpf_iter.c: bpf_iter_link_attach()",
    commit: "b77fb25dcb34",
  },
  {
    ...{ errno: "EINVAL", stage: "attach", sleepable: true, kinds: by("raw_tracepoint", "tracepoint") },
    reason: "TRACEPOINT_NOT_FAULTABLE",
    message: "programs on this tracepoint cannot sleep, although the program loads",
    remedy: `${CLEAR}: only ${KINDS.tracepoint.sleeps.only} can sleep, since Linux ${KINDS.tracepoint.sleeps.since}`,
    source: "kernel/bpf/syscall.c: bpf_raw_tp_link_attach(); kernel/events/core.c: __perf_event_set_bpf_prog()",
    commit: "439ebd5b5708",
  },
  {
    ...{ errno: "EINVAL", stage: "attach", sleepable: true, kinds: by("trampoline_multi") },
    reason: "TARGET_NOT_SLEEPABLE",
    message: "one of the functions cannot sleep",
    remedy: `${CLEAR}, or name only functions that may sleep`,
    source: `${VERIFIER}: bpf_check_attach_btf_id_multi()`,
    commit: "d14e6b4346bf",
  },
  {
    // arm64 before 6.0, and architectures without trampolines: the weak arch_prepare_bpf_trampoline().
    ...{ errno: "ENOTSUPP", stage: "attach", kinds: Object.keys(KINDS).filter(usesTrampoline) },
    reason: "NO_TRAMPOLINES",
    message: "this kernel has no BPF trampolines on its architecture",
    remedy: "use kprobes or tracepoints, or require a newer kernel",
    source: "kernel/bpf/trampoline.c: arch_prepare_bpf_trampoline()",
  },
  ...(["load", "attach"] as const).map((stage) => ({
    ...{ errno: "EPERM", stage },
    reason: "NO_PERMISSION" as const,
    message: `the kernel forbids this process to ${stage} the program`,
    remedy: "check capabilities, lockdown and LSMs",
    source: "kernel/bpf/syscall.c: bpf_prog_load()",
  })),
];
