/** What all maps have in common. */

import { existsSync, rmSync, statfsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { ArgumentError, errnoName, MapError } from "../errors";
import { native } from "../native";
import type { Lifetime } from "../object/lifetime";
import { makeFolder } from "../replace";
import type { MapCore } from "./core";
import type { MapInfo } from "./info";
import { infoOf } from "./info";
import { mapTypeName } from "./type-names";

/** BPF_FS_MAGIC of linux/magic.h. */
const BPF_FS = 0xcafe4a11;

/** A map in the kernel, of any type. The types that can be read and written have classes of their own. */
export class BpfMap implements Disposable {
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
   * made. libbpf: bpf_obj_pin(). Since Linux 4.4.
   *
   * @throws {@link MapError} EEXIST if there is a file of that name, or if the path is not in bpffs
   */
  pin(path: string): void {
    const handle = this.core.handle("pin");
    checkPath(path, "pin", this.name);
    // Else the kernel says EPERM (bpf_lookup()), as for want of privilege.
    if (basename(path).includes(".")) {
      throw this.core.refusal("pin", `${path}: bpffs takes no dot in a name`, 'Use "_" instead');
    }
    this.#makeFolder(dirname(path));
    const status = native.mapPin(handle, path);
    if (status < 0) throw this.core.failure("pin", status);
  }

  /** Asks for bpffs first: elsewhere folders would be left behind. */
  #makeFolder(folder: string): void {
    let existing = folder;
    while (!existsSync(existing)) existing = dirname(existing);
    if (statfsSync(existing).type >>> 0 !== BPF_FS) {
      const hint = "Pin it under /sys/fs/bpf; where nothing is mounted there: mount -t bpf bpf /sys/fs/bpf";
      throw this.core.refusal("pin", `${existing} is not in bpffs`, hint);
    }
    try {
      makeFolder(folder);
    } catch (cause) {
      const errno = (cause as NodeJS.ErrnoException).code ?? "EIO";
      const details = { operation: "map.pin", map: this.name, errno, cause };
      throw new MapError("ERR_BPF_MAP", `map ${this.name}: the folder ${folder} can't be made (${errno})`, details);
    }
  }

  /**
   * Removes a pin of this map. The map lives on while it is open, or in use by a program.
   *
   * @throws {@link MapError} if there is no pin, or it is another map's
   */
  unpin(path: string): void {
    const id = this.id;
    checkPath(path, "unpin", this.name);
    const pinned = native.mapOfPath(path);
    const found = pinned < 0 ? undefined : idOf(pinned);
    if (found === id) {
      rmSync(path);
      return;
    }
    const what = pinned < 0 ? `no map is pinned there (${errnoName(pinned)})` : `it is the pin of map ${found}`;
    const details = { operation: "map.unpin", map: this.name, ...(pinned < 0 && { errno: errnoName(pinned) }) };
    throw new MapError("ERR_BPF_MAP", `map ${this.name}: ${path} can't be unpinned: ${what}`, details);
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

function idOf(handle: number): number {
  try {
    return infoOf(handle).id;
  } finally {
    native.mapClose(handle);
  }
}

export function checkPath(path: unknown, operation: string, map: string): void {
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return;
  throw new ArgumentError(`${operation} takes a path in bpffs, got ${JSON.stringify(path)}`, { map });
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
