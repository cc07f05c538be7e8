/** A map's native side: its handle and the memory shared with native code. The typed map and its raw form share one. */
import { ArgumentError, ClosedError, errnoName, isErrno, MapError } from "../errors";
import { mapTypeName, mapTypeRowOf } from "../map-types";
import { type Handle, native } from "../native";
import type { Lifetime } from "../native/lifetime";
import { SharedMemory } from "../native/shared-memory";
import { hintFor } from "./hints";
import type { ElementCodec } from "./map-codec";
import type { MapIdentity } from "./map-identity";
import { decodeMapInfo, MAP_INFO_SIZE, type MapInfo } from "./map-info";
import type { MapOperation } from "./map-operation";

/** Memory for single elements, with the layout of binding/map.h: count, cursor, key, next key, value. */
export interface Scratch {
  readonly handle: Handle;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  /** Offset of the key in bytes. */
  readonly key: number;
  /** Offset of the value in bytes. */
  readonly value: number;
  readonly valueSize: number;
}

/** Memory for consecutive elements. */
export interface Packed {
  /** Capacity in elements. */
  readonly room: number;
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  readonly keyView: DataView;
  readonly valueView: DataView;
  /** For each key, whether it existed. */
  readonly found: Uint8Array;
}

/** Offset of the batch cursor. */
export const CURSOR = 8;

/**
 * The native side, if it is one. A user who calls a constructor has none: the classes are exported for `instanceof`.
 *
 * @throws {@link ArgumentError} for anything else
 */
export function own(core: MapCore): MapCore {
  if (core instanceof MapCore) return core;
  throw new ArgumentError("a map is made by createMap(), openMap() or an object's load(), not by its class");
}

const align8 = (size: number) => (size + 7) & ~7;

export class MapCore implements MapIdentity {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** Size of a value in user space in bytes: for per-CPU maps, the values of all CPUs. */
  readonly userValueSize: number;
  readonly lifetime: Lifetime;
  /** Whether this kernel has no batches for this type. */
  batchless = false;
  /**
   * Number of times the scratch memory was handed out or invalidated. Encoders compare it, because a value's getters
   * may use the map.
   */
  #uses = 0;
  readonly #index: number;
  #handle: Handle | undefined;
  /** Absent after the map is closed. */
  #scratch: Scratch | undefined;
  #valueMemory: SharedMemory | undefined;
  #packed: Packed | undefined;
  #shared: SharedMemory | undefined;
  #closed = false;

  /**
   * Creates the native side.
   *
   * @param source the map's index in its object, or the handle of a map without object
   */
  constructor(lifetime: Lifetime, identity: MapIdentity, source: { index: number } | { handle: Handle }) {
    this.lifetime = lifetime;
    this.name = identity.name;
    this.type = identity.type;
    this.keySize = identity.keySize;
    this.valueSize = identity.valueSize;
    this.maxEntries = identity.maxEntries;
    this.flags = identity.flags;
    // In step with binding/map.cc: an unknown type counts as per-CPU.
    const perCpu = mapTypeRowOf(identity.type)?.elements.perCpu ?? true;
    this.userValueSize = perCpu ? align8(identity.valueSize) * native.possibleCpus : identity.valueSize;
    this.#index = "index" in source ? source.index : -1;
    this.#handle = "handle" in source ? source.handle : undefined;
  }

  get closed(): boolean {
    return this.#closed || this.lifetime.closed;
  }

