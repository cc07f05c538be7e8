// Written by node-libbpf gen from whole-maps.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type ArrayOfMaps,
  type BloomFilterMap,
  type BpfMap,
  type CgroupLocalStorageMap,
  type HashMap,
  type HashOfMaps,
  type InodeStorageMap,
  type KernelMap,
  type LpmTrieMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type PerCpuArrayMap,
  type PerCpuHashMap,
  type PerfBuffer,
  type ProgArray,
  type QueueMap,
  type RingBuffer,
  type SkStorageMap,
  type StackMap,
  type TaskStorageMap,
  type UserRingBuffer,
} from "node-libbpf";

/** struct bpf_cgroup_storage_key: 16 bytes */
export interface bpf_cgroup_storage_key {
  /** __u64 cgroup_inode_id */
  cgroup_inode_id: bigint;
  /** __u32 attach_type */
  attach_type: number;
}

/** struct bpf_list_node: 24 bytes */
export interface bpf_list_node {
  /** __u64 __opaque[3] */
  __opaque: bigint[];
}

/** struct guarded: 8 bytes */
export interface guarded {
  /** __u32 count */
  count: number;
}

/** struct held: 8 bytes */
export interface held {
  /** struct task_struct *task */
  task: bigint;
}

/** struct item: 24 bytes */
export interface item {
  /** struct bpf_list_node node */
  node: bpf_list_node;
}

/** struct listed: 24 bytes */
export type listed = Record<string, never>;

/** struct locked: 8 bytes */
export interface locked {
  /** __u32 count */
  count: number;
}

/** struct locked_timed: 24 bytes */
export type locked_timed = Record<string, never>;

/** struct nested: 12 bytes */
export interface nested {
  /** __u32 number */
  number: number;
  /** struct locked inner */
  inner: locked;
}

/** struct scheduled: 8 bytes */
export type scheduled = Record<string, never>;

/** struct timed: 16 bytes */
export type timed = Record<string, never>;

/** struct worked: 16 bytes */
export type worked = Record<string, never>;

