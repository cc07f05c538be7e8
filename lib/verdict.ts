/** What the precheck says, and of what: verdicts, reasons, and the facts of a program. Plain JSON throughout. */

/**
 * Whether a kernel takes a program: `allowed`; `refused`; `unsafe`: it takes it, and must not, or it would never run;
 * `unknown`: what is known of this kernel does not tell.
 */
export type Verdict = "allowed" | "refused" | "unsafe" | "unknown";

/** When the kernel would answer: as it loads the program, as it attaches it, or never, as the program never runs. */
export type Stage = "load" | "attach" | "run";

/** Why. Codes are stable; sentences are not. */
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
  // what only the kernel's own refusal tells
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

/** Where a rule is to be read: the kernel's file and function, and the commit that made it so. */
export interface Source {
  /** Path and function in the kernel's source. */
  file: string;
  /** The commit, where it is known. */
  commit?: string;
}

/** What a rule looked at, and where that came from. */
export interface Input {
  /** Such as "LSM hook", "version", "CONFIG_FUNCTION_ERROR_INJECTION". */
  name: string;
  value: string;
  origin: string;
}

/** One thing that a rule says about a program. */
export interface Finding {
  verdict: Verdict;
  reason: ReasonCode;
  stage: Stage;
  /** One sentence. */
  message: string;
  /** What to do instead. */
  remedy?: string;
  source: Source;
  inputs: Input[];
  /** The first version that accepts it, where one does. */
  since?: string;
  /** The first version that no longer does. */
  until?: string;
}

/** What the precheck says about one program: the worst of its findings, and all of them. */
export interface ProgramVerdict {
  /** The program's name. */
  program: string;
  /** Its ELF section. */
  section: string;
  verdict: Verdict;
  /** The decisive finding's. */
  reason: ReasonCode;
  /** The decisive finding's. */
  message: string;
  /** What to do about it; of the decisive finding. */
  remedy?: string;
  /** Worst first; never empty. */
  findings: Finding[];
}

/** A map as the rules see it. */
export interface MapFacts {
  name: string;
  /** enum bpf_map_type in lower case. */
  type: string;
  /** map_flags */
  flags: number;
  /** Kernel-managed structs in its values: "bpf_spin_lock", "bpf_timer", "bpf_wq", "bpf_list_head", "bpf_rb_root" … */
  fields: string[];
  /** Of these, those that lie in structs or arrays of the value: before Linux 6.11 the kernel does not look there. */
  nested?: string[];
  /** What a map of maps holds. */
  inner?: MapFacts;
  /** It may be there already, with more in its values than the object says. */
  pinned?: true;
}

/**
 * Where a call stands that is not in the program's own context. In callbacks: of a `timer`, which never sleeps, whatever the program
 * may; of `work` (bpf_wq, bpf_task_work), which always may; in a `walk` of a hash map under RCU. In regions: under bpf_rcu_read_lock()
 * (`rcu`), with preemption off (`preempt`), with interrupts off (`irq`), holding a `lock`. `unclear`: paths to it differ.
 */
export type CallContext = "timer" | "work" | "walk" | "rcu" | "preempt" | "irq" | "lock" | "unclear";

/** A call of a helper or kfunc in a program's instructions. */
export interface CallFacts {
  /** "bpf_copy_from_user"; "helper 999" for one with a number that is not known. */
  name: string;
  /** True if the verifier may never see the call: it drops the branches that it knows are not taken. */
  conditional: boolean;
  /** Absent in the program's own context. */
  context?: CallContext;
  /** In a global function, which is verified on its own. */
  global?: boolean;
  /** A kfunc that the object can do without. */
  weak?: boolean;
  /** A kfunc whose prototype is another on this kernel. */
  changed?: boolean;
  /** A static function of the object's own. */
  local?: boolean;
}

/** A region where nothing may sleep that a program enters or leaves as no kernel takes it. */
export interface RegionFacts {
  /** A lock is held, preemption or interrupts are off, RCU is read. */
  region: "lock" | "preempt" | "irq" | "rcu";
  /** It is left and was not entered, entered in itself, left in another order than entered, never left. */
  fault: "not entered" | "nested" | "disorder" | "not left" | "not left in its function";
  /** As of {@link CallFacts}. */
  conditional: boolean;
}

/** A program as the rules see it. */
export interface ProgramFacts {
  name: string;
  section: string;
  /** As of {@link ProgramSpec.kind}. */
  kind: string;
  /** enum bpf_prog_type */
  type: number;
  /** enum bpf_attach_type */
  attachType: number;
  sleepable: boolean;
  /** Hook, function ("module:function" for a module's), tracepoint, iterator, or "struct.member". */
  target?: string;
  /** What the object's license section says. */
  license: string;
  /** Maps that its instructions name. */
  maps: MapFacts[];
  /** Other maps of the object's that are made with it, where not every kernel has their type. */
  others?: MapFacts[];
  /** Maps that its instructions name, though they are not made (`autocreate = false`). */
  missing?: CallFacts[];
  /** Kfuncs that its object needs, as they are not weak, and that the program does not call. */
  externs?: CallFacts[];
  /** Options of the kernel's configuration that the object asks for, where libbpf finds no configuration: load() fails. */
  unset?: string[];
  /** It reads structs of the kernel's by what it is called with. */
  readsKernel?: Pick<CallFacts, "conditional">;
  /** Of its target, where the kernel's types are known. */
  signature?: TargetSignature;
  /** Fields and types that it uses, and that the kernel has not (CO-RE). */
  unresolved?: CallFacts[];
  helpers: CallFacts[];
  kfuncs: CallFacts[];
  /** Functions of its own that are called where nothing may sleep: static ones under a lock, global ones anywhere. */
  functions?: CallFacts[];
  /** What is wrong about its regions. */
  regions?: RegionFacts[];
}

/** What trampolines of some kernels can't pass on. */
export interface TargetSignature {
  /** How many registers its arguments take. */
  registers: number;
  arguments: number;
  /** Bytes of the largest struct or union that is passed by value; 0 for none. */
  struct: number;
  /** It returns one. */
  returnsStruct: boolean;
  /** It ends in "...". */
  variadic: boolean;
}
