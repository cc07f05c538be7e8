// Written by node-libbpf gen from whole-regions.bpf.o. Do not edit.
import { join } from "node:path";
import { type ArrayMap, type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** struct guarded: 8 bytes */
export interface guarded {
  /** __u32 count */
  count: number;
}

/** struct locked: 8 bytes */
export interface locked {
  /** __u32 count */
  count: number;
}

/** What is in whole-regions.bpf.o. */
export interface WholeRegions {
  programs: {
    /** SEC("lsm.s/bprm_committed_creds") int guard_after(void *ctx) */
    guard_after: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_branch(void *ctx) */
    guard_branch: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_branch_sleep(void *ctx) */
    guard_branch_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_early_return(void *ctx) */
    guard_early_return: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_global(void *ctx) */
    guard_global: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_global_sleep(void *ctx) */
    guard_global_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_helper(void *ctx) */
    guard_helper: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_after(void *ctx) */
    guard_irq_after: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_branch(void *ctx) */
    guard_irq_branch: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_branch_sleep(void *ctx) */
    guard_irq_branch_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_early_return(void *ctx) */
    guard_irq_early_return: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_global(void *ctx) */
    guard_irq_global: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_global_sleep(void *ctx) */
    guard_irq_global_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_helper(void *ctx) */
    guard_irq_helper: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_left_sometimes(void *ctx) */
    guard_irq_left_sometimes: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_left_twice(void *ctx) */
    guard_irq_left_twice: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_never_left(void *ctx) */
    guard_irq_never_left: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_not_entered(void *ctx) */
    guard_irq_not_entered: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_quiet(void *ctx) */
    guard_irq_quiet: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_sleep(void *ctx) */
    guard_irq_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_sleep_kfunc(void *ctx) */
    guard_irq_sleep_kfunc: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_static(void *ctx) */
    guard_irq_static: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_irq_static_sleep(void *ctx) */
    guard_irq_static_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_left_sometimes(void *ctx) */
    guard_left_sometimes: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_left_twice(void *ctx) */
    guard_left_twice: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_never_left(void *ctx) */
    guard_never_left: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_not_entered(void *ctx) */
    guard_not_entered: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_quiet(void *ctx) */
    guard_quiet: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_sleep(void *ctx) */
    guard_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_sleep_kfunc(void *ctx) */
    guard_sleep_kfunc: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_static(void *ctx) */
    guard_static: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int guard_static_sleep(void *ctx) */
    guard_static_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_after(void *ctx) */
    irq_after: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_branch(void *ctx) */
    irq_branch: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_branch_sleep(void *ctx) */
    irq_branch_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_early_return(void *ctx) */
    irq_early_return: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_global(void *ctx) */
    irq_global: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_global_sleep(void *ctx) */
    irq_global_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_helper(void *ctx) */
    irq_helper: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_irq(void *ctx) */
    irq_irq: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_irq_disorder(void *ctx) */
    irq_irq_disorder: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_left_sometimes(void *ctx) */
    irq_left_sometimes: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_left_twice(void *ctx) */
    irq_left_twice: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_never_left(void *ctx) */
    irq_never_left: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_not_entered(void *ctx) */
    irq_not_entered: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_quiet(void *ctx) */
    irq_quiet: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_sleep(void *ctx) */
    irq_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_sleep_kfunc(void *ctx) */
    irq_sleep_kfunc: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_static(void *ctx) */
    irq_static: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_static_sleep(void *ctx) */
    irq_static_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_after(void *ctx) */
    lock_after: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_branch(void *ctx) */
    lock_branch: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_branch_sleep(void *ctx) */
    lock_branch_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_early_return(void *ctx) */
    lock_early_return: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_global(void *ctx) */
    lock_global: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_global_sleep(void *ctx) */
    lock_global_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_helper(void *ctx) */
    lock_helper: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_left_sometimes(void *ctx) */
    lock_left_sometimes: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_left_twice(void *ctx) */
    lock_left_twice: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_lock(void *ctx) */
    lock_lock: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_never_left(void *ctx) */
    lock_never_left: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_not_entered(void *ctx) */
    lock_not_entered: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_over_turns(void *ctx) */
    lock_over_turns: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_quiet(void *ctx) */
    lock_quiet: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_rcu(void *ctx) */
    lock_rcu: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_sleep(void *ctx) */
    lock_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_sleep_kfunc(void *ctx) */
    lock_sleep_kfunc: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_static(void *ctx) */
    lock_static: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lock_static_sleep(void *ctx) */
    lock_static_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_after(void *ctx) */
    preempt_after: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_branch(void *ctx) */
    preempt_branch: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_branch_sleep(void *ctx) */
    preempt_branch_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_early_return(void *ctx) */
    preempt_early_return: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_entered_static(void *ctx) */
    preempt_entered_static: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_entered_static_sleep(void *ctx) */
    preempt_entered_static_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_global(void *ctx) */
    preempt_global: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_global_sleep(void *ctx) */
    preempt_global_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_helper(void *ctx) */
    preempt_helper: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_left_sometimes(void *ctx) */
    preempt_left_sometimes: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_left_twice(void *ctx) */
    preempt_left_twice: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_never_left(void *ctx) */
    preempt_never_left: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_not_entered(void *ctx) */
    preempt_not_entered: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_over_turns(void *ctx) */
    preempt_over_turns: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_preempt(void *ctx) */
    preempt_preempt: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_preempt_sleep(void *ctx) */
    preempt_preempt_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_quiet(void *ctx) */
    preempt_quiet: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_rcu_crossed(void *ctx) */
    preempt_rcu_crossed: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_sleep(void *ctx) */
    preempt_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_sleep_kfunc(void *ctx) */
    preempt_sleep_kfunc: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_static(void *ctx) */
    preempt_static: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_static_sleep(void *ctx) */
    preempt_static_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_after(void *ctx) */
    rcu_after: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_branch(void *ctx) */
    rcu_branch: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_branch_sleep(void *ctx) */
    rcu_branch_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_early_return(void *ctx) */
    rcu_early_return: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_entered_global(void *ctx) */
    rcu_entered_global: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_entered_static(void *ctx) */
    rcu_entered_static: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_entered_static_never_left(void *ctx) */
    rcu_entered_static_never_left: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_entered_static_sleep(void *ctx) */
    rcu_entered_static_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_global(void *ctx) */
    rcu_global: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_global_sleep(void *ctx) */
    rcu_global_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_helper(void *ctx) */
    rcu_helper: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_left_sometimes(void *ctx) */
    rcu_left_sometimes: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_left_twice(void *ctx) */
    rcu_left_twice: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_lock(void *ctx) */
    rcu_lock: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_loop(void *ctx) */
    rcu_loop: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_never_left(void *ctx) */
    rcu_never_left: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_not_entered(void *ctx) */
    rcu_not_entered: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_over_turns(void *ctx) */
    rcu_over_turns: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_over_turns_sleep(void *ctx) */
    rcu_over_turns_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_preempt(void *ctx) */
    rcu_preempt: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_preempt_sleep(void *ctx) */
    rcu_preempt_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_quiet(void *ctx) */
    rcu_quiet: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_rcu(void *ctx) */
    rcu_rcu: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_sleep(void *ctx) */
    rcu_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_sleep_kfunc(void *ctx) */
    rcu_sleep_kfunc: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_static(void *ctx) */
    rcu_static: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_static_sleep(void *ctx) */
    rcu_static_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_turns(void *ctx) */
    rcu_turns: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_turns_never_left(void *ctx) */
    rcu_turns_never_left: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct guarded */
    guards: ArrayMap<guarded>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct locked */
    locks: ArrayMap<locked>;
  };
  variables: {
    /** char buffer[8], in .bss */
    buffer: string;
    /** __u64 runtime, in .bss */
    runtime: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
    /** __u32 zero, in .bss */
    zero: number;
  };
}

/** Opens whole-regions.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<WholeRegions> {
  const source = join(__dirname, "whole-regions.bpf.o");
  return openObject<WholeRegions>(source, options);
}
