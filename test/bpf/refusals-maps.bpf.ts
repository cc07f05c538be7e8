// Written by node-libbpf gen from refusals-maps.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type BpfMap,
  type HashMap,
  type InodeStorageMap,
  type KernelMap,
  type LpmTrieMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type PerCpuArrayMap,
  type PerfBuffer,
  type ProgArray,
  type QueueMap,
  type RingBuffer,
} from "node-libbpf";

/** struct bpf_list_node: 24 bytes */
export interface bpf_list_node {
  /** __u64 __opaque[3] */
  __opaque: bigint[];
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
  /** int number */
  number: number;
}

/** struct queued: 16 bytes */
export type queued = Record<string, never>;

/** struct timed: 16 bytes */
export type timed = Record<string, never>;

/** What is in refusals-maps.bpf.o. */
export interface RefusalsMaps {
  programs: {
    /** SEC("lsm.s/bprm_committed_creds") int lock_helper(unsigned long long *ctx) */
    lock_helper: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int map_hash(unsigned long long *ctx) */
    map_hash: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int map_locks(unsigned long long *ctx) */
    map_locks: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int map_percpu_array(unsigned long long *ctx) */
    map_percpu_array: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int map_perf(unsigned long long *ctx) */
    map_perf: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int map_programs(unsigned long long *ctx) */
    map_programs: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int map_queue(unsigned long long *ctx) */
    map_queue: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int map_ringbuf(unsigned long long *ctx) */
    map_ringbuf: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int map_stacks(unsigned long long *ctx) */
    map_stacks: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int map_storage(unsigned long long *ctx) */
    map_storage: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int map_timers(unsigned long long *ctx) */
    map_timers: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int map_trie(unsigned long long *ctx) */
    map_trie: "lsm";
    /** SEC("perf_event") int plain_perf_hash(void *ctx) */
    plain_perf_hash: "perf_event";
    /** SEC("socket") int plain_socket_locks(void *ctx) */
    plain_socket_locks: "socket";
    /** SEC("lsm.s/bprm_committed_creds") int timer_helper(unsigned long long *ctx) */
    timer_helper: "lsm";
    /** SEC("uprobe.s") int uprobe_lists(void *ctx) */
    uprobe_lists: "uprobe";
    /** SEC("uprobe.s") int uprobe_locks(void *ctx) */
    uprobe_locks: "uprobe";
    /** SEC("uprobe.s") int uprobe_timers(void *ctx) */
    uprobe_timers: "uprobe";
    /** SEC("uprobe.s") int uprobe_works(void *ctx) */
    uprobe_works: "uprobe";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_HASH, max_entries 1, key int, value int */
    hash: HashMap<number, number>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value struct listed */
    lists: ArrayMap<listed>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value struct locked */
    locks: ArrayMap<locked>;
    /** BPF_MAP_TYPE_PERCPU_ARRAY, max_entries 1, key int, value int */
    percpu_array: PerCpuArrayMap<number>;
    /** BPF_MAP_TYPE_PERF_EVENT_ARRAY, max_entries 0, key int, value int */
    perf: PerfBuffer<Uint8Array>;
    /** BPF_MAP_TYPE_PROG_ARRAY, max_entries 1, key int, value int */
    programs: ProgArray;
    /** BPF_MAP_TYPE_QUEUE, max_entries 1, value int */
    queue: QueueMap<number>;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 4096 */
    ringbuf: RingBuffer<Uint8Array>;
    /** BPF_MAP_TYPE_STACK_TRACE, max_entries 1 */
    stacks: KernelMap<Uint8Array, Uint8Array>;
    /** BPF_MAP_TYPE_INODE_STORAGE, max_entries 0, key int, value int */
    storage: InodeStorageMap<number>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value struct timed */
    timers: ArrayMap<timed>;
    /** BPF_MAP_TYPE_LPM_TRIE, max_entries 1, key struct prefix, value int */
    trie: LpmTrieMap<number>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value struct queued */
    works: ArrayMap<queued>;
  };
  variables: {
    /** struct item *first, in .bss */
    first: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens refusals-maps.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<RefusalsMaps> {
  const source = join(__dirname, "refusals-maps.bpf.o");
  return openObject<RefusalsMaps>(source, options);
}
