/** Maps of keys and values that can be iterated: JavaScript's Map, as far as that fits. */
import type { BtfValue } from "../codec/codec";
import { little } from "../endian";
import { native } from "../native";
import { anyFunction, checkArgument } from "../options";
import { refuseOthers } from "../receivers";
import { chunks, type MapBatch } from "./chunks";
import type { MapCore } from "./core";
import { Elements } from "./elements";
import { KeyedMap } from "./keyed-map";
import { bytes, decodeAll, type ElementCodec } from "./map-codec";

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
  static {
    refuseOthers(ElementMap, (value) => #entries in value, ["entries", "getAll"]);
  }

  /**
   * The keys, while they are read from the kernel.
   *
   * @throws {@link MapError} while it iterates
   */
  keys(): IterableIterator<K> {
    const { keyCodec, keySize } = this;
    const batches = chunks(this.core, { operation: "keys", values: false });
    return new Elements(batches, isPlain(keyCodec), ({ keys }, start, count) =>
      decodeAll(keyCodec, viewOver(keys), start * keySize, keySize, count),
    );
  }

  /**
   * Keys and values, many with one system call where the kernel can (Linux 5.6).
   *
   * @throws {@link MapError} while it iterates
   */
  entries(): IterableIterator<[K, V]> {
    const batches = chunks(this.core, { operation: "entries", values: true });
    return new Elements(batches, isPlain(this.keyCodec) && isPlain(this.valueCodec), (batch, start, count) =>
      this.#entries(batch, start, count),
    );
  }

  /**
   * The values.
   *
   * @throws {@link MapError} while it iterates
   */
  values(): IterableIterator<V> {
    const { valueCodec } = this;
    const { userValueSize } = this.core;
    const batches = chunks(this.core, { operation: "values", values: true });
    return new Elements(batches, isPlain(valueCodec), ({ values }, start, count) =>
      existing(decodeAll(valueCodec, viewOver(values), start * userValueSize, userValueSize, count)),
    );
  }

  /** `entries()`. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries();
  }

  /**
   * Calls back with each element, as JavaScript's Map does.
   *
   * @throws {@link MapError}
   */
  forEach(callback: (value: V, key: K, map: this) => void): void {
    const details = { operation: "map.forEach", map: this.name } as const;
    checkArgument({ name: "forEach", of: `map ${this.name}`, details }, "callback", callback, anyFunction);
    for (const [key, value] of this.entries()) callback(value, key, this);
  }

  /** All elements at once. libbpf: bpf_map_lookup_batch() where the kernel has it for the type. */
  getAll(): [K, V][] {
    const all: [K, V][] = [];
    for (const batch of chunks(this.core, { operation: "getAll", values: true })) {
      for (const entry of this.#entries(batch, 0, batch.count)) all.push(entry);
    }
    return all;
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

  /** The same map with the bytes of keys and values as the kernel has them; of a per-CPU map those of all CPUs. */
  get raw(): RawMap {
    return new RawMap(this.core);
  }
}

/** Whether a value may be decoded before it is asked for: that of a map of maps is a map that is opened. */
function isPlain(codec: ElementCodec<unknown, never>): boolean {
  return codec.decodeAll !== undefined;
}

function viewOver({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Without those of maps that are gone. */
function existing<V>(values: (V | undefined)[]): V[] {
  return values.filter((value) => value !== undefined);
}

/** Keys and values as bytes: {@link ElementMap.raw}. */
export class RawMap extends ElementMap<Uint8Array, Uint8Array> {
  /** @internal */
  constructor(core: MapCore) {
    super(core, bytes(core.name, "a key", core.keySize), bytes(core.name, "a value", core.userValueSize));
  }
}
