/** What all maps have in common. */
import { MapError } from "../errors";
import { native } from "../native";
import type { Lifetime } from "../native/lifetime";
import { type PinFault, preparePin, removePin } from "../native/pins";
import { type Callee, checkArgument, filled } from "../options";
import { refuseOthers } from "../receivers";
import type { MapCore } from "./core";
import type { MapInfo } from "./map-info";
import { mapTypeName } from "./type-names";

/** A map in the kernel, of any type. The types that can be read and written have classes of their own. */
export class BpfMap implements Disposable {
  static {
    refuseOthers(BpfMap, (value) => #pinFailed in value, ["pin", "unpin"]);
  }

  readonly name: string;
  /** enum bpf_map_type in lower case: "hash", "lru_hash", "ringbuf" … */
  readonly type: string;
  /** Bytes of a key. */
  readonly keySize: number;
  /** Bytes of a value; of one CPU's value for per-CPU maps. */
  readonly valueSize: number;
  /** As the kernel has it: libbpf rounds a ring buffer's size. */
  readonly maxEntries: number;
  /** map_flags (BPF_F_*). */
  readonly flags: number;
  /** @internal */
  protected readonly core: MapCore;

  /** @internal */
  constructor(core: MapCore) {
    this.core = core;
    this.name = core.name;
    this.type = mapTypeName(core.type);
    this.keySize = core.keySize;
    this.valueSize = core.valueSize;
    this.maxEntries = core.maxEntries;
    this.flags = core.flags;
  }

  /** The map's file descriptor. It belongs to this map and is closed with it: never close it. */
  get fd(): number {
    const fd = native.mapFd(this.core.handle("fd"));
    if (fd < 0) throw this.core.failure("fd", fd);
    return fd;
  }

  /** The kernel's id of the map, as bpftool shows it. Since Linux 4.13. */
  get id(): number {
    return this.info().id;
  }

  /** What the kernel says of the map. libbpf: bpf_obj_get_info_by_fd(). Since Linux 4.13. */
  info(): MapInfo {
    return this.core.info();
  }

  /**
   * Forbids user space to write the map, for good; programs still may. libbpf: bpf_map_freeze(). Since Linux 5.2.
   *
   * @throws {@link MapError} EBUSY while it is mapped for writing, or if it is frozen already
   */
  freeze(): void {
    const status = native.mapFreeze(this.core.handle("freeze"));
    if (status < 0) throw this.core.failure("freeze", status);
  }

  /**
   * Pins the map in bpffs, where it lives on after this process: {@link openMap} opens it again. Missing directories are
   * made, for this user alone. libbpf: bpf_obj_pin(). Since Linux 4.4.
   *
   * @throws {@link MapError} EEXIST if there is a file of that name; if the path is not in bpffs; if another user owns a directory
   *   on it, or may write to one that has no sticky bit: the pin could be replaced
   */
  pin(path: string): void {
    const handle = this.core.handle("pin");
    checkArgument(this.#callee("pin"), "path", path, filled);
    const fault = preparePin(path);
    if (fault !== undefined) throw this.#pinFailed("pin", `it can't be pinned to ${path}`, fault);
    const status = native.mapPin(handle, path);
    if (status < 0) throw this.core.failure("pin", status);
  }

  /**
   * Removes a pin of this map. The map lives on while it is open, or in use by a program.
   *
   * @throws {@link MapError} if there is no pin, or it is another map's
   */
  unpin(path: string): void {
    const id = this.id;
    checkArgument(this.#callee("unpin"), "path", path, filled);
    const fault = removePin(path, "map", id);
    if (fault !== undefined) throw this.#pinFailed("unpin", `${path} can't be unpinned`, fault);
  }

  #callee(name: "pin" | "unpin"): Callee {
    return { name, of: `map ${this.name}`, details: { operation: `map.${name}`, map: this.name } };
  }

  #pinFailed(operation: "pin" | "unpin", doing: string, { what, gone: _, ...details }: PinFault): MapError {
    const about = { operation: `map.${operation}`, map: this.name } as const;
    return new MapError("ERR_BPF_MAP", `map ${this.name}: ${doing}: ${what}`, { ...about, ...details });
  }

  /** Whether the map, or the object that it belongs to, was closed. */
  get closed(): boolean {
    return this.core.closed;
  }

  /**
   * Closes the map: every further call throws {@link ClosedError}. The kernel frees it when no program, pin or other process
   * uses it. A map of an object need not be closed: its object does that. Idempotent.
   */
  close(): void {
    this.core.close();
  }

  /** `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  protected get lifetime(): Lifetime {
    return this.core.lifetime;
  }
}

/** What a value is that should have been a map. Two copies of this library share no classes, so that a map of the other is none here. */
export function describeOther(value: unknown): string {
  if (isOfOtherCopy(value)) return `the ${value.constructor.name} of another copy of node-libbpf: npm ls node-libbpf`;
  return value === null ? "null" : typeof value;
}

/** @param value no {@link BpfMap} */
export function isOfOtherCopy(value: unknown): value is object {
  return typeof value === "object" && value !== null && "fd" in value && "keySize" in value;
}
