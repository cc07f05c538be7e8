/** The class for each map type. */
import { MapType } from "../constants";
import type { MapDescription } from "../native";
import type { Lifetime } from "../object/lifetime";
import { ArrayMap, HashMap, PerCpuArrayMap, PerCpuHashMap } from "./classes";
import { BpfMap } from "./map";
import { RingBuffer } from "./ring-buffer";

type MapClass = new (lifetime: Lifetime, description: MapDescription, index: number) => BpfMap;

const classes = new Map<number, MapClass>([
  [MapType.HASH, HashMap],
  [MapType.LRU_HASH, HashMap],
  [MapType.ARRAY, ArrayMap],
  [MapType.PERCPU_HASH, PerCpuHashMap],
  [MapType.LRU_PERCPU_HASH, PerCpuHashMap],
  [MapType.PERCPU_ARRAY, PerCpuArrayMap],
  [MapType.RINGBUF, RingBuffer],
]);

export function openMap(lifetime: Lifetime, description: MapDescription, index: number): BpfMap {
  return new (classes.get(description.type) ?? BpfMap)(lifetime, description, index);
}
