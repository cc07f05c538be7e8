/** STRUCT_OPS and ARENA, and the maps of devices, CPUs, sockets, events and stacks, which programs use and user space fills. */
import type { BtfValue, Codec } from "../codec/codec";
import { Flag } from "../constants";
import type { MapCore } from "./core";
import { ElementMap } from "./element-map";
import { BpfMap } from "./map";
import { type ElementCodecs, indexOf } from "./map-codec";

/**
 * Maps of the types that have no class of their own, such as DEVMAP, SOCKMAP and STACK_TRACE, and {@link PerfBuffer.slots}. Keys and values are
 * as the kernel has them. The kernel lets user space read some of these types only, and write others only; the error says so. docs/maps.md
 * lists the types, each with the Linux release that brought it.
 */
export class KernelMap<K = BtfValue, V = BtfValue> extends ElementMap<K, V> {
  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(core, codecs.key as Codec<K>, codecs.value as Codec<V>);
  }
}

/** STRUCT_OPS: functions that the kernel calls; its one value is what an object says it is, and its state. Since Linux 5.6. */
export class StructOpsMap<V = BtfValue> extends ElementMap<number, V> {
  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(core, indexOf(core.name), codecs.value as Codec<V>);
  }
}

/** ARENA: memory that programs and this process see at the same address. Since Linux 6.9. */
export class ArenaMap extends BpfMap {
  /**
   * The arena's memory, `maxEntries` pages of it. A page is made when it is first touched, here or by a program. Closing the map
   * makes the array empty; the kernel lets go of it in the next turn of the event loop, as V8 does.
   *
   * @throws {@link MapError} if it can't be mapped, or touching a page that is not there would end the process
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
