/** HASH and ARRAY maps, and their LRU and per-CPU variants. */
import type { BtfValue, Codec } from "../codec/codec";
import type { ViewMaker } from "../codec/view";
import { ArgumentError } from "../errors";
import { refuseOthers } from "../receivers";
import { type MapCore, own } from "./core";
import { ElementMap } from "./element-map";
import { type ElementCodecs, indexOf, perCpu } from "./map-codec";

/**
 * HASH (Linux 3.19) and LRU_HASH (Linux 4.10). When full, or shortly before, LRU_HASH drops the least recently used
 * elements.
 */
export class HashMap<K = BtfValue, V = BtfValue> extends ElementMap<K, V> {
  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(own(core), codecs.key as Codec<K>, codecs.value as Codec<V>, codecs.view as ViewMaker<V> | undefined);
  }
}

/** PERCPU_HASH (Linux 4.6) and LRU_PERCPU_HASH (Linux 4.10): a value is an array with one value per possible CPU. */
export class PerCpuHashMap<K = BtfValue, V = BtfValue> extends ElementMap<K, V[]> {
  static {
    refuseOthers(PerCpuHashMap, PerCpuHashMap.isMap);
  }

  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(own(core), codecs.key as Codec<K>, perCpu(core.name, codecs.value as Codec<V>));
  }

  /**
   * The sum over all CPUs; undefined if the key does not exist.
   *
   * @throws {@link ArgumentError} if the values are not numbers
   * @throws {@link MapError} if the map can't be read
   */
  sum(key: K): V | undefined {
    return sumOf(this.get(key), this.name);
  }
}

/** PERCPU_ARRAY: a value is an array with one value per possible CPU. Since Linux 4.6. */
export class PerCpuArrayMap<V = BtfValue> extends ElementMap<number, V[]> {
  static {
    refuseOthers(PerCpuArrayMap, PerCpuArrayMap.isMap);
  }

  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(own(core), indexOf(core.name), perCpu(core.name, codecs.value as Codec<V>));
  }

  /**
   * The sum over all CPUs; undefined past the end.
   *
   * @throws {@link ArgumentError} if the values are not numbers
   * @throws {@link MapError} if the map can't be read
   */
  sum(index: number): V | undefined {
    return sumOf(this.get(index), this.name);
  }
}

function sumOf<V>(values: V[] | undefined, map: string): V | undefined {
  if (values === undefined) return undefined;
  const all: readonly unknown[] = values;
  if (all.every((value) => typeof value === "number")) return all.reduce((sum, value) => sum + value, 0) as V;
  if (all.every((value) => typeof value === "bigint")) return all.reduce((sum, value) => sum + value, 0n) as V;
  throw new ArgumentError(`map ${map}: only numbers have a sum; add up what get() gives`, { map });
}
