// Written by node-libbpf gen from whole-callbacks.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type BpfMap,
  type HashMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type PerCpuArrayMap,
} from "node-libbpf";

/** struct timed: 16 bytes */
export type timed = Record<string, never>;

/** struct worked: 16 bytes */
export type worked = Record<string, never>;

/** What is in whole-callbacks.bpf.o. */
export interface WholeCallbacks {
  programs: {
    /** SEC("lsm/bprm_committed_creds") int area_quiet_plain(void *ctx) */
    area_quiet_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int area_quiet_sleepable(void *ctx) */
    area_quiet_sleepable: "lsm";
    /** SEC("lsm/bprm_committed_creds") int area_sleep_plain(void *ctx) */
    area_sleep_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int loop_in_loop(void *ctx) */
    loop_in_loop: "lsm";
    /** SEC("lsm/bprm_committed_creds") int loop_in_loop_plain(void *ctx) */
    loop_in_loop_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int loop_in_timer(void *ctx) */
    loop_in_timer: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int loop_in_work(void *ctx) */
    loop_in_work: "lsm";
    /** SEC("lsm/bprm_committed_creds") int loop_in_work_plain(void *ctx) */
    loop_in_work_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int loop_of_run_time(void *ctx) */
    loop_of_run_time: "lsm";
    /** SEC("lsm/bprm_committed_creds") int loop_of_run_time_plain(void *ctx) */
    loop_of_run_time_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int loop_quiet(void *ctx) */
    loop_quiet: "lsm";
    /** SEC("lsm/bprm_committed_creds") int loop_quiet_plain(void *ctx) */
    loop_quiet_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int loop_rcu_sleep(void *ctx) */
    loop_rcu_sleep: "lsm";
    /** SEC("lsm/bprm_committed_creds") int loop_rcu_sleep_plain(void *ctx) */
    loop_rcu_sleep_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int loop_sleep(void *ctx) */
    loop_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int loop_sleep_global(void *ctx) */
    loop_sleep_global: "lsm";
    /** SEC("lsm/bprm_committed_creds") int loop_sleep_global_plain(void *ctx) */
    loop_sleep_global_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int loop_sleep_kfunc(void *ctx) */
    loop_sleep_kfunc: "lsm";
    /** SEC("lsm/bprm_committed_creds") int loop_sleep_kfunc_plain(void *ctx) */
    loop_sleep_kfunc_plain: "lsm";
    /** SEC("lsm/bprm_committed_creds") int loop_sleep_plain(void *ctx) */
    loop_sleep_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int timer_in_walk(void *ctx) */
    timer_in_walk: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int timer_quiet(void *ctx) */
    timer_quiet: "lsm";
    /** SEC("lsm/bprm_committed_creds") int timer_quiet_plain(void *ctx) */
    timer_quiet_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int timer_rcu_sleep(void *ctx) */
    timer_rcu_sleep: "lsm";
    /** SEC("lsm/bprm_committed_creds") int timer_rcu_sleep_plain(void *ctx) */
    timer_rcu_sleep_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int timer_sleep(void *ctx) */
    timer_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int timer_sleep_global(void *ctx) */
    timer_sleep_global: "lsm";
    /** SEC("lsm/bprm_committed_creds") int timer_sleep_global_plain(void *ctx) */
    timer_sleep_global_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int timer_sleep_kfunc(void *ctx) */
    timer_sleep_kfunc: "lsm";
    /** SEC("lsm/bprm_committed_creds") int timer_sleep_kfunc_plain(void *ctx) */
    timer_sleep_kfunc_plain: "lsm";
    /** SEC("lsm/bprm_committed_creds") int timer_sleep_plain(void *ctx) */
    timer_sleep_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_array_quiet(void *ctx) */
    walk_array_quiet: "lsm";
    /** SEC("lsm/bprm_committed_creds") int walk_array_quiet_plain(void *ctx) */
    walk_array_quiet_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_array_rcu_sleep(void *ctx) */
    walk_array_rcu_sleep: "lsm";
    /** SEC("lsm/bprm_committed_creds") int walk_array_rcu_sleep_plain(void *ctx) */
    walk_array_rcu_sleep_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_array_sleep(void *ctx) */
    walk_array_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_array_sleep_global(void *ctx) */
    walk_array_sleep_global: "lsm";
    /** SEC("lsm/bprm_committed_creds") int walk_array_sleep_global_plain(void *ctx) */
    walk_array_sleep_global_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_array_sleep_kfunc(void *ctx) */
    walk_array_sleep_kfunc: "lsm";
    /** SEC("lsm/bprm_committed_creds") int walk_array_sleep_kfunc_plain(void *ctx) */
    walk_array_sleep_kfunc_plain: "lsm";
    /** SEC("lsm/bprm_committed_creds") int walk_array_sleep_plain(void *ctx) */
    walk_array_sleep_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_hash_quiet(void *ctx) */
    walk_hash_quiet: "lsm";
    /** SEC("lsm/bprm_committed_creds") int walk_hash_quiet_plain(void *ctx) */
    walk_hash_quiet_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_hash_rcu_sleep(void *ctx) */
    walk_hash_rcu_sleep: "lsm";
    /** SEC("lsm/bprm_committed_creds") int walk_hash_rcu_sleep_plain(void *ctx) */
    walk_hash_rcu_sleep_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_hash_sleep(void *ctx) */
    walk_hash_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_hash_sleep_global(void *ctx) */
    walk_hash_sleep_global: "lsm";
    /** SEC("lsm/bprm_committed_creds") int walk_hash_sleep_global_plain(void *ctx) */
    walk_hash_sleep_global_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_hash_sleep_kfunc(void *ctx) */
    walk_hash_sleep_kfunc: "lsm";
    /** SEC("lsm/bprm_committed_creds") int walk_hash_sleep_kfunc_plain(void *ctx) */
    walk_hash_sleep_kfunc_plain: "lsm";
    /** SEC("lsm/bprm_committed_creds") int walk_hash_sleep_plain(void *ctx) */
    walk_hash_sleep_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_in_loop(void *ctx) */
    walk_in_loop: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_lru_hash(void *ctx) */
    walk_lru_hash: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_lru_hash_sleep(void *ctx) */
    walk_lru_hash_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int walk_percpu_array(void *ctx) */
    walk_percpu_array: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int work_quiet(void *ctx) */
    work_quiet: "lsm";
    /** SEC("lsm/bprm_committed_creds") int work_quiet_plain(void *ctx) */
    work_quiet_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int work_rcu_sleep(void *ctx) */
    work_rcu_sleep: "lsm";
    /** SEC("lsm/bprm_committed_creds") int work_rcu_sleep_plain(void *ctx) */
    work_rcu_sleep_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int work_sleep(void *ctx) */
    work_sleep: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int work_sleep_global(void *ctx) */
    work_sleep_global: "lsm";
    /** SEC("lsm/bprm_committed_creds") int work_sleep_global_plain(void *ctx) */
    work_sleep_global_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int work_sleep_kfunc(void *ctx) */
    work_sleep_kfunc: "lsm";
    /** SEC("lsm/bprm_committed_creds") int work_sleep_kfunc_plain(void *ctx) */
    work_sleep_kfunc_plain: "lsm";
    /** SEC("lsm/bprm_committed_creds") int work_sleep_plain(void *ctx) */
    work_sleep_plain: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value __u64 */
    array: ArrayMap<bigint>;
    /** BPF_MAP_TYPE_HASH, max_entries 1, key __u32, value __u64 */
    hash: HashMap<number, bigint>;
    /** BPF_MAP_TYPE_LRU_HASH, max_entries 1, key __u32, value __u64 */
    lru_hash: HashMap<number, bigint>;
    /** BPF_MAP_TYPE_PERCPU_ARRAY, max_entries 1, key __u32, value __u64 */
    percpu_array: PerCpuArrayMap<bigint>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct timed */
    timers: ArrayMap<timed>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct worked */
    works: ArrayMap<worked>;
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

/** Opens whole-callbacks.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<WholeCallbacks> {
  const source = join(__dirname, "whole-callbacks.bpf.o");
  return openObject<WholeCallbacks>(source, options);
}
