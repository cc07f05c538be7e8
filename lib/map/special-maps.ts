/**
 * STRUCT_OPS and ARENA, and maps of devices, CPUs, sockets, events and stacks, which programs use and user space fills.
 */
import type { BtfValue, Codec } from "../codec/codec";
import { Flag } from "../constants";
import type { MapCore } from "./core";
import { ElementMap } from "./element-map";
import { BpfMap } from "./map";
import { type ElementCodecs, indexOf } from "./map-codec";

/**
 * Maps without a class of their own, such as DEVMAP, SOCKMAP and STACK_TRACE, and {@link PerfBuffer.slots}. Keys and
 * values are as in the kernel. The type decides which calls user space can make: some can't be read, some can't be
 * written; the error says so. docs/maps.md lists the types, each with the Linux release that introduced it.
 */
export class KernelMap<K = BtfValue, V = BtfValue> extends ElementMap<K, V> {
  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(core, codecs.key as Codec<K>, codecs.value as Codec<V>);
  }
}

/**
 * STRUCT_OPS: functions that the kernel calls. It has one value: the struct from the object, and its state. Since Linux
 * 5.6.
 */
export class StructOpsMap<V = BtfValue> extends ElementMap<number, V> {
  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(core, indexOf(core.name), codecs.value as Codec<V>);
  }
}

/** ARENA: memory that programs and this process share at the same address. Since Linux 6.9. */
export class ArenaMap extends BpfMap {
  /**
   * The arena's memory, `maxEntries` pages. A page is allocated when this process or a program first touches it.
   * Closing the map makes the array empty; the kernel frees the memory in the next turn of the event loop, as V8
   * requires.
   *
   * @throws {@link MapError} if it can't be mapped, or if touching an unallocated page would kill the process
   *   (BPF_F_SEGV_ON_FAULT)
   */
  memory(): Uint8Array<ArrayBuffer> {
    if (this.flags & Flag.SEGV_ON_FAULT) {
      const hint = "Make it without BPF_F_SEGV_ON_FAULT";
      throw this.core.refusal("memory", "touching a page that is not there would end the process", hint);
    }
    return new Uint8Array(this.core.memory("memory"));
  }
}
