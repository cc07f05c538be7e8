/**
 * Local storage: values attached to a task, inode, socket or cgroup, and freed with it. User space identifies these by
 * descriptor.
 */
import { closeSync, constants, openSync } from "node:fs";
import type { BtfValue, Codec } from "../codec/codec";
import { ArgumentError, errnoName, isErrno, MapError, shown } from "../errors";
import { native } from "../native";
import { refuseOthers } from "../receivers";
import type { MapCore } from "./core";
import { type GetOptions, KeyedMap, type SetOptions, type UpdateMode } from "./keyed-map";
import { BpfMap } from "./map";
import { bytes, type ElementCodecs, u32 } from "./map-codec";
import type { MapOperation } from "./map-operation";

/** A path, or an open file descriptor, which is not closed. */
export type PathOrFd = string | number;

/**
 * O_NONBLOCK does not wait for the other end of a FIFO. O_PATH would need less, but bpf(2) does not accept such a
 * descriptor before Linux 6.4.
 */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** The same map with descriptors as keys. */
class ByDescriptor<V> extends KeyedMap<number, V> {}

/** The common base of local storage maps. User space can't iterate over them. */
export abstract class StorageMap<Key, V> extends BpfMap {
  static {
    refuseOthers(StorageMap, (value) => #elements in value);
  }

  readonly #elements: ByDescriptor<V>;

  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(core);
    this.#elements = new ByDescriptor(core, u32(core.name, "a descriptor"), codecs.value as Codec<V>);
  }

  /** @internal The codec of values, for values that come as text. */
  get codecs(): Pick<ByDescriptor<V>["codecs"], "value" | "valueSize"> {
    return this.#elements.codecs;
  }

  /**
   * The value of a key; undefined if there is none. libbpf: bpf_map_lookup_elem_flags().
   *
   * @throws {@link MapError} for any other failure
   */
  get(key: Key, options?: GetOptions): V | undefined {
    return this.#with(key, "get", (fd) => this.#elements.get(fd, options));
  }

  /**
   * Whether there is a value for the key.
   *
   * @throws {@link MapError} if the key can't be opened, or the map can't be read
   */
  has(key: Key): boolean {
    return this.#with(key, "has", (fd) => this.#elements.has(fd));
  }

  /**
   * Writes a value. It is freed together with its owner. libbpf: bpf_map_update_elem().
   *
   * @throws {@link MapError} if the key can't be opened, or the kernel returns an error
   */
  set(key: Key, value: V, options?: UpdateMode | SetOptions): this {
    this.#with(key, "set", (fd) => this.#elements.set(fd, value, options));
    return this;
  }

  /**
   * Deletes the value; false if there was none. libbpf: bpf_map_delete_elem().
   *
   * @throws {@link MapError} if the key can't be opened, or the kernel returns an error
   */
  delete(key: Key): boolean {
    return this.#with(key, "delete", (fd) => this.#elements.delete(fd));
  }

  /** @internal A descriptor for the key, and whether it was opened for this purpose. */
  protected abstract descriptor(key: Key, operation: MapOperation): { fd: number; opened: boolean };

  #with<T>(key: Key, operation: MapOperation, run: (fd: number) => T): T {
    this.core.handle(operation); // Throws if the map is closed.
    const { fd, opened } = this.descriptor(key, operation);
    try {
      if (!Number.isInteger(fd) || fd < 0 || fd > 0x7fffffff) {
        const what = `map ${this.name}: a descriptor is an integer from 0 to ${0x7fffffff}, got ${shown(fd)}`;
        throw new ArgumentError(what, { operation: `map.${operation}`, map: this.name });
      }
      return run(fd);
    } finally {
      if (opened) closeSync(fd);
    }
  }
}

/** TASK_STORAGE: values attached to tasks. Keys are process ids, or `{ pidfd }`. Since Linux 5.11. */
export class TaskStorageMap<V = BtfValue> extends StorageMap<number | { readonly pidfd: number }, V> {
  static {
    refuseOthers(TaskStorageMap, TaskStorageMap.isMap);
  }

