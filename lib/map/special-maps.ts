/**
 * STRUCT_OPS and ARENA, and maps of devices, CPUs, sockets, events and stacks, which programs use and user space fills.
 */
import type { BtfValue, Codec } from "../codec/codec";
import { Flag } from "../constants";
import { ArgumentError, AttachError, errnoName, isErrno } from "../errors";
import { permissionError } from "../kernel/refusal";
import { Link } from "../link/link";
import { type Handle, native } from "../native";
import { causeOf } from "../native/libbpf-messages";
import { deliver, warnings } from "../native/log";
import { refuseOthers } from "../receivers";
import { type MapCore, own } from "./core";
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
    super(own(core), codecs.key as Codec<K>, codecs.value as Codec<V>);
  }
}

/**
 * STRUCT_OPS: functions that the kernel calls. It has one value: the struct from the object, and its state. Since Linux
 * 5.6.
 */
export class StructOpsMap<V = BtfValue> extends ElementMap<number, V> {
  static {
    refuseOthers(StructOpsMap, StructOpsMap.isMap);
  }

  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(own(core), indexOf(core.name), codecs.value as Codec<V>);
  }

  /** @internal Where it is in its object, for Link.update(); undefined without one. */
  get structOps(): { readonly object: Handle; readonly index: number } | undefined {
    return this.core.place("attach");
  }

  /**
   * Attaches the struct: from now on the kernel calls its functions. A map of SEC(".struct_ops.link") gets a link, which
   * can be pinned and, with another map of the same type, updated (Linux 6.4); that of SEC(".struct_ops") has none.
   * libbpf: bpf_map__attach_struct_ops().
   *
   * @throws {@link AttachError} if the kernel rejects it: EEXIST if another struct has the same name
   * @throws {@link PermissionError} with the missing privilege
   * @throws {@link ArgumentError} if it belongs to no object
   */
  attach(): Link {
    const place = this.core.place("attach");
    const details = { operation: "map.attach", map: this.name } as const;
    if (place === undefined)
      throw new ArgumentError(
        `map ${this.name} belongs to no object: only the object that made it can attach it`,
        details,
      );
    const outcome = native.attachStructOps(place.object, place.index);
    try {
      if (outcome.status >= 0) {
        const linkless = this.flags & Flag.LINK ? undefined : `a map of SEC(".struct_ops") has no link`;
        return new Link(outcome.status, { program: this.name, lifetime: this.core.lifetime, linkless });
      }
      const errno = errnoName(outcome.status);
      const what = `struct_ops map ${this.name} could not be attached`;
      if (isErrno(outcome.status, "EPERM")) throw permissionError(what, { operation: "use" }, { ...details, errno });
      const words = causeOf(warnings(outcome))?.words;
      const hint = STRUCT_OPS_HINTS[errno];
      throw new AttachError("ERR_BPF_ATTACH", `${what}${words ? `: ${words}` : ""} (${errno})`, {
        ...{ ...details, errno },
        ...(hint !== undefined && { hint }),
      });
    } finally {
      deliver(outcome, this.core.lifetime.onLog);
    }
  }
}

const STRUCT_OPS_HINTS: Readonly<Record<string, string>> = {
  EEXIST: "Another struct of this kind has the same name: choose another",
  EBUSY: "It is attached already, or another struct of this kind is",
  EINVAL: "A function that the kernel requires is missing, or the kernel's subsystem refuses the struct",
  EOPNOTSUPP: 'Links of struct_ops need Linux 6.4; SEC(".struct_ops") has none',
};

/** ARENA: memory that programs and this process share at the same address. Since Linux 6.9. */
export class ArenaMap extends BpfMap {
  static {
    refuseOthers(ArenaMap, ArenaMap.isMap);
  }

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
