/** The class of each map type. */
import { type MapClassName, type MapTypeName, mapTypeRowOf, type mapTypes } from "../map-types";
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
import type { Counted } from "./ring-counts";
import { ArenaMap, KernelMap, StructOpsMap } from "./special-maps";
import { CgroupLocalStorageMap, InodeStorageMap, SkStorageMap, TaskStorageMap } from "./storage";
import { UserRingBuffer } from "./user-ring-buffer";

/** The map classes by name, for keys `K` and values `V`. */
export type MapClasses<K, V> = {
  HashMap: HashMap<K, V>;
  ArrayMap: ArrayMap<V>;
  PerCpuHashMap: PerCpuHashMap<K, V>;
  PerCpuArrayMap: PerCpuArrayMap<V>;
  LpmTrieMap: LpmTrieMap<V>;
  ArrayOfMaps: ArrayOfMaps;
  HashOfMaps: HashOfMaps<K>;
  ProgArray: ProgArray;
  QueueMap: QueueMap<V>;
  StackMap: StackMap<V>;
  BloomFilterMap: BloomFilterMap<V>;
  TaskStorageMap: TaskStorageMap<V>;
  InodeStorageMap: InodeStorageMap<V>;
  SkStorageMap: SkStorageMap<V>;
  CgroupLocalStorageMap: CgroupLocalStorageMap<V>;
  StructOpsMap: StructOpsMap<V>;
  ArenaMap: ArenaMap;
  RingBuffer: RingBuffer;
  UserRingBuffer: UserRingBuffer;
  PerfBuffer: PerfBuffer;
  KernelMap: KernelMap<K, V>;
  BpfMap: BpfMap;
};

/**
 * The class of each map type, by name, for keys `K` and values `V`: `MapTypes<number, bigint>["hash"]` is
 * `HashMap<number, bigint>`.
 */
export type MapTypes<K, V> = { [T in MapTypeName]: MapClasses<K, V>[(typeof mapTypes)[T]["class"]] };

/** A constructor of a map class; some need no codecs. */
type MapConstructor<M> = new (core: MapCore, codecs: ElementCodecs & MapOpener & Counted) => M;

/** Functions, because those of rings are loaded when the first is made. */
const constructors: { readonly [C in MapClassName]: () => MapConstructor<MapClasses<unknown, unknown>[C]> } = {
  HashMap: () => HashMap,
  ArrayMap: () => ArrayMap,
  PerCpuHashMap: () => PerCpuHashMap,
  PerCpuArrayMap: () => PerCpuArrayMap,
  LpmTrieMap: () => LpmTrieMap,
  ArrayOfMaps: () => ArrayOfMaps,
  HashOfMaps: () => HashOfMaps,
  ProgArray: () => ProgArray,
  QueueMap: () => QueueMap,
  StackMap: () => StackMap,
  BloomFilterMap: () => BloomFilterMap,
  TaskStorageMap: () => TaskStorageMap,
  InodeStorageMap: () => InodeStorageMap,
  SkStorageMap: () => SkStorageMap,
  CgroupLocalStorageMap: () => CgroupLocalStorageMap,
  StructOpsMap: () => StructOpsMap,
  ArenaMap: () => ArenaMap,
  RingBuffer: () => RingBuffer,
  UserRingBuffer: () => UserRingBuffer,
  PerfBuffer: () => PerfBuffer,
  KernelMap: () => KernelMap,
  BpfMap: () => BpfMap,
};

/** The class of a type. Types newer than this library get {@link BpfMap}, with their properties only. */
export function classOf(type: number): MapConstructor<BpfMap> {
  return constructors[mapTypeRowOf(type)?.class ?? "BpfMap"]();
}
