/** The precheck's input and output: facts of a program, verdicts, reasons. Plain JSON. */

/**
 * Whether a kernel accepts a program. `allowed`, `refused`; `unsafe`: the kernel accepts it although it must not, or
 * the program would never run; `unknown`: the known facts about the kernel do not decide.
 */
export type Verdict = "allowed" | "refused" | "unsafe" | "unknown";

/** When the kernel decides: at load, at attach, or `run`: never, because the program does not run. */
export type Stage = "load" | "attach" | "run";

/** Why. Codes are stable, messages are not. */
export type ReasonCode =
  // allowed
  | "SLEEPABLE"
  | "NOT_SLEEPABLE_PROGRAM"
  // kinds
  | "FLAG_UNKNOWN"
  | "KIND_NOT_SLEEPABLE"
  | "KIND_MUST_SLEEP"
  | "KIND_UNKNOWN"
  | "KPROBE_NOT_SLEEPABLE"
  | "KPROBE_MULTI_NOT_SLEEPABLE"
  // LSM hooks
  | "HOOK_NOT_FOUND"
  | "HOOK_NOT_SLEEPABLE"
  | "HOOK_DISABLED"
  | "NOT_A_HOOK"
  | "LSM_CGROUP_NOT_SLEEPABLE"
  | "LSM_INACTIVE"
  // functions
  | "TARGET_NOT_FOUND"
  | "TARGET_NOT_SLEEPABLE"
  | "TARGET_DENIED"
  | "TARGET_NORETURN"
  | "TARGET_NOT_MODIFIABLE"
  | "TARGET_IS_PROGRAM"
  // tracepoints and iterators
  | "TRACEPOINT_NOT_FOUND"
  | "TRACEPOINT_NOT_FAULTABLE"
  | "TRACEPOINT_UNGUARDED"
  | "ITER_NOT_FOUND"
  | "ITER_NOT_SLEEPABLE"
  | "ITER_UNDER_RCU"
  // struct_ops
  | "STRUCT_OPS_NOT_FOUND"
  | "STRUCT_OPS_MEMBER_NOT_SLEEPABLE"
  | "STRUCT_OPS_UNCHECKED"
  // maps
  | "MAP_TYPE_NOT_SLEEPABLE"
  | "MAP_TYPE_UNKNOWN"
  | "MAP_FLAG_UNKNOWN"
  | "MAP_NOT_PREALLOCATED"
  | "MAP_SPIN_LOCK"
  | "MAP_TIMER"
  | "MAP_NEEDS_LSM"
  | "MAP_NOT_CREATED"
  | "MAP_FIELD_MISSING"
  // types
  | "FIELD_NOT_FOUND"
  // instructions
  | "HELPER_MAY_SLEEP"
  | "KFUNC_MAY_SLEEP"
  | "LICENSE_NOT_GPL"
  // known only from the kernel's own message
  | "TARGET_SIGNATURE"
  | "REPLACED_NOT_SLEEPABLE"
  | "FUNCTION_MAY_SLEEP"
  | "ATOMIC_CONTEXT"
  | "REGION_UNBALANCED"
  | "POINTER_NOT_TRUSTED"
  | "HELPER_NOT_AVAILABLE"
  | "KFUNC_NOT_AVAILABLE"
  | "CONFIG_NOT_FOUND"
  | "NO_TRAMPOLINES"
  | "NO_PERMISSION"
  | "OTHER"
  // unknown
  | "NOT_KNOWN"
  | "FACT_MISSING";

/** The origin of a rule: file and function in the kernel's source, and the commit that introduced it. */
export interface Source {
  /** Path and function in the kernel's source. */
  file: string;
  /** The commit, if known. */
  commit?: string;
}

/** A fact that a rule used, and its origin. */
export interface Input {
  /** The fact's name, such as "LSM hook", "version" or "CONFIG_FUNCTION_ERROR_INJECTION". */
  name: string;
  /** The fact's value. */
  value: string;
  /** The file, system call or table it was read from. */
  origin: string;
}

/** The result of one rule for a program. */
export interface Finding {
  /** The verdict of this rule. */
  verdict: Verdict;
  /** The reason code. */
  reason: ReasonCode;
  /** When the kernel decides. */
  stage: Stage;
  /** The explanation, as one sentence. */
  message: string;
  /** What to do instead. */
  remedy?: string;
  /** The rule's origin. */
  source: Source;
  /** The facts that the rule used. */
  inputs: Input[];
  /** The first kernel version that accepts it, if any. */
  since?: string;
  /** The first kernel version that no longer accepts it. */
  until?: string;
}

/** The precheck's result for one program: the worst of its findings, and all findings. */
export interface ProgramVerdict {
  /** The program's name. */
  program: string;
  /** Its ELF section. */
  section: string;
  /** The verdict: the worst of all findings. */
  verdict: Verdict;
  /** The reason code of the decisive finding. */
  reason: ReasonCode;
  /** The message of the decisive finding. */
  message: string;
  /** The remedy of the decisive finding. */
  remedy?: string;
  /** All findings, the worst first; never empty. */
  findings: Finding[];
}

