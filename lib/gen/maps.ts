/** How the class of each map type is written in TypeScript: the counterpart of lib/map/classes.ts. */
import type { MapTypeName } from "../map/classes";

/** What a class's type parameters stand for; "inner" is the class of the maps in a map. */
export type Element = "key" | "value" | "event" | "inner";

/** A class's name and type parameters. */
export type MapClass = readonly [name: string, ...parameters: Element[]];

const kernel: MapClass = ["KernelMap", "key", "value"];

/** As MapTypes in lib/map/classes.ts has them. */
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

/** All that a module may import: a name that clashes with one stays what it is, whatever maps the object gets. */
export const mapClassNames: readonly string[] = ["BpfMap", ...Object.values(classes).map(([name]) => name)];

/** The class for a map type, such as "hash". */
export function mapClass(type: string): MapClass {
  return Object.hasOwn(classes, type) ? classes[type as MapTypeName] : ["BpfMap"];
}
