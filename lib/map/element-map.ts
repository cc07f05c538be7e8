/** Maps of keys and values that can be iterated, with the interface of JavaScript's Map where possible. */
import type { BtfValue } from "../codec/codec";
import { little } from "../endian";
import { native } from "../native";
import { anyFunction, checkArgument } from "../options";
import { refuseOthers } from "../receivers";
import { chunks, type MapBatch } from "./chunks";
import { type MapCore, own } from "./core";
import { Elements } from "./elements";
import { KeyedMap } from "./keyed-map";
import { bytes, decodeAll, type ElementCodec } from "./map-codec";

/**
 * A map whose elements can be iterated.
 *
 * Iteration reads many elements with one bpf(2) call where the kernel supports it (Linux 5.6, hashes and arrays), and
 * yields each as it was then. It always terminates. Elements that exist all the time are seen; elements added or
 * removed meanwhile may or may not be.
 */
export abstract class ElementMap<K = BtfValue, V = BtfValue, Input = V>
  extends KeyedMap<K, V, Input>
  implements Iterable<[K, V]>
{
  static {
    refuseOthers(ElementMap, (value) => #entries in value);
  }

  /**
   * Iterates over the keys.
   *
   * @throws {@link MapError} during iteration
   */
  keys(): IterableIterator<K> {
    const { keyCodec, keySize } = this;
    const batches = chunks(this.core, { operation: "keys", values: false });
    return new Elements(batches, isPlain(keyCodec), ({ keys }, start, count) =>
      decodeAll(keyCodec, viewOver(keys), start * keySize, keySize, count),
    );
  }

  /**
   * Iterates over keys and values, reading many with one system call where the kernel supports it (Linux 5.6).
   *
   * @throws {@link MapError} during iteration
   */
  entries(): IterableIterator<[K, V]> {
    const batches = chunks(this.core, { operation: "entries", values: true });
    return new Elements(batches, isPlain(this.keyCodec) && isPlain(this.valueCodec), (batch, start, count) =>
      this.#entries(batch, start, count),
    );
  }

  /**
   * Iterates over the values.
   *
   * @throws {@link MapError} during iteration
   */
  values(): IterableIterator<V> {
    const { valueCodec } = this;
    const { userValueSize } = this.core;
    const batches = chunks(this.core, { operation: "values", values: true });
    return new Elements(batches, isPlain(valueCodec), ({ values }, start, count) =>
      existing(decodeAll(valueCodec, viewOver(values), start * userValueSize, userValueSize, count)),
    );
  }

  /** Same as `entries()`. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries();
  }

  /**
   * Calls back for each element, as JavaScript's Map does.
   *
   * @throws {@link MapError} if the map can't be read
   * @throws {@link ArgumentError} if `callback` is not a function
   */
  forEach(callback: (value: V, key: K, map: this) => void): void {
    const details = { operation: "map.forEach", map: this.name } as const;
    checkArgument({ name: "forEach", of: `map ${this.name}`, details }, "callback", callback, anyFunction);
    for (const [key, value] of this.entries()) callback(value, key, this);
  }

  /**
   * All elements as an array. libbpf: bpf_map_lookup_batch() where the kernel supports it for the type.
   *
   * @throws {@link MapError} if the map can't be read
   */
  getAll(): [K, V][] {
    const all: [K, V][] = [];
    for (const batch of chunks(this.core, { operation: "getAll", values: true })) {
      for (const entry of this.#entries(batch, 0, batch.count)) all.push(entry);
    }
    return all;
  }

  /**
   * The number of elements, found by counting: the kernel keeps no number.
   *
   * @throws {@link MapError} if the map can't be read
   */
  count(): number {
    let total = 0;
    for (const { count } of chunks(this.core, { operation: "keys", values: false })) total += count;
    return total;
  }

  /**
   * Deletes all elements. Elements added meanwhile may remain.
   *
   * @throws {@link MapError} if an element can't be deleted
   */
  clear(): void {
    for (const { count, keys } of chunks(this.core, { operation: "clear", values: false })) {
      const memory = this.core.scratch("clear");
      const status = native.mapDeleteMany(memory.handle, count, keys, new Uint8Array(count));
      if (status < 0) throw this.core.failure("clear", status, memory.view.getUint32(0, little), count);
    }
  }

  /**
   * Iterates over batches of elements in packed form, for access with typed arrays.
   *
   * @throws {@link MapError} during iteration
   */
  batches(): IterableIterator<MapBatch> {
    return chunks(this.core, { operation: "batches", values: true });
  }

  #entries({ keys, values }: MapBatch, start: number, count: number): [K, V][] {
    const { keyCodec, keySize, valueCodec } = this;
    const { userValueSize } = this.core;
    const found = decodeAll(valueCodec, viewOver(values), start * userValueSize, userValueSize, count);
    const names = decodeAll(keyCodec, viewOver(keys), start * keySize, keySize, count);
    const entries: [K, V][] = [];
    for (let i = 0; i < count; i++) {
      const value = found[i];
      if (value !== undefined) entries.push([names[i] as K, value]);
    }
    return entries;
  }

  /** The same map with keys and values as raw bytes; for a per-CPU map, the values of all CPUs. */
  get raw(): RawMap {
    return new RawMap(this.core);
  }
}

/** Whether values can be decoded ahead. Not for a map of maps, where decoding opens a map. */
function isPlain(codec: ElementCodec<unknown, never>): boolean {
  return codec.decodeAll !== undefined;
}

function viewOver({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Removes the entries of maps that are gone. */
function existing<V>(values: (V | undefined)[]): V[] {
  return values.filter((value) => value !== undefined);
}

/** A map with keys and values as bytes: {@link ElementMap.raw}. */
export class RawMap extends ElementMap<Uint8Array, Uint8Array> {
  /** @internal */
  constructor(core: MapCore) {
    super(own(core), bytes(core.name, "a key", core.keySize), bytes(core.name, "a value", core.userValueSize));
  }
}
