// Written by node-libbpf gen from contexts.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type BpfMap,
  type HashMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
} from "node-libbpf";

/** struct locked: 8 bytes */
export interface locked {
  /** __u32 count */
  count: number;
}

/** struct timed: 16 bytes */
export type timed = Record<string, never>;

/** struct worked: 16 bytes */
export type worked = Record<string, never>;

/** What is in contexts.bpf.o. */
export interface Contexts {
  programs: {
    /** SEC("lsm/bprm_committed_creds") int constant(void *ctx) */
    constant: "lsm";
    /** SEC("lsm/bprm_committed_creds") int constant_mask(void *ctx) */
    constant_mask: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq(void *ctx) */
    irq: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock(void *ctx) */
    lock: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_global(void *ctx) */
    lock_global: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_over(void *ctx) */
    lock_over: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int loop(void *ctx) */
    loop: "lsm";
    /** SEC("lsm/bprm_committed_creds") int loop_never(void *ctx) */
    loop_never: "lsm";
    /** SEC("lsm/bprm_committed_creds") int loop_plain(void *ctx) */
    loop_plain: "lsm";
    /** SEC("lsm/bprm_committed_creds") int made(void *ctx) */
    made: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt(void *ctx) */
    preempt: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_count_global(void *ctx) */
    preempt_count_global: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_twice(void *ctx) */
    preempt_twice: "lsm";
    /** SEC("lsm/bprm_committed_creds") int pruned_local(void *ctx) */
    pruned_local: "lsm";
    /** SEC("lsm/bprm_committed_creds") int pruned_loop(void *ctx) */
    pruned_loop: "lsm";
    /** SEC("lsm/bprm_committed_creds") int pruned_mask(void *ctx) */
    pruned_mask: "lsm";
    /** SEC("lsm/file_open") int pruned_null(unsigned long long *ctx) */
    pruned_null: "lsm";
    /** SEC("lsm/bprm_committed_creds") int pruned_range(void *ctx) */
    pruned_range: "lsm";
    /** SEC("lsm/bprm_committed_creds") int pruned_twice(void *ctx) */
    pruned_twice: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu(void *ctx) */
    rcu: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_count(void *ctx) */
    rcu_count: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_either(void *ctx) */
    rcu_either: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_global(void *ctx) */
    rcu_global: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_over(void *ctx) */
    rcu_over: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_static(void *ctx) */
    rcu_static: "lsm";
    /** SEC("lsm/bprm_committed_creds") int seen_after(void *ctx) */
    seen_after: "lsm";
    /** SEC("lsm/bprm_committed_creds") int seen_both(void *ctx) */
    seen_both: "lsm";
    /** SEC("lsm/bprm_committed_creds") int seen_found(void *ctx) */
    seen_found: "lsm";
    /** SEC("lsm/bprm_committed_creds") int thrown(void *ctx) */
    thrown: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int timer(void *ctx) */
    timer: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int timer_global(void *ctx) */
    timer_global: "lsm";
    /** SEC("lsm/bprm_committed_creds") int timer_plain(void *ctx) */
    timer_plain: "lsm";
    /** SEC("lsm/bprm_committed_creds") int unmade(void *ctx) */
    unmade: "lsm";
    /** SEC("lsm/bprm_committed_creds") int version(void *ctx) */
    version: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_array(void *ctx) */
    walk_array: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_hash(void *ctx) */
    walk_hash: "lsm";
    /** SEC("lsm/bprm_committed_creds") int walk_plain(void *ctx) */
    walk_plain: "lsm";
    /** SEC("lsm/bprm_committed_creds") int weak(void *ctx) */
    weak: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int work(void *ctx) */
    work: "lsm";
    /** SEC("lsm/bprm_committed_creds") int work_plain(void *ctx) */
    work_plain: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .kconfig */
    ".kconfig": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_ARRAY, max_entries 4, key __u32, value __u64 */
    array: ArrayMap<bigint>;
    /** BPF_MAP_TYPE_HASH, max_entries 4, key __u32, value __u64 */
    hash: HashMap<number, bigint>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct locked */
    locks: ArrayMap<locked>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct timed */
    timers: ArrayMap<timed>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct worked */
    works: ArrayMap<worked>;
  };
  variables: {
    /** unsigned int LINUX_KERNEL_VERSION, in .kconfig */
    readonly LINUX_KERNEL_VERSION: number;
    /** char buffer[8], in .bss */
    buffer: string;
    /** const volatile _Bool enabled, in .rodata */
    readonly enabled: boolean;
    /** const volatile __u32 mask, in .rodata */
    readonly mask: number;
    /** __u64 runtime, in .bss */
    runtime: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
    /** __u32 zero, in .bss */
    zero: number;
  };
}

/** Opens contexts.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Contexts> {
  const source = join(__dirname, "contexts.bpf.o");
  return openObject<Contexts>(source, options);
}
