/** The base class of all maps. */
import { MapError } from "../errors";
import { mapTypeName } from "../map-types";
import { native } from "../native";
import type { Lifetime } from "../native/lifetime";
import { type PinFault, preparePin, removePin } from "../native/pins";
import { type Callee, checkArgument, filled } from "../options";
import { refuseOthers } from "../receivers";
import { type MapCore, own } from "./core";
import type { MapInfo } from "./map-info";

/**
 * A map in the kernel, of any type. Types that can be read or written have their own classes. libbpf: struct bpf_map.
 */
export class BpfMap implements Disposable {
  static {
    refuseOthers(BpfMap, BpfMap.isMap);
  }

  /** @internal Whether it is a map, and not an object that only looks like one. */
  static isMap(value: object): boolean {
    return #pinFailed in value;
  }

  /** The map's C name; the maps of global variables have the name of their section, such as ".rodata". */
  readonly name: string;
  /** enum bpf_map_type in lower case: "hash", "lru_hash", "ringbuf" … */
  readonly type: string;
  /** Size of a key in bytes. */
  readonly keySize: number;
  /** Size of a value in bytes; for per-CPU maps, of one CPU's value. */
  readonly valueSize: number;
  /** Maximum number of entries, as reported by the kernel: libbpf rounds a ring buffer's size up. */
  readonly maxEntries: number;
  /** map_flags (BPF_F_*). */
  readonly flags: number;
  /** @internal */
  protected readonly core: MapCore;

  /** @internal */
  constructor(core: MapCore) {
    this.core = own(core);
    this.name = core.name;
    this.type = mapTypeName(core.type);
    this.keySize = core.keySize;
    this.valueSize = core.valueSize;
    this.maxEntries = core.maxEntries;
    this.flags = core.flags;
  }

  /**
   * The map's file descriptor. It belongs to this map and is closed with it: do not close it. libbpf: bpf_map__fd().
   *
   * @throws {@link ClosedError} after the map is closed
   */
  get fd(): number {
    const fd = native.mapFd(this.core.handle("fd"));
    if (fd < 0) throw this.core.failure("fd", fd);
    return fd;
  }

  /**
   * The kernel's map id, as shown by bpftool. Since Linux 4.13.
   *
   * @throws {@link ClosedError} after the map is closed
   */
  get id(): number {
    return this.info().id;
  }

  /**
   * What the kernel reports about the map. libbpf: bpf_obj_get_info_by_fd(). Since Linux 4.13.
   *
   * @throws {@link MapError} if the kernel returns an error
   * @throws {@link ClosedError} after the map is closed
   */
  info(): MapInfo {
    return this.core.info();
  }

  /**
   * Makes the map read-only for user space, permanently; programs can still write. libbpf: bpf_map_freeze(). Since
   * Linux 5.2.
   *
   * @throws {@link MapError} EBUSY while it is mapped for writing, or if it is already frozen
   */
  freeze(): void {
    const status = native.mapFreeze(this.core.handle("freeze"));
    if (status < 0) throw this.core.failure("freeze", status);
  }

  /**
   * Pins the map in bpffs, where it outlives this process; {@link openMap} opens it again. Creates missing directories,
   * accessible to this user only. libbpf: bpf_obj_pin(). Since Linux 4.4.
   *
   * @param path path in bpffs
   * @throws {@link MapError} EEXIST if the path exists; if it is not in bpffs; if another user owns a directory on the
   *   path or can write to one without sticky bit, because that user could replace the pin
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
   * Removes a pin of this map. The map exists as long as it is open or a program uses it.
   *
   * @param path path in bpffs
   * @throws {@link MapError} if nothing is pinned there, or another map is
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

  /** True after the map, or the object it belongs to, is closed. */
  get closed(): boolean {
    return this.core.closed;
  }

  /**
   * Closes the map: every later call throws {@link ClosedError}. The kernel frees it when no program, pin or other
   * process uses it. Optional for a map of an object, which is closed with the object. Idempotent.
   */
  close(): void {
    this.core.close();
  }

  /** Same as `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  protected get lifetime(): Lifetime {
    return this.core.lifetime;
  }
}

/** Describes a value that should be a map. A map of another copy of this library is an instance of another class. */
export function describeOther(value: unknown): string {
  if (isOfOtherCopy(value)) return `the ${value.constructor.name} of another copy of node-libbpf: npm ls node-libbpf`;
  return value === null ? "null" : typeof value;
}

/**
 * Whether a value is a map of another copy of this library.
 *
 * @param value not a {@link BpfMap}
 */
export function isOfOtherCopy(value: unknown): value is object {
  return typeof value === "object" && value !== null && "fd" in value && "keySize" in value;
}