  /** The same map with values as bytes. */
  get raw(): TaskStorageMap<Uint8Array> {
    return new TaskStorageMap(this.core, rawCodecs(this.core));
  }

  /** @internal */
  protected descriptor(key: number | { readonly pidfd: number }, operation: MapOperation) {
    if (typeof key === "object" && key !== null) return { fd: key.pidfd, opened: false };
    if (!Number.isInteger(key) || key < 1 || key > 0x7fffffff) {
      const hint = "To name it by a descriptor pass { pidfd }";
      throw new ArgumentError(`map ${this.name}: a key is a process id, got ${shown(key)}`, { map: this.name, hint });
    }
    const fd = native.pidfdOpen(key, 0);
    if (fd >= 0) return { fd, opened: true };
    const gone = isErrno(fd, "ESRCH") ? `there is no process ${key}` : `process ${key} can't be opened`;
    throw new MapError("ERR_BPF_MAP", `map ${this.name}: ${operation} failed: ${gone} (${errnoName(fd)})`, {
      operation: `map.${operation}`,
      map: this.name,
      errno: errnoName(fd),
      ...(isErrno(fd, "EINVAL") && { hint: "It is a thread's id: name its process" }),
    });
  }
}

/** Storage of files: keys are paths or descriptors. Symbolic links are followed. */
abstract class PathStorageMap<V> extends StorageMap<PathOrFd, V> {
  /** @internal */
  protected descriptor(key: PathOrFd, operation: MapOperation) {
    if (typeof key === "number") return { fd: key, opened: false };
    if (typeof key !== "string") {
      throw new ArgumentError(`map ${this.name}: a key is a path or a descriptor, got ${shown(key)}`, {
        map: this.name,
      });
    }
    try {
      return { fd: openSync(key, FLAGS), opened: true };
    } catch (cause) {
      const { code = "" } = cause as NodeJS.ErrnoException;
      throw new MapError("ERR_BPF_MAP", `map ${this.name}: ${operation} failed: ${key} can't be opened (${code})`, {
        operation: `map.${operation}`,
        map: this.name,
        errno: code,
        cause,
      });
    }
  }
}

/**
 * INODE_STORAGE: values attached to inodes. Keys are paths or descriptors of open files. Since Linux 5.10; needs
 * CONFIG_BPF_LSM.
 */
export class InodeStorageMap<V = BtfValue> extends PathStorageMap<V> {
  static {
    refuseOthers(InodeStorageMap, InodeStorageMap.isMap);
  }

  /** The same map with values as bytes. */
  get raw(): InodeStorageMap<Uint8Array> {
    return new InodeStorageMap(this.core, rawCodecs(this.core));
  }
}

/**
 * CGRP_STORAGE: values attached to cgroups. Keys are paths or descriptors of cgroup v2 directories. Since Linux 6.2.
 */
export class CgroupLocalStorageMap<V = BtfValue> extends PathStorageMap<V> {
  static {
    refuseOthers(CgroupLocalStorageMap, CgroupLocalStorageMap.isMap);
  }

  /** The same map with values as bytes. */
  get raw(): CgroupLocalStorageMap<Uint8Array> {
    return new CgroupLocalStorageMap(this.core, rawCodecs(this.core));
  }
}

/** SK_STORAGE: values attached to sockets. Keys are descriptors of sockets. Since Linux 5.2. */
export class SkStorageMap<V = BtfValue> extends StorageMap<number, V> {
  static {
    refuseOthers(SkStorageMap, SkStorageMap.isMap);
  }

  /** The same map with values as bytes. */
  get raw(): SkStorageMap<Uint8Array> {
    return new SkStorageMap(this.core, rawCodecs(this.core));
  }

  /** @internal */
  protected descriptor(fd: number) {
    return { fd, opened: false };
  }
}

function rawCodecs({ name, valueSize }: MapCore): ElementCodecs {
  return { key: bytes(name, "a key", 4), value: bytes(name, "a value", valueSize) };
}