  /** Where libbpf's object has the map; undefined for a map without object. */
  place(operation: MapOperation): { object: Handle; index: number } | undefined {
    if (this.closed) throw new ClosedError(`map ${this.name}`, `map.${operation}`);
    if (this.#index < 0) return undefined;
    return { object: this.lifetime.handle(`map ${this.name}`, `map.${operation}`), index: this.#index };
  }

  /** The map's handle, opened at first use. */
  handle(operation: MapOperation): Handle {
    if (this.closed) throw new ClosedError(`map ${this.name}`, `map.${operation}`);
    if (this.#handle === undefined) {
      const object = this.lifetime.handle(`map ${this.name}`, `map.${operation}`);
      const handle = native.mapOfObject(object, this.#index);
      if (handle < 0) throw this.failure("open", handle);
      this.#handle = this.lifetime.own("maps", handle);
    }
    return this.#handle;
  }

  /** The memory for single elements. */
  scratch(operation: MapOperation): Scratch {
    this.#uses++;
    return this.#scratch ?? this.#makeScratch(operation);
  }

  #makeScratch(operation: MapOperation): Scratch {
    const handle = this.handle(operation);
    const memory = native.mapScratch(handle);
    if (typeof memory === "number") throw this.failure(operation, memory);
    const key = CURSOR + align8(Math.max(this.keySize, 4));
    const value = key + 2 * align8(this.keySize);
    const view = new DataView(memory);
    this.#scratch = { handle, view, bytes: new Uint8Array(memory), key, value, valueSize: this.userValueSize };
    this.lifetime.waits.add(() => this.#forgetScratch());
    return this.#scratch;
  }

  /** The same memory for views, which can read it until the map is closed. */
  valueMemory(operation: MapOperation): SharedMemory {
    this.#valueMemory ??= new SharedMemory(`the value of map ${this.name}`, this.scratch(operation).view, false);
    return this.#valueMemory;
  }

  #forgetScratch(): void {
    this.#uses++;
    this.#scratch = undefined;
    this.#valueMemory?.close();
  }

  /** The scratch memory with an encoded key. Throws if a getter of the key used the map meanwhile. */
  encoded<K>(operation: MapOperation, codec: ElementCodec<unknown, K>, key: K): Scratch {
    const memory = this.scratch(operation);
    const uses = this.#uses;
    codec.encode(key, memory.view, memory.key, this.keySize);
    if (this.#uses !== uses) throw this.#overwritten(operation);
    return memory;
  }

  /** Encodes a value into the scratch memory, and checks that its key is unchanged. */
  encodeValue<V>(memory: Scratch, operation: MapOperation, codec: ElementCodec<unknown, V>, value: V): void {
    const uses = this.#uses;
    codec.encode(value, memory.view, memory.value, memory.valueSize);
    if (this.#uses !== uses) throw this.#overwritten(operation);
  }

  /** Memory for `count` elements, reserved until returned. A getter that uses the map meanwhile gets other memory. */
  takePacked(count: number): Packed {
    const packed = this.#packed;
    this.#packed = undefined;
    if (packed !== undefined && packed.room >= count) return packed;
    const keys = new Uint8Array(count * this.keySize);
    const values = new Uint8Array(count * this.userValueSize);
    return {
      room: count,
      keys,
      values,
      keyView: new DataView(keys.buffer),
      valueView: new DataView(values.buffer),
      found: new Uint8Array(count),
    };
  }

  givePacked(packed: Packed): void {
    this.#packed = packed;
  }

  /** The map's memory, shared with the kernel. */
  memory(operation: MapOperation): ArrayBuffer {
    const handle = this.handle(operation);
    const object = this.lifetime.isMap ? -1 : this.lifetime.handle(`map ${this.name}`, `map.${operation}`);
    const memory = native.mapMemory(handle, object, this.#index);
    if (typeof memory === "number") throw this.failure(operation, memory);
    return memory;
  }

  /** The same memory for views, which throw after the map is closed. */
  sharedMemory(operation: MapOperation): SharedMemory {
    const memory = this.memory(operation);
    if (this.#shared === undefined) {
      const shared = new SharedMemory(`map ${this.name}`, new DataView(memory), true);
      this.lifetime.waits.add(() => shared.close());
      this.#shared = shared;
    }
    return this.#shared;
  }

  info(): MapInfo {
    const bytes = new Uint8Array(MAP_INFO_SIZE);
    const handle = this.handle("info");
    const size = native.mapInfo(handle, bytes);
    if (size < 0) throw this.failure("info", size);
    return decodeMapInfo(bytes.subarray(0, size), native.mapFd(handle));
  }

  close(): void {
    if (this.closed) return;
    this.#closed = true;
    this.#forgetScratch();
    this.#shared?.close();
    if (this.lifetime.isMap) {
      this.lifetime.close();
    } else if (this.#handle !== undefined) {
      this.lifetime.disown("maps", this.#handle);
      native.mapUnmap(this.#handle);
      native.mapClose(this.#handle);
    }
  }

  /** The error of an operation; `processed` and `of` for an operation on many elements. */
  failure(operation: MapOperation, status: number, processed?: number, of?: number): MapError {
    const errno = errnoName(status);
    const hint = hintFor(this, operation, status, () => this.#isFrozen());
    const extent = of === undefined ? "" : ` after ${processed} of ${of}`;
    return new MapError("ERR_BPF_MAP", `map ${this.name}: ${operation} failed${extent} (${errno})`, {
      operation: `map.${operation}`,
      map: this.name,
      errno,
      ...(processed !== undefined && { processed }),
      ...(hint !== undefined && { hint }),
    });
  }

  /** The error if the key or value was overwritten while being encoded. */
  #overwritten(operation: MapOperation): Error {
    if (this.closed) return new ClosedError(`map ${this.name}`, `map.${operation}`);
    const message = `map ${this.name}: a getter in the key or value of ${operation} used the same map; nothing was done`;
    const hint = "Read the getters into a plain object first";
    return new ArgumentError(message, { operation: `map.${operation}`, map: this.name, hint });
  }

  /** The error for a fault that the library itself detects, with its remedy. */
  refusal(operation: MapOperation, what: string, hint: string): MapError {
    const details = { operation: `map.${operation}`, map: this.name, hint } as const;
    return new MapError("ERR_BPF_MAP", `${mapTypeName(this.type)} map ${this.name}: ${what}`, details);
  }

  #isFrozen(): boolean {
    try {
      return this.info().frozen;
    } catch {
      return false;
    }
  }
}

/** Whether the kernel does not support an operation for a type, or at all. */
export function isUnsupported(status: number): boolean {
  return isErrno(status, "ENOTSUPP") || isErrno(status, "EOPNOTSUPP") || isErrno(status, "EINVAL");
}
