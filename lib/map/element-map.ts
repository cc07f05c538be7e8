/** Maps of keys and values that can be iterated: JavaScript's Map, as far as that fits. */
import type { BtfValue } from "../btf/codec";
import { little } from "../endian";
import { native } from "../native";
import { chunks, type MapBatch } from "./chunks";
import { bytes } from "./codec";
import type { MapCore } from "./core";
import { KeyedMap } from "./keyed-map";

/**
 * A map whose elements can be iterated.
 *
 * Iteration reads many elements with one bpf(2) call where the kernel can (Linux 5.6, hashes and arrays), and gives each as it
 * was then. It ends whatever is written meanwhile: what is there all the time is seen, what comes or goes meanwhile may be.
 */
export abstract class ElementMap<K = BtfValue, V = BtfValue, Input = V>
  extends KeyedMap<K, V, Input>
  implements Iterable<[K, V]>
{
  *keys(): IterableIterator<K> {
    const { keySize } = this;
    for (const { count, keys } of chunks(this.core, { operation: "keys", values: false })) {
      const view = new DataView(keys.buffer);
      for (let i = 0; i < count; i++) yield this.keyCodec.decode(view, i * keySize, keySize);
    }
  }

  *entries(): IterableIterator<[K, V]> {
    const { keySize } = this;
    const { userValueSize } = this.core;
    for (const { count, keys, values } of chunks(this.core, { operation: "entries", values: true })) {
      const keyView = new DataView(keys.buffer);
      const valueView = new DataView(values.buffer);
      for (let i = 0; i < count; i++) {
        const value = this.valueCodec.decode(valueView, i * userValueSize, userValueSize);
        if (value !== undefined) yield [this.keyCodec.decode(keyView, i * keySize, keySize), value];
      }
    }
  }

  *values(): IterableIterator<V> {
    const { userValueSize } = this.core;
    for (const { count, values } of chunks(this.core, { operation: "values", values: true })) {
      const view = new DataView(values.buffer);
      for (let i = 0; i < count; i++) {
        const value = this.valueCodec.decode(view, i * userValueSize, userValueSize);
        if (value !== undefined) yield value;
      }
    }
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries();
  }

  forEach(callback: (value: V, key: K, map: this) => void): void {
    for (const [key, value] of this.entries()) callback(value, key, this);
  }

  /** All elements at once. libbpf: bpf_map_lookup_batch() where the kernel has it for the type. */
  getAll(): [K, V][] {
    return [...this.entries()];
  }

  /** How many elements there are, by counting them: the kernel keeps no number. */
  count(): number {
    let total = 0;
    for (const { count } of chunks(this.core, { operation: "keys", values: false })) total += count;
    return total;
  }

  /** Removes all elements that are there when it comes by. */
  clear(): void {
    for (const { count, keys } of chunks(this.core, { operation: "clear", values: false })) {
      const memory = this.core.scratch("clear");
      const status = native.mapDeleteMany(memory.handle, count, keys, new Uint8Array(count));
      if (status < 0) throw this.core.failure("clear", status, memory.view.getUint32(0, little), count);
    }
  }

  /** The elements in packed form, many at a time, for those who read them with typed arrays. */
  batches(): IterableIterator<MapBatch> {
    return chunks(this.core, { operation: "batches", values: true });
  }

  /** The same map with the bytes of keys and values as the kernel has them; of a per-CPU map those of all CPUs. */
  get raw(): RawMap {
    return new RawMap(this.core);
  }
}

/** Keys and values as bytes: {@link ElementMap.raw}. */
export class RawMap extends ElementMap<Uint8Array, Uint8Array> {
  /** @internal */
  constructor(core: MapCore) {
    super(core, bytes(core.name, "a key", core.keySize), bytes(core.name, "a value", core.userValueSize));
  }
}
