/** ARRAY maps, through system calls or mapped memory. */

import type { BtfValue, Codec } from "../codec/codec";
import type { ViewMaker } from "../codec/view";
import { ArgumentError, shown } from "../errors";
import { refuseOthers } from "../receivers";
import { type MapCore, own } from "./core";
import { ElementMap } from "./element-map";
import { type ElementCodecs, indexOf } from "./map-codec";

/** A constructor of typed arrays, such as Float64Array. */
export interface TypedArrayConstructor<T> {
  /** Size of an element in bytes. */
  readonly BYTES_PER_ELEMENT: number;
  /** Creates a typed array over memory; offset in bytes, length in elements. */
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
}

/** ARRAY: keys are the numbers from 0 to maxEntries - 1; all elements always exist. Since Linux 3.19. */
export class ArrayMap<V = BtfValue> extends ElementMap<number, V> {
  static {
    refuseOthers(ArrayMap, ArrayMap.isMap, ["mmap", "stride", "view"]);
  }

  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(own(core), indexOf(core.name), codecs.value as Codec<V>, codecs.view as ViewMaker<V> | undefined);
  }

  /**
   * The map's memory, as bytes or as a typed array. Access needs no system call, and writes of programs are visible at
   * once. Each element starts at a multiple of 8 bytes ({@link stride}). Needs the flag BPF_F_MMAPABLE, and a map that
   * is not frozen. Closing the map makes the array empty. Since Linux 5.5; mmap(2).
   *
   * @throws {@link MapError} if the map can't be mapped
   * @throws {@link ClosedError} after the map is closed
   */
  mmap(): Uint8Array<ArrayBuffer>;
  /** As a typed array of the given class. */
  mmap<T>(type: TypedArrayConstructor<T>): T;
  mmap(type: TypedArrayConstructor<unknown> = Uint8Array): unknown {
    const memory = this.core.memory("mmap");
    if (typeof type !== "function" || memory.byteLength % (type.BYTES_PER_ELEMENT ?? 3) !== 0) {
      throw new ArgumentError(`map ${this.name}: mmap expects a typed array constructor`, {
        operation: "map.mmap",
        map: this.name,
      });
    }
    return new type(memory, 0, memory.byteLength / type.BYTES_PER_ELEMENT);
  }

  /**
   * The struct at an index, in place: reading a field reads the memory and assigning writes it, without a system call.
   * For maps of objects, whose types are known, with the flag BPF_F_MMAPABLE. Throws {@link ClosedError} after the map
   * is closed. Since Linux 5.5; mmap(2).
   *
   * @throws {@link MapError} if the map can't be mapped
   * @throws {@link ArgumentError} if the values are not structs, unions or arrays: use {@link mmap} for numbers
   */
  view(index: number): V {
    const make = this.viewMaker("use mmap()");
    if (!Number.isInteger(index) || index < 0 || index >= this.maxEntries) {
      const message = `an index is an integer from 0 to ${this.maxEntries - 1}, got ${shown(index)}`;
      throw new ArgumentError(`map ${this.name}: ${message}`, { operation: "map.view", map: this.name });
    }
    return make(this.core.sharedMemory("mmap"), index * this.stride);
  }

  /** Distance between elements in {@link mmap}'s memory, in bytes. */
  get stride(): number {
    return (this.valueSize + 7) & ~7;
  }
}
