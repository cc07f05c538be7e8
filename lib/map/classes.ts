/** The class of each map type. */
import { MapType } from "../constants";
import { ArrayMap } from "./array";
import type { MapCore } from "./core";
import { HashMap, PerCpuArrayMap, PerCpuHashMap } from "./hash";
import { LpmTrieMap } from "./lpm-trie";
import { BpfMap } from "./map";
import type { ElementCodecs } from "./map-codec";
import { PerfBuffer } from "./perf-buffer";
import { BloomFilterMap, QueueMap, StackMap } from "./queue";
import { ArrayOfMaps, HashOfMaps, type MapOpener, ProgArray } from "./references";
import { RingBuffer } from "./ring-buffer";
import { ArenaMap, KernelMap, StructOpsMap } from "./special-maps";
import { CgroupLocalStorageMap, InodeStorageMap, SkStorageMap, TaskStorageMap } from "./storage";
import { UserRingBuffer } from "./user-ring-buffer";

/** A constructor of a map class; some need no codecs. */
export type MapClass = new (core: MapCore, codecs: ElementCodecs & MapOpener) => BpfMap;

/** The class of each map type, by name, for keys `K` and values `V`. */
export interface MapTypes<K, V> {
  /** BPF_MAP_TYPE_HASH. */
  hash: HashMap<K, V>;
  /** BPF_MAP_TYPE_LRU_HASH. */
  lru_hash: HashMap<K, V>;
  /** BPF_MAP_TYPE_ARRAY. */
  array: ArrayMap<V>;
  /** BPF_MAP_TYPE_PERCPU_HASH. */
  percpu_hash: PerCpuHashMap<K, V>;
  /** BPF_MAP_TYPE_LRU_PERCPU_HASH. */
  lru_percpu_hash: PerCpuHashMap<K, V>;
  /** BPF_MAP_TYPE_PERCPU_ARRAY. */
  percpu_array: PerCpuArrayMap<V>;
  /** BPF_MAP_TYPE_LPM_TRIE. */
  lpm_trie: LpmTrieMap<V>;
  /** BPF_MAP_TYPE_ARRAY_OF_MAPS. */
  array_of_maps: ArrayOfMaps;
  /** BPF_MAP_TYPE_HASH_OF_MAPS. */
  hash_of_maps: HashOfMaps<K>;
  /** BPF_MAP_TYPE_PROG_ARRAY. */
  prog_array: ProgArray;
  /** BPF_MAP_TYPE_QUEUE. */
  queue: QueueMap<V>;
  /** BPF_MAP_TYPE_STACK. */
  stack: StackMap<V>;
  /** BPF_MAP_TYPE_BLOOM_FILTER. */
  bloom_filter: BloomFilterMap<V>;
  /** BPF_MAP_TYPE_TASK_STORAGE. */
  task_storage: TaskStorageMap<V>;
  /** BPF_MAP_TYPE_INODE_STORAGE. */
  inode_storage: InodeStorageMap<V>;
  /** BPF_MAP_TYPE_SK_STORAGE. */
  sk_storage: SkStorageMap<V>;
  /** BPF_MAP_TYPE_CGRP_STORAGE. */
  cgrp_storage: CgroupLocalStorageMap<V>;
  /** BPF_MAP_TYPE_STRUCT_OPS. */
  struct_ops: StructOpsMap<V>;
  /** BPF_MAP_TYPE_ARENA. */
  arena: ArenaMap;
  /** BPF_MAP_TYPE_RINGBUF. */
  ringbuf: RingBuffer;
  /** BPF_MAP_TYPE_USER_RINGBUF. */
  user_ringbuf: UserRingBuffer;
  /** BPF_MAP_TYPE_PERF_EVENT_ARRAY. */
  perf_event_array: PerfBuffer;
  /** BPF_MAP_TYPE_STACK_TRACE. */
  stack_trace: KernelMap<K, V>;
  /** BPF_MAP_TYPE_CGROUP_ARRAY. */
  cgroup_array: KernelMap<K, V>;
  /** BPF_MAP_TYPE_DEVMAP. */
  devmap: KernelMap<K, V>;
  /** BPF_MAP_TYPE_DEVMAP_HASH. */
  devmap_hash: KernelMap<K, V>;
  /** BPF_MAP_TYPE_CPUMAP. */
  cpumap: KernelMap<K, V>;
  /** BPF_MAP_TYPE_XSKMAP. */
  xskmap: KernelMap<K, V>;
  /** BPF_MAP_TYPE_SOCKMAP. */
  sockmap: KernelMap<K, V>;
  /** BPF_MAP_TYPE_SOCKHASH. */
  sockhash: KernelMap<K, V>;
  /** BPF_MAP_TYPE_REUSEPORT_SOCKARRAY. */
  reuseport_sockarray: KernelMap<K, V>;
  /** BPF_MAP_TYPE_CGROUP_STORAGE. */
  cgroup_storage: KernelMap<K, V>;
  /** BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE. */
  percpu_cgroup_storage: PerCpuHashMap<K, V>;
  /** BPF_MAP_TYPE_INSN_ARRAY. */
  insn_array: KernelMap<K, V>;
}

/** The name of a map type: enum bpf_map_type in lower case. */
export type MapTypeName = keyof MapTypes<unknown, unknown>;

const classes = new Map<number, MapClass>([
  [MapType.HASH, HashMap],
  [MapType.LRU_HASH, HashMap],
  [MapType.ARRAY, ArrayMap],
  [MapType.PERCPU_HASH, PerCpuHashMap],
  [MapType.LRU_PERCPU_HASH, PerCpuHashMap],
  [MapType.PERCPU_ARRAY, PerCpuArrayMap],
  [MapType.LPM_TRIE, LpmTrieMap],
  [MapType.ARRAY_OF_MAPS, ArrayOfMaps],
  [MapType.HASH_OF_MAPS, HashOfMaps],
  [MapType.PROG_ARRAY, ProgArray],
  [MapType.QUEUE, QueueMap],
  [MapType.STACK, StackMap],
  [MapType.BLOOM_FILTER, BloomFilterMap],
  [MapType.TASK_STORAGE, TaskStorageMap],
  [MapType.INODE_STORAGE, InodeStorageMap],
  [MapType.SK_STORAGE, SkStorageMap],
  [MapType.CGRP_STORAGE, CgroupLocalStorageMap],
  [MapType.STRUCT_OPS, StructOpsMap],
  [MapType.ARENA, ArenaMap],
  [MapType.RINGBUF, RingBuffer],
  [MapType.USER_RINGBUF, UserRingBuffer],
  [MapType.PERF_EVENT_ARRAY, PerfBuffer],
  [MapType.PERCPU_CGROUP_STORAGE, PerCpuHashMap],
]);

/** The class of a type. Types newer than this library get {@link BpfMap}, with their properties only. */
export function classOf(type: number): MapClass {
  return classes.get(type) ?? (type > MapType.INSN_ARRAY ? BpfMap : KernelMap);
}