/** What is in whole-maps.bpf.o. */
export interface WholeMaps {
  programs: {
    /** SEC("lsm.s/bprm_committed_creds") int array__sleepable(void *ctx) */
    array__sleepable: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int array_of_arrays__looked_up(void *ctx) */
    array_of_arrays__looked_up: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int array_of_arrays__sleepable(void *ctx) */
    array_of_arrays__sleepable: "lsm";
    /** SEC("perf_event") int array_of_hashes__perf_event(void *ctx) */
    array_of_hashes__perf_event: "perf_event";
    /** SEC("lsm.s/bprm_committed_creds") int array_of_hashes__sleepable(void *ctx) */
    array_of_hashes__sleepable: "lsm";
    /** SEC("lsm/bprm_committed_creds") int array_of_tries__plain(void *ctx) */
    array_of_tries__plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int array_of_tries__sleepable(void *ctx) */
    array_of_tries__sleepable: "lsm";
    /** SEC("lsm/bprm_committed_creds") int bloom__plain(void *ctx) */
    bloom__plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int bloom__sleepable(void *ctx) */
    bloom__sleepable: "lsm";
    /** SEC("lsm/bprm_committed_creds") int bloom__used(void *ctx) */
    bloom__used: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int cgroup_storage__sleepable(void *ctx) */
    cgroup_storage__sleepable: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int cgroups__sleepable(void *ctx) */
    cgroups__sleepable: "lsm";
    /** SEC("tc") int cgrp_storage__other(void *ctx) */
    cgrp_storage__other: "tc";
    /** SEC("lsm/bprm_committed_creds") int cgrp_storage__plain(void *ctx) */
    cgrp_storage__plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int cgrp_storage__sleepable(void *ctx) */
    cgrp_storage__sleepable: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int cpumap__sleepable(void *ctx) */
    cpumap__sleepable: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int devmap__sleepable(void *ctx) */
    devmap__sleepable: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int devmap_hash__sleepable(void *ctx) */
    devmap_hash__sleepable: "lsm";
    /** SEC("kprobe") int events__output(void *ctx) */
    events__output: "kprobe";
    /** SEC("lsm/bprm_committed_creds") int events__plain(void *ctx) */
    events__plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int events__sleepable(void *ctx) */
    events__sleepable: "lsm";
    /** SEC("kprobe") int guards__kprobe(void *ctx) */
    guards__kprobe: "kprobe";
    /** SEC("perf_event") int guards__perf_event(void *ctx) */
    guards__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int guards__plain(void *ctx) */
    guards__plain: "lsm";
    /** SEC("raw_tp") int guards__raw_tp(void *ctx) */
    guards__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int guards__sleepable(void *ctx) */
    guards__sleepable: "lsm";
    /** SEC("socket") int guards__socket(void *ctx) */
    guards__socket: "socket";
    /** SEC("uprobe.s") int guards__uprobe(void *ctx) */
    guards__uprobe: "uprobe";
    /** SEC("perf_event") int hash__perf_event(void *ctx) */
    hash__perf_event: "perf_event";
    /** SEC("lsm.s/bprm_committed_creds") int hash__sleepable(void *ctx) */
    hash__sleepable: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int hash_of_arrays__sleepable(void *ctx) */
    hash_of_arrays__sleepable: "lsm";
    /** SEC("perf_event") int hash_of_hashes__perf_event(void *ctx) */
    hash_of_hashes__perf_event: "perf_event";
    /** SEC("lsm.s/bprm_committed_creds") int hash_of_hashes__sleepable(void *ctx) */
    hash_of_hashes__sleepable: "lsm";
    /** SEC("perf_event") int hash_on_demand__perf_event(void *ctx) */
    hash_on_demand__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int hash_on_demand__plain(void *ctx) */
    hash_on_demand__plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int hash_on_demand__sleepable(void *ctx) */
    hash_on_demand__sleepable: "lsm";
    /** SEC("lsm/bprm_committed_creds") int inode_storage__plain(void *ctx) */
    inode_storage__plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int inode_storage__sleepable(void *ctx) */
    inode_storage__sleepable: "lsm";
    /** SEC("kprobe") int lists__kprobe(void *ctx) */
    lists__kprobe: "kprobe";
    /** SEC("perf_event") int lists__perf_event(void *ctx) */
    lists__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int lists__plain(void *ctx) */
    lists__plain: "lsm";
    /** SEC("raw_tp") int lists__raw_tp(void *ctx) */
    lists__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int lists__sleepable(void *ctx) */
    lists__sleepable: "lsm";
    /** SEC("socket") int lists__socket(void *ctx) */
    lists__socket: "socket";
    /** SEC("uprobe.s") int lists__uprobe(void *ctx) */
    lists__uprobe: "uprobe";
    /** SEC("kprobe") int locks__kprobe(void *ctx) */
    locks__kprobe: "kprobe";
    /** SEC("perf_event") int locks__perf_event(void *ctx) */
    locks__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int locks__plain(void *ctx) */
    locks__plain: "lsm";
    /** SEC("raw_tp") int locks__raw_tp(void *ctx) */
    locks__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int locks__sleepable(void *ctx) */
    locks__sleepable: "lsm";
    /** SEC("socket") int locks__socket(void *ctx) */
    locks__socket: "socket";
    /** SEC("uprobe.s") int locks__uprobe(void *ctx) */
    locks__uprobe: "uprobe";
    /** SEC("lsm/bprm_committed_creds") int locks__used(void *ctx) */
    locks__used: "lsm";
    /** SEC("perf_event") int lru_hash__perf_event(void *ctx) */
    lru_hash__perf_event: "perf_event";
    /** SEC("lsm.s/bprm_committed_creds") int lru_hash__sleepable(void *ctx) */
    lru_hash__sleepable: "lsm";
    /** SEC("kprobe") int lru_locked_timers__kprobe(void *ctx) */
    lru_locked_timers__kprobe: "kprobe";
    /** SEC("perf_event") int lru_locked_timers__perf_event(void *ctx) */
    lru_locked_timers__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int lru_locked_timers__plain(void *ctx) */
    lru_locked_timers__plain: "lsm";
    /** SEC("raw_tp") int lru_locked_timers__raw_tp(void *ctx) */
    lru_locked_timers__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int lru_locked_timers__sleepable(void *ctx) */
    lru_locked_timers__sleepable: "lsm";
    /** SEC("socket") int lru_locked_timers__socket(void *ctx) */
    lru_locked_timers__socket: "socket";
    /** SEC("uprobe.s") int lru_locked_timers__uprobe(void *ctx) */
    lru_locked_timers__uprobe: "uprobe";
    /** SEC("lsm/bprm_committed_creds") int lru_locked_timers__used(void *ctx) */
    lru_locked_timers__used: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lru_percpu_hash__sleepable(void *ctx) */
    lru_percpu_hash__sleepable: "lsm";
    /** SEC("kprobe") int nested_locks__kprobe(void *ctx) */
    nested_locks__kprobe: "kprobe";
    /** SEC("perf_event") int nested_locks__perf_event(void *ctx) */
    nested_locks__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int nested_locks__plain(void *ctx) */
    nested_locks__plain: "lsm";
    /** SEC("raw_tp") int nested_locks__raw_tp(void *ctx) */
    nested_locks__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int nested_locks__sleepable(void *ctx) */
    nested_locks__sleepable: "lsm";
    /** SEC("socket") int nested_locks__socket(void *ctx) */
    nested_locks__socket: "socket";
    /** SEC("uprobe.s") int nested_locks__uprobe(void *ctx) */
    nested_locks__uprobe: "uprobe";
    /** SEC("lsm/bprm_committed_creds") int nested_locks__used(void *ctx) */
    nested_locks__used: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int percpu_array__sleepable(void *ctx) */
    percpu_array__sleepable: "lsm";
    /** SEC("lsm/bprm_committed_creds") int percpu_hash__looked_up(void *ctx) */
    percpu_hash__looked_up: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int percpu_hash__sleepable(void *ctx) */
    percpu_hash__sleepable: "lsm";
    /** SEC("perf_event") int percpu_hash_on_demand__perf_event(void *ctx) */
    percpu_hash_on_demand__perf_event: "perf_event";
    /** SEC("lsm.s/bprm_committed_creds") int percpu_hash_on_demand__sleepable(void *ctx) */
    percpu_hash_on_demand__sleepable: "lsm";
    /** SEC("kprobe") int percpu_timers__kprobe(void *ctx) */
    percpu_timers__kprobe: "kprobe";
    /** SEC("perf_event") int percpu_timers__perf_event(void *ctx) */
    percpu_timers__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int percpu_timers__plain(void *ctx) */
    percpu_timers__plain: "lsm";
    /** SEC("raw_tp") int percpu_timers__raw_tp(void *ctx) */
    percpu_timers__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int percpu_timers__sleepable(void *ctx) */
    percpu_timers__sleepable: "lsm";
    /** SEC("socket") int percpu_timers__socket(void *ctx) */
    percpu_timers__socket: "socket";
    /** SEC("uprobe.s") int percpu_timers__uprobe(void *ctx) */
    percpu_timers__uprobe: "uprobe";
    /** SEC("lsm/bprm_committed_creds") int percpu_timers__used(void *ctx) */
    percpu_timers__used: "lsm";
    /** SEC("lsm/bprm_committed_creds") int programs__called(void *ctx) */
    programs__called: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int programs__sleepable(void *ctx) */
    programs__sleepable: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int queue__sleepable(void *ctx) */
    queue__sleepable: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int reuseport__sleepable(void *ctx) */
    reuseport__sleepable: "lsm";
    /** SEC("kprobe") int rhash__kprobe(void *ctx) */
    rhash__kprobe: "kprobe";
    /** SEC("perf_event") int rhash__perf_event(void *ctx) */
    rhash__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int rhash__plain(void *ctx) */
    rhash__plain: "lsm";
    /** SEC("raw_tp") int rhash__raw_tp(void *ctx) */
    rhash__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int rhash__sleepable(void *ctx) */
    rhash__sleepable: "lsm";
    /** SEC("socket") int rhash__socket(void *ctx) */
    rhash__socket: "socket";
    /** SEC("uprobe.s") int rhash__uprobe(void *ctx) */
    rhash__uprobe: "uprobe";
    /** SEC("kprobe") int rhash_lists__kprobe(void *ctx) */
    rhash_lists__kprobe: "kprobe";
    /** SEC("perf_event") int rhash_lists__perf_event(void *ctx) */
    rhash_lists__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int rhash_lists__plain(void *ctx) */
    rhash_lists__plain: "lsm";
    /** SEC("raw_tp") int rhash_lists__raw_tp(void *ctx) */
    rhash_lists__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int rhash_lists__sleepable(void *ctx) */
    rhash_lists__sleepable: "lsm";
    /** SEC("socket") int rhash_lists__socket(void *ctx) */
    rhash_lists__socket: "socket";
    /** SEC("uprobe.s") int rhash_lists__uprobe(void *ctx) */
    rhash_lists__uprobe: "uprobe";
    /** SEC("kprobe") int rhash_locks__kprobe(void *ctx) */
    rhash_locks__kprobe: "kprobe";
    /** SEC("perf_event") int rhash_locks__perf_event(void *ctx) */
    rhash_locks__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int rhash_locks__plain(void *ctx) */
    rhash_locks__plain: "lsm";
    /** SEC("raw_tp") int rhash_locks__raw_tp(void *ctx) */
    rhash_locks__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int rhash_locks__sleepable(void *ctx) */
    rhash_locks__sleepable: "lsm";
    /** SEC("socket") int rhash_locks__socket(void *ctx) */
    rhash_locks__socket: "socket";
    /** SEC("uprobe.s") int rhash_locks__uprobe(void *ctx) */
    rhash_locks__uprobe: "uprobe";
    /** SEC("lsm/bprm_committed_creds") int rhash_locks__used(void *ctx) */
    rhash_locks__used: "lsm";
    /** SEC("kprobe") int rhash_schedules__kprobe(void *ctx) */
    rhash_schedules__kprobe: "kprobe";
    /** SEC("perf_event") int rhash_schedules__perf_event(void *ctx) */
    rhash_schedules__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int rhash_schedules__plain(void *ctx) */
    rhash_schedules__plain: "lsm";
    /** SEC("raw_tp") int rhash_schedules__raw_tp(void *ctx) */
    rhash_schedules__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int rhash_schedules__sleepable(void *ctx) */
    rhash_schedules__sleepable: "lsm";
    /** SEC("socket") int rhash_schedules__socket(void *ctx) */
    rhash_schedules__socket: "socket";
    /** SEC("uprobe.s") int rhash_schedules__uprobe(void *ctx) */
    rhash_schedules__uprobe: "uprobe";
    /** SEC("kprobe") int rhash_tasks__kprobe(void *ctx) */
    rhash_tasks__kprobe: "kprobe";
    /** SEC("perf_event") int rhash_tasks__perf_event(void *ctx) */
    rhash_tasks__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int rhash_tasks__plain(void *ctx) */
    rhash_tasks__plain: "lsm";
    /** SEC("raw_tp") int rhash_tasks__raw_tp(void *ctx) */
    rhash_tasks__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int rhash_tasks__sleepable(void *ctx) */
    rhash_tasks__sleepable: "lsm";
    /** SEC("socket") int rhash_tasks__socket(void *ctx) */
    rhash_tasks__socket: "socket";
    /** SEC("uprobe.s") int rhash_tasks__uprobe(void *ctx) */
    rhash_tasks__uprobe: "uprobe";
    /** SEC("kprobe") int rhash_timers__kprobe(void *ctx) */
    rhash_timers__kprobe: "kprobe";
    /** SEC("perf_event") int rhash_timers__perf_event(void *ctx) */
    rhash_timers__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int rhash_timers__plain(void *ctx) */
    rhash_timers__plain: "lsm";
    /** SEC("raw_tp") int rhash_timers__raw_tp(void *ctx) */
    rhash_timers__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int rhash_timers__sleepable(void *ctx) */
    rhash_timers__sleepable: "lsm";
    /** SEC("socket") int rhash_timers__socket(void *ctx) */
    rhash_timers__socket: "socket";
    /** SEC("uprobe.s") int rhash_timers__uprobe(void *ctx) */
    rhash_timers__uprobe: "uprobe";
    /** SEC("lsm/bprm_committed_creds") int rhash_timers__used(void *ctx) */
    rhash_timers__used: "lsm";
    /** SEC("kprobe") int rhash_works__kprobe(void *ctx) */
    rhash_works__kprobe: "kprobe";
    /** SEC("perf_event") int rhash_works__perf_event(void *ctx) */
    rhash_works__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int rhash_works__plain(void *ctx) */
    rhash_works__plain: "lsm";
    /** SEC("raw_tp") int rhash_works__raw_tp(void *ctx) */
    rhash_works__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int rhash_works__sleepable(void *ctx) */
    rhash_works__sleepable: "lsm";
    /** SEC("socket") int rhash_works__socket(void *ctx) */
    rhash_works__socket: "socket";
    /** SEC("uprobe.s") int rhash_works__uprobe(void *ctx) */
    rhash_works__uprobe: "uprobe";
    /** SEC("lsm.s/bprm_committed_creds") int ring__output(void *ctx) */
    ring__output: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int ring__sleepable(void *ctx) */
    ring__sleepable: "lsm";
    /** SEC("kprobe") int schedules__kprobe(void *ctx) */
    schedules__kprobe: "kprobe";
    /** SEC("perf_event") int schedules__perf_event(void *ctx) */
    schedules__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int schedules__plain(void *ctx) */
    schedules__plain: "lsm";
    /** SEC("raw_tp") int schedules__raw_tp(void *ctx) */
    schedules__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int schedules__sleepable(void *ctx) */
    schedules__sleepable: "lsm";
    /** SEC("socket") int schedules__socket(void *ctx) */
    schedules__socket: "socket";
    /** SEC("uprobe.s") int schedules__uprobe(void *ctx) */
    schedules__uprobe: "uprobe";
    /** SEC("lsm.s/bprm_committed_creds") int sk_storage__sleepable(void *ctx) */
    sk_storage__sleepable: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int sockhash__sleepable(void *ctx) */
    sockhash__sleepable: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int sockmap__sleepable(void *ctx) */
    sockmap__sleepable: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int stack__sleepable(void *ctx) */
    stack__sleepable: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int stacks__sleepable(void *ctx) */
    stacks__sleepable: "lsm";
    /** SEC("lsm/bprm_committed_creds") int task_storage__plain(void *ctx) */
    task_storage__plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int task_storage__sleepable(void *ctx) */
    task_storage__sleepable: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int task_storage__used(void *ctx) */
    task_storage__used: "lsm";
    /** SEC("kprobe") int tasks__kprobe(void *ctx) */
    tasks__kprobe: "kprobe";
    /** SEC("perf_event") int tasks__perf_event(void *ctx) */
    tasks__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int tasks__plain(void *ctx) */
    tasks__plain: "lsm";
    /** SEC("raw_tp") int tasks__raw_tp(void *ctx) */
    tasks__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int tasks__sleepable(void *ctx) */
    tasks__sleepable: "lsm";
    /** SEC("socket") int tasks__socket(void *ctx) */
    tasks__socket: "socket";
    /** SEC("uprobe.s") int tasks__uprobe(void *ctx) */
    tasks__uprobe: "uprobe";
    /** SEC("kprobe") int timers__kprobe(void *ctx) */
    timers__kprobe: "kprobe";
    /** SEC("perf_event") int timers__perf_event(void *ctx) */
    timers__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int timers__plain(void *ctx) */
    timers__plain: "lsm";
    /** SEC("raw_tp") int timers__raw_tp(void *ctx) */
    timers__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int timers__sleepable(void *ctx) */
    timers__sleepable: "lsm";
    /** SEC("socket") int timers__socket(void *ctx) */
    timers__socket: "socket";
    /** SEC("uprobe.s") int timers__uprobe(void *ctx) */
    timers__uprobe: "uprobe";
    /** SEC("lsm/bprm_committed_creds") int timers__used(void *ctx) */
    timers__used: "lsm";
    /** SEC("xdp") int trie__looked_up(void *ctx) */
    trie__looked_up: "xdp";
    /** SEC("perf_event") int trie__perf_event(void *ctx) */
    trie__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int trie__plain(void *ctx) */
    trie__plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int trie__sleepable(void *ctx) */
    trie__sleepable: "lsm";
    /** SEC("lsm/bprm_committed_creds") int user_ring__plain(void *ctx) */
    user_ring__plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int user_ring__sleepable(void *ctx) */
    user_ring__sleepable: "lsm";
    /** SEC("kprobe") int works__kprobe(void *ctx) */
    works__kprobe: "kprobe";
    /** SEC("perf_event") int works__perf_event(void *ctx) */
    works__perf_event: "perf_event";
    /** SEC("lsm/bprm_committed_creds") int works__plain(void *ctx) */
    works__plain: "lsm";
    /** SEC("raw_tp") int works__raw_tp(void *ctx) */
    works__raw_tp: "raw_tp";
    /** SEC("lsm.s/bprm_committed_creds") int works__sleepable(void *ctx) */
    works__sleepable: "lsm";
    /** SEC("socket") int works__socket(void *ctx) */
    works__socket: "socket";
    /** SEC("uprobe.s") int works__uprobe(void *ctx) */
    works__uprobe: "uprobe";
    /** SEC("lsm.s/bprm_committed_creds") int xskmap__sleepable(void *ctx) */
    xskmap__sleepable: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value int */
    array: ArrayMap<number>;
    /** BPF_MAP_TYPE_ARRAY_OF_MAPS, max_entries 1, key int */
    array_of_arrays: ArrayOfMaps<ArrayMap<number>>;
    /** BPF_MAP_TYPE_ARRAY_OF_MAPS, max_entries 1, key int */
    array_of_hashes: ArrayOfMaps<HashMap<number, number>>;
    /** BPF_MAP_TYPE_ARRAY_OF_MAPS, max_entries 1, key int */
    array_of_tries: ArrayOfMaps<LpmTrieMap<number>>;
    /** BPF_MAP_TYPE_BLOOM_FILTER, max_entries 1, value int */
    bloom: BloomFilterMap<number>;
    /** BPF_MAP_TYPE_CGROUP_STORAGE, max_entries 0, key struct bpf_cgroup_storage_key, value int */
    cgroup_storage: KernelMap<bpf_cgroup_storage_key, number>;
    /** BPF_MAP_TYPE_CGROUP_ARRAY, max_entries 1 */
    cgroups: KernelMap<Uint8Array, Uint8Array>;
    /** BPF_MAP_TYPE_CGRP_STORAGE, max_entries 0, key int, value int */
    cgrp_storage: CgroupLocalStorageMap<number>;
    /** BPF_MAP_TYPE_CPUMAP, max_entries 1 */
    cpumap: KernelMap<Uint8Array, Uint8Array>;
    /** BPF_MAP_TYPE_DEVMAP, max_entries 1 */
    devmap: KernelMap<Uint8Array, Uint8Array>;
    /** BPF_MAP_TYPE_DEVMAP_HASH, max_entries 1 */
    devmap_hash: KernelMap<Uint8Array, Uint8Array>;
    /** BPF_MAP_TYPE_PERF_EVENT_ARRAY, max_entries 0 */
    events: PerfBuffer<Uint8Array>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value struct guarded */
    guards: ArrayMap<guarded>;
    /** BPF_MAP_TYPE_HASH, max_entries 1, key int, value int */
    hash: HashMap<number, number>;
    /** BPF_MAP_TYPE_HASH_OF_MAPS, max_entries 1, key int */
    hash_of_arrays: HashOfMaps<number, ArrayMap<number>>;
    /** BPF_MAP_TYPE_HASH_OF_MAPS, max_entries 1, key int */
    hash_of_hashes: HashOfMaps<number, HashMap<number, number>>;
    /** BPF_MAP_TYPE_HASH, max_entries 1, key int, value int */
    hash_on_demand: HashMap<number, number>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value int */
    inner_array: ArrayMap<number>;
    /** BPF_MAP_TYPE_HASH, max_entries 1, key int, value int */
    inner_on_demand: HashMap<number, number>;
    /** BPF_MAP_TYPE_LPM_TRIE, max_entries 1, key struct prefix, value int */
    inner_trie: LpmTrieMap<number>;
    /** BPF_MAP_TYPE_INODE_STORAGE, max_entries 0, key int, value int */
    inode_storage: InodeStorageMap<number>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value struct listed */
    lists: ArrayMap<listed>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value struct locked */
    locks: ArrayMap<locked>;
    /** BPF_MAP_TYPE_LRU_HASH, max_entries 1, key int, value int */
    lru_hash: HashMap<number, number>;
    /** BPF_MAP_TYPE_LRU_HASH, max_entries 1, key int, value struct locked_timed */
    lru_locked_timers: HashMap<number, locked_timed>;
    /** BPF_MAP_TYPE_LRU_PERCPU_HASH, max_entries 1, key int, value int */
    lru_percpu_hash: PerCpuHashMap<number, number>;
    /** BPF_MAP_TYPE_HASH, max_entries 1, key int, value struct nested */
    nested_locks: HashMap<number, nested>;
    /** BPF_MAP_TYPE_PERCPU_ARRAY, max_entries 1, key int, value int */
    percpu_array: PerCpuArrayMap<number>;
    /** BPF_MAP_TYPE_PERCPU_HASH, max_entries 1, key int, value int */
    percpu_hash: PerCpuHashMap<number, number>;
    /** BPF_MAP_TYPE_PERCPU_HASH, max_entries 1, key int, value int */
    percpu_hash_on_demand: PerCpuHashMap<number, number>;
    /** BPF_MAP_TYPE_PERCPU_ARRAY, max_entries 1, key int, value struct timed */
    percpu_timers: PerCpuArrayMap<timed>;
    /** BPF_MAP_TYPE_PROG_ARRAY, max_entries 1 */
    programs: ProgArray;
    /** BPF_MAP_TYPE_QUEUE, max_entries 1, value int */
    queue: QueueMap<number>;
    /** BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, max_entries 1 */
    reuseport: KernelMap<Uint8Array, Uint8Array>;
    /** BPF_MAP_TYPE_RHASH, max_entries 1, key int, value int */
    rhash: BpfMap;
    /** BPF_MAP_TYPE_RHASH, max_entries 1, key int, value struct listed */
    rhash_lists: BpfMap;
    /** BPF_MAP_TYPE_RHASH, max_entries 1, key int, value struct locked */
    rhash_locks: BpfMap;
    /** BPF_MAP_TYPE_RHASH, max_entries 1, key int, value struct scheduled */
    rhash_schedules: BpfMap;
    /** BPF_MAP_TYPE_RHASH, max_entries 1, key int, value struct held */
    rhash_tasks: BpfMap;
    /** BPF_MAP_TYPE_RHASH, max_entries 1, key int, value struct timed */
    rhash_timers: BpfMap;
    /** BPF_MAP_TYPE_RHASH, max_entries 1, key int, value struct worked */
    rhash_works: BpfMap;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 4096 */
    ring: RingBuffer<Uint8Array>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value struct scheduled */
    schedules: ArrayMap<scheduled>;
    /** BPF_MAP_TYPE_SK_STORAGE, max_entries 0, key int, value int */
    sk_storage: SkStorageMap<number>;
    /** BPF_MAP_TYPE_SOCKHASH, max_entries 1 */
    sockhash: KernelMap<Uint8Array, Uint8Array>;
    /** BPF_MAP_TYPE_SOCKMAP, max_entries 1 */
    sockmap: KernelMap<Uint8Array, Uint8Array>;
    /** BPF_MAP_TYPE_STACK, max_entries 1, value int */
    stack: StackMap<number>;
    /** BPF_MAP_TYPE_STACK_TRACE, max_entries 1 */
    stacks: KernelMap<Uint8Array, Uint8Array>;
    /** BPF_MAP_TYPE_TASK_STORAGE, max_entries 0, key int, value int */
    task_storage: TaskStorageMap<number>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value struct held */
    tasks: ArrayMap<held>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value struct timed */
    timers: ArrayMap<timed>;
    /** BPF_MAP_TYPE_LPM_TRIE, max_entries 1, key struct prefix, value int */
    trie: LpmTrieMap<number>;
    /** BPF_MAP_TYPE_USER_RINGBUF, max_entries 4096 */
    user_ring: UserRingBuffer<Uint8Array>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value struct worked */
    works: ArrayMap<worked>;
    /** BPF_MAP_TYPE_XSKMAP, max_entries 1 */
    xskmap: KernelMap<Uint8Array, Uint8Array>;
  };
  variables: {
    /** char buffer[8], in .bss */
    buffer: string;
    /** struct item *first, in .bss */
    first: bigint;
    /** __u64 runtime, in .bss */
    runtime: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
    /** __u32 zero, in .bss */
    zero: number;
  };
}

/** Opens whole-maps.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<WholeMaps> {
  const source = join(__dirname, "whole-maps.bpf.o");
  return openObject<WholeMaps>(source, options);
}
