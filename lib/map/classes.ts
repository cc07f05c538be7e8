/** The classes of maps with elements: which key and value each has. */
import type { MapDescription } from "../native";
import type { Lifetime } from "../object/lifetime";
import { bytesKey, bytesValue, indexKey, perCpuValue } from "./codec";
import { ElementMap } from "./element-map";

/** HASH and LRU_HASH; the latter drops the least recently used element when it is full. Keys and values are bytes. */
export class HashMap extends ElementMap<Uint8Array, Uint8Array> {
  /** @internal */
  constructor(lifetime: Lifetime, description: MapDescription, index: number) {
    super(lifetime, description, index, bytesKey, bytesValue);
  }
}

/** ARRAY: keys are the numbers from 0 to maxEntries - 1, all of which always exist; values are bytes. */
export class ArrayMap extends ElementMap<number, Uint8Array> {
  /** @internal */
  constructor(lifetime: Lifetime, description: MapDescription, index: number) {
    super(lifetime, description, index, indexKey, bytesValue);
  }
}

/** PERCPU_HASH and LRU_PERCPU_HASH: a value is an array of bytes for each possible CPU. */
export class PerCpuHashMap extends ElementMap<Uint8Array, Uint8Array[]> {
  /** @internal */
  constructor(lifetime: Lifetime, description: MapDescription, index: number) {
    super(lifetime, description, index, bytesKey, perCpuValue);
  }
}

/** PERCPU_ARRAY: a value is an array of bytes for each possible CPU. */
export class PerCpuArrayMap extends ElementMap<number, Uint8Array[]> {
  /** @internal */
  constructor(lifetime: Lifetime, description: MapDescription, index: number) {
    super(lifetime, description, index, indexKey, perCpuValue);
  }
}