/** A map, as input of the rules. */
export interface MapFacts {
  /** The map's C name. */
  name: string;
  /** enum bpf_map_type in lower case. */
  type: string;
  /** The map's flags, BPF_F_*. */
  flags: number;
  /** Kernel-managed structs in its values: "bpf_spin_lock", "bpf_timer", "bpf_wq", "bpf_list_head", "bpf_rb_root" … */
  fields: string[];
  /** Those of `fields` inside structs or arrays of the value, where the kernel before Linux 6.11 does not look. */
  nested?: string[];
  /** The inner map of a map of maps. */
  inner?: MapFacts;
  /** Whether it may exist already, with values that have more fields than the object declares. */
  pinned?: true;
}

/**
 * The context of a call that is not in the program's own. Callbacks: `timer` never sleeps, whatever the program may;
 * `work` (bpf_wq, bpf_task_work) may always sleep; `walk` of a hash map runs under RCU. Regions: under
 * bpf_rcu_read_lock() (`rcu`), with preemption disabled (`preempt`), with interrupts disabled (`irq`), holding a
 * `lock`. `unclear`: it differs between the paths to the call.
 */
export type CallContext = "timer" | "work" | "walk" | "rcu" | "preempt" | "irq" | "lock" | "unclear";

/** A call of a helper or kfunc in a program's instructions. */
export interface CallFacts {
  /** The function's name: "bpf_copy_from_user"; "helper 999" for an unknown number. */
  name: string;
  /** True if the verifier may not reach the call: it skips branches that are known not to be taken. */
  conditional: boolean;
  /** The context of the call; absent in the program's own context. */
  context?: CallContext;
  /** Whether it is in a global function, which is verified on its own. */
  global?: boolean;
  /** Whether it is a weak kfunc, which the object can do without. */
  weak?: boolean;
  /** Whether this kernel's kfunc has another prototype. */
  changed?: boolean;
  /** Whether it is a static function of the object. */
  local?: boolean;
}

/** An invalid use of a region where sleeping is not allowed; every kernel rejects it. */
export interface RegionFacts {
  /** The region: a lock is held, preemption or interrupts are disabled, or an RCU read-side critical section. */
  region: "lock" | "preempt" | "irq" | "rcu";
  /**
   * The fault: left without being entered, entered recursively, left in the wrong order, never left, or not left in the
   * function that entered it.
   */
  fault: "not entered" | "nested" | "disorder" | "not left" | "not left in its function";
  /** True if the verifier may not reach it, as in {@link CallFacts}. */
  conditional: boolean;
}

/** A program, as input of the rules. */
export interface ProgramFacts {
  /** The C function's name. */
  name: string;
  /** The ELF section. */
  section: string;
  /** The kind, as in {@link ProgramSpec.kind}. */
  kind: string;
  /** enum bpf_prog_type. */
  type: number;
  /** enum bpf_attach_type. */
  attachType: number;
  /** Whether it is loaded with BPF_F_SLEEPABLE. */
  sleepable: boolean;
  /** The attach target: hook, function ("module:function" for a module's), tracepoint, iterator, or "struct.member". */
  target?: string;
  /** The object's license section. */
  license: string;
  /** The maps that its instructions reference. */
  maps: MapFacts[];
  /** Other maps that are created with the object and whose type not every kernel has. */
  others?: MapFacts[];
  /** Maps that its instructions reference but that are not created (`autocreate = false`). */
  missing?: CallFacts[];
  /** Kfuncs that the object needs because they are not weak, and that this program does not call. */
  externs?: CallFacts[];
  /**
   * Options of the kernel's configuration that the object uses if libbpf finds no configuration, which makes load()
   * fail.
   */
  unset?: string[];
  /** Whether it reads kernel structs through its context; absent if not. */
  readsKernel?: Pick<CallFacts, "conditional">;
  /** The target's signature, if the kernel's types are known. */
  signature?: TargetSignature;
  /** Fields and types that it uses and that the kernel does not have (CO-RE). */
  unresolved?: CallFacts[];
  /** The helpers it calls. */
  helpers: CallFacts[];
  /** The kfuncs it calls. */
  kfuncs: CallFacts[];
  /**
   * The object's functions called where sleeping is not allowed: static ones under a lock, global ones in any region.
   */
  functions?: CallFacts[];
  /** Faults in its use of regions. */
  regions?: RegionFacts[];
}

/** A signature's properties that decide whether trampolines of a kernel support it. */
export interface TargetSignature {
  /** Number of registers that the arguments take. */
  registers: number;
  /** Number of arguments. */
  arguments: number;
  /** Size in bytes of the largest struct or union passed by value; 0 if none. */
  struct: number;
  /** Whether it returns a struct or union. */
  returnsStruct: boolean;
  /** Whether it is variadic ("..."). */
  variadic: boolean;
}
