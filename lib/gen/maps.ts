/** The TypeScript class of each map type: the counterpart of lib/map/classes.ts. */
import type { MapTypeName } from "../map/classes";

/** A type argument of a map class; "inner" is the class of the inner maps of a map of maps. */
export type Element = "key" | "value" | "event" | "inner";

/** A class name and its type arguments. */
export type MapClass = readonly [name: string, ...parameters: Element[]];

const kernel: MapClass = ["KernelMap", "key", "value"];

/** In step with MapTypes in lib/map/classes.ts. */
const classes: Readonly<Record<MapTypeName, MapClass>> = {
  hash: ["HashMap", "key", "value"],
  lru_hash: ["HashMap", "key", "value"],
  array: ["ArrayMap", "value"],
  percpu_hash: ["PerCpuHashMap", "key", "value"],
  lru_percpu_hash: ["PerCpuHashMap", "key", "value"],
  percpu_array: ["PerCpuArrayMap", "value"],
  lpm_trie: ["LpmTrieMap", "value"],
  array_of_maps: ["ArrayOfMaps", "inner"],
  hash_of_maps: ["HashOfMaps", "key", "inner"],
  prog_array: ["ProgArray"],
  queue: ["QueueMap", "value"],
  stack: ["StackMap", "value"],
  bloom_filter: ["BloomFilterMap", "value"],
  task_storage: ["TaskStorageMap", "value"],
  inode_storage: ["InodeStorageMap", "value"],
  sk_storage: ["SkStorageMap", "value"],
  cgrp_storage: ["CgroupLocalStorageMap", "value"],
  struct_ops: ["StructOpsMap", "value"],
  arena: ["ArenaMap"],
  ringbuf: ["RingBuffer", "event"],
  user_ringbuf: ["UserRingBuffer", "event"],
  perf_event_array: ["PerfBuffer", "event"],
  stack_trace: kernel,
  cgroup_array: kernel,
  devmap: kernel,
  devmap_hash: kernel,
  cpumap: kernel,
  xskmap: kernel,
  sockmap: kernel,
  sockhash: kernel,
  reuseport_sockarray: kernel,
  cgroup_storage: kernel,
  percpu_cgroup_storage: ["PerCpuHashMap", "key", "value"],
  insn_array: kernel,
};

/**
 * All class names that a module can import. Reserving them all keeps the names of types stable when the object gets
 * other maps.
 */
export const mapClassNames: readonly string[] = ["BpfMap", ...Object.values(classes).map(([name]) => name)];

/** The class of a map type such as "hash". */
export function mapClass(type: string): MapClass {
  return Object.hasOwn(classes, type) ? classes[type as MapTypeName] : ["BpfMap"];
}
