/** The class for each map type. */
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

/** Makes a map of a class; some need no codecs. */
export type MapClass = new (core: MapCore, codecs: ElementCodecs & MapOpener) => BpfMap;

/** The class of each type by its name, with the types of keys and values. */
export interface MapTypes<K, V> {
  hash: HashMap<K, V>;
  lru_hash: HashMap<K, V>;
  array: ArrayMap<V>;
  percpu_hash: PerCpuHashMap<K, V>;
  lru_percpu_hash: PerCpuHashMap<K, V>;
  percpu_array: PerCpuArrayMap<V>;
  lpm_trie: LpmTrieMap<V>;
  array_of_maps: ArrayOfMaps;
  hash_of_maps: HashOfMaps<K>;
  prog_array: ProgArray;
  queue: QueueMap<V>;
  stack: StackMap<V>;
  bloom_filter: BloomFilterMap<V>;
  task_storage: TaskStorageMap<V>;
  inode_storage: InodeStorageMap<V>;
  sk_storage: SkStorageMap<V>;
  cgrp_storage: CgroupLocalStorageMap<V>;
  struct_ops: StructOpsMap<V>;
  arena: ArenaMap;
  ringbuf: RingBuffer;
  user_ringbuf: UserRingBuffer;
  perf_event_array: PerfBuffer;
  stack_trace: KernelMap<K, V>;
  cgroup_array: KernelMap<K, V>;
  devmap: KernelMap<K, V>;
  devmap_hash: KernelMap<K, V>;
  cpumap: KernelMap<K, V>;
  xskmap: KernelMap<K, V>;
  sockmap: KernelMap<K, V>;
  sockhash: KernelMap<K, V>;
  reuseport_sockarray: KernelMap<K, V>;
  cgroup_storage: KernelMap<K, V>;
  percpu_cgroup_storage: PerCpuHashMap<K, V>;
  insn_array: KernelMap<K, V>;
}

/** A type of maps by its name: enum bpf_map_type in lower case. */
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

/** The class of a type; maps that are newer than this library are there with their facts. */
export function classOf(type: number): MapClass {
  return classes.get(type) ?? (type > MapType.INSN_ARRAY ? BpfMap : KernelMap);
}
