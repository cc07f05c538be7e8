/**
 * Maps of keys and values, iterable or not.
 *
 * Keys and values are passed to native code in shared memory, so that a call allocates nothing.
 */
import { isTypedArray } from "node:util/types";
import type { Codec } from "../codec/codec";
import type { ViewMaker } from "../codec/view";
import { little } from "../endian";
import { ArgumentError, isErrno, shown } from "../errors";
import { type Native, native } from "../native";
import { boolean, type Callee, checkArgument, checkOptions, oneOf, type Schema } from "../options";
import { refusal, refuseOthers } from "../receivers";
import type { MapCore } from "./core";
import { copied, lengthOf } from "./list";
import { BpfMap } from "./map";
import type { ElementCodec } from "./map-codec";
import type { MapOperation } from "./map-operation";

/** Whether `set` may create or replace (BPF_ANY), must create (BPF_NOEXIST), or must replace (BPF_EXIST). */
export type UpdateMode = "any" | "noexist" | "exist";

/** Options for reading a value. */
export interface GetOptions {
  /**
   * Whether to hold the bpf_spin_lock in the value (BPF_F_LOCK), so that no partial update is seen. Since Linux 5.1.
   */
  lock?: boolean;
}

/** Options for writing a value. */
export interface SetOptions extends GetOptions {
  /** Whether to create or replace. Default "any". */
  mode?: UpdateMode;
}

/**
 * Cached functions: the addon has so many exports that V8 keeps them as a dictionary, and would search it at every
 * call.
 */
let calls: Pick<Native, "mapLookup" | "mapUpdate" | "mapDelete" | "mapTake">;

function often({ mapLookup, mapUpdate, mapDelete, mapTake }: Native): typeof calls {
  return { mapLookup, mapUpdate, mapDelete, mapTake };
}

const MODES: Record<UpdateMode, number> = { any: 0, noexist: 1, exist: 2 };
const LOCK = 4;
/** Maximum size in bytes of one native call for many elements. */
const CHUNK = 1 << 20;

/** A map whose elements are read and written by key. Each call makes at least one bpf(2) call on this thread. */
export abstract class KeyedMap<K, V, Input = V> extends BpfMap {
  static {
    refuseOthers(KeyedMap, (value) => #pack in value, ["getView", "viewMaker", "getMany", "setMany", "deleteMany"]);
  }

  /** @internal */
  protected readonly keyCodec: ElementCodec<K>;
  /** @internal */
  protected readonly valueCodec: ElementCodec<V | undefined, Input>;
  readonly #makeView: ViewMaker<V> | undefined;
  /** A view of the value in the scratch memory. */
  #view: V | undefined;

  /** @internal */
  constructor(
    core: MapCore,
    key: ElementCodec<K>,
    value: ElementCodec<V | undefined, Input>,
    makeView?: ViewMaker<V> | undefined,
  ) {
    super(core);
    calls ??= often(native);
    this.keyCodec = key;
    this.valueCodec = value;
    this.#makeView = makeView;
  }

  /** @internal The codecs, and the size of a value in user space, for keys and values that come as text. */
  get codecs(): { key: ElementCodec<K>; value: ElementCodec<V | undefined, Input>; valueSize: number } {
    return { key: this.keyCodec, value: this.valueCodec, valueSize: this.core.userValueSize };
  }

  /**
   * The value of a key; undefined if the key does not exist. libbpf: bpf_map_lookup_elem_flags().
   *
   * @throws {@link MapError} for any other failure
   * @throws {@link ArgumentError} for a key of the wrong type
   */
  get(key: K, options?: GetOptions): V | undefined {
    const flags = options === undefined ? 0 : getFlags(options, "get", this.name);
    const memory = (this.core ?? notAMap("get")).encoded("get", this.keyCodec, key);
    const status = calls.mapLookup(memory.handle, flags);
    if (status === 0) return this.valueCodec.decode(memory.view, memory.value, memory.valueSize);
    if (isErrno(status, "ENOENT")) return undefined;
    throw this.core.failure("get", status);
  }

  /**
   * The value of a key as a view; undefined if the key does not exist. Same as {@link get}, but decodes only the fields
   * that are read and creates no object. There is one read-only view per map, on a copy of the value: the next call of
   * any method of this map overwrites it. For maps of objects, whose types are known. libbpf:
   * bpf_map_lookup_elem_flags().
   *
   * @throws {@link ArgumentError} if the values are not structs, unions or arrays, or are per-CPU
   * @throws {@link MapError} if the map can't be read
   */
  getView(key: K, options?: GetOptions): V | undefined {
    const flags = options === undefined ? 0 : getFlags(options, "getView", this.name);
    const memory = this.core.encoded("getView", this.keyCodec, key);
    const status = calls.mapLookup(memory.handle, flags);
    if (status === 0) {
      this.#view ??= this.viewMaker("use get()")(this.core.valueMemory("getView"), memory.value);
      return this.#view;
    }
    if (isErrno(status, "ENOENT")) return undefined;
    throw this.core.failure("getView", status);
  }

  /**
   * Whether an element with this key exists. libbpf: bpf_map_lookup_elem().
   *
   * @throws {@link MapError} for any error but ENOENT
   */
  has(key: K): boolean {
    const memory = (this.core ?? notAMap("has")).encoded("has", this.keyCodec, key);
    const status = calls.mapLookup(memory.handle, 0);
    if (status === 0) return true;
    if (isErrno(status, "ENOENT")) return false;
    throw this.core.failure("has", status);
  }

  /**
   * Writes a value. libbpf: bpf_map_update_elem().
   *
   * @throws {@link MapError} E2BIG if the map is full, EEXIST for "noexist" if the key exists, ENOENT for "exist" if it
   *   does not
   * @throws {@link ArgumentError} for a key or value of the wrong type
   */
  set(key: K, value: Input, options?: UpdateMode | SetOptions): this {
    const flags = options === undefined ? 0 : setFlags(options, "set", this.name);
    const memory = (this.core ?? notAMap("set")).encoded("set", this.keyCodec, key);
    this.core.encodeValue(memory, "set", this.valueCodec, value);
    const status = calls.mapUpdate(memory.handle, flags);
    if (status < 0) throw this.core.failure("set", status);
    return this;
  }

  /**
   * Deletes a key; false if it did not exist. libbpf: bpf_map_delete_elem().
   *
   * @throws {@link MapError} for any error but ENOENT
   */
  delete(key: K): boolean {
    const memory = (this.core ?? notAMap("delete")).encoded("delete", this.keyCodec, key);
    const status = calls.mapDelete(memory.handle, 0);
    if (status === 0) return true;
    if (isErrno(status, "ENOENT")) return false;
    throw this.core.failure("delete", status);
  }

  /**
   * Atomically deletes a key and returns its value; undefined if it did not exist. For hash maps since Linux 5.14.
   * libbpf: bpf_map_lookup_and_delete_elem_flags().
   *
   * @throws {@link MapError} for any error but ENOENT
   */
  take(key: K, options?: GetOptions): V | undefined {
    const flags = options === undefined ? 0 : getFlags(options, "take", this.name);
    const memory = (this.core ?? notAMap("take")).encoded("take", this.keyCodec, key);
    const status = calls.mapTake(memory.handle, flags);
    if (status === 0) return this.valueCodec.decode(memory.view, memory.value, memory.valueSize);
    if (isErrno(status, "ENOENT")) return undefined;
    throw this.core.failure("take", status);
  }

  /**
   * The values of many keys, in their order; undefined for keys that do not exist. Makes one native call per megabyte.
   *
   * @throws {@link MapError} whose `processed` is the number of values read
   */
  getMany(keys: Iterable<K>, options?: GetOptions): (V | undefined)[] {
    const flags = options === undefined ? 0 : getFlags(options, "getMany", this.name);
    const list = listOf(keys, this.name);
    const all: (V | undefined)[] = [];
    const { userValueSize } = this.core;
    for (let start = 0; start < list.length; ) {
      const { packed, count } = this.#pack("getMany", list, start);
      const { keys, values, valueView, found } = packed;
      const status = native.mapLookupMany(this.core.handle("getMany"), count, keys, values, found, flags);
      if (status < 0) throw this.#manyFailed("getMany", status, start, list.length);
      for (let i = 0; i < count; i++) {
        all.push(found[i] === 1 ? this.valueCodec.decode(valueView, i * userValueSize, userValueSize) : undefined);
      }
      this.core.givePacked(packed);
      start += count;
    }
    return all;
  }

  /**
   * Writes many elements. libbpf: bpf_map_update_batch() (Linux 5.6) where the kernel supports it for the type, else
   * one by one. Elements written before an error remain.
   *
   * @throws {@link MapError} whose `processed` is the number of elements written
   */
  setMany(entries: Iterable<readonly [K, Input]>, options?: UpdateMode | SetOptions): this {
    const flags = options === undefined ? 0 : setFlags(options, "setMany", this.name);
    // A copy, because a getter in an entry may add to the list.
    const list = Array.from(listOf(entries, this.name), (entry) => pairOf<K, Input>(entry, this.name));
    const keys = list.map(([key]) => key);
    const { userValueSize } = this.core;
    for (let start = 0; start < list.length; ) {
      const { packed, count } = this.#pack("setMany", keys, start);
      for (let i = 0; i < count; i++) {
        const [, input] = list[start + i] as readonly [K, Input];
        this.valueCodec.encode(input, packed.valueView, i * userValueSize, userValueSize);
      }
      const handle = this.core.handle("setMany");
      const status = native.mapUpdateMany(handle, count, packed.keys, packed.values, flags);
      if (status < 0) throw this.#manyFailed("setMany", status, start, list.length);
      this.core.givePacked(packed);
      start += count;
    }
    return this;
  }

  /**
   * Deletes many keys; returns the number that existed.
   *
   * @throws {@link MapError} whose `processed` is the number of keys processed
   */
  deleteMany(keys: Iterable<K>): number {
    const list = listOf(keys, this.name);
    let removed = 0;
    for (let start = 0; start < list.length; ) {
      const { packed, count } = this.#pack("deleteMany", list, start);
      const handle = this.core.handle("deleteMany");
      const status = native.mapDeleteMany(handle, count, packed.keys, packed.found);
      if (status < 0) throw this.#manyFailed("deleteMany", status, start, list.length);
      for (let i = 0; i < count; i++) removed += packed.found[i] as number;
      this.core.givePacked(packed);
      start += count;
    }
    return removed;
  }

  /** @internal */
  protected viewMaker(otherwise: string): ViewMaker<V> {
    if (this.#makeView !== undefined) return this.#makeView;
    const message = `map ${this.name}: the type of its values is not known; ${otherwise}`;
    throw new ArgumentError(message, { map: this.name });
  }

  #manyFailed(operation: MapOperation, status: number, before: number, of: number) {
    const done = this.core.scratch(operation).view.getUint32(0, little);
    return this.core.failure(operation, status, before + done, of);
  }

  /** Consecutive keys, and memory for their values. */
  #pack(operation: MapOperation, list: ArrayLike<K>, start: number) {
    const { core, keySize } = this;
    core.scratch(operation);
    const fit = Math.max(1, Math.floor(CHUNK / (keySize + core.userValueSize)));
    const count = Math.min(list.length - start, fit);
    const packed = core.takePacked(count);
    for (let i = 0; i < count; i++) this.keyCodec.encode(list[start + i] as K, packed.keyView, i * keySize, keySize);
    return { packed, count };
  }
}

/** For methods that are called too often to be guarded by refuseOthers(): only an object that is no map lacks a core. */
function notAMap(method: string): never {
  throw refusal("KeyedMap", method);
}

/** A private list: getters in keys and values could change the caller's, even extend it endlessly. */
function listOf<T>(items: Iterable<T>, map: string): ArrayLike<T> {
  if (Array.isArray(items)) return copied(items);
  if (isTypedArray(items)) return copied(items as never, lengthOf(items as never));
  const isIterable = typeof items === "object" && items !== null && typeof items[Symbol.iterator] === "function";
  if (isIterable) return [...items];
  throw new ArgumentError(`map ${map}: many elements come as an array or iterable, got ${typeof items}`, { map });
}

function pairOf<K, V>(entry: unknown, map: string): readonly [K, V] {
  if (typeof entry === "object" && entry !== null && Symbol.iterator in entry) return entry as readonly [K, V];
  throw new ArgumentError(`map ${map}: setMany takes pairs of key and value, got ${shown(entry)}`, { map });
}

/** Checks a codec against the size of the map's keys or values. */
export function fitting<T>(codec: Codec<T>, size: number, map: string, what: "key" | "value"): Codec<T> {
  // A type with a flexible array is longer than its size.
  if (codec.size <= size) return codec;
  throw new ArgumentError(`map ${map}: its ${what}s have ${size} bytes, and the codec ${codec.size}`, { map });
}

const MODE = oneOf(...(Object.keys(MODES) as UpdateMode[]));
const GET_OPTIONS: Schema<GetOptions> = { lock: boolean };
const SET_OPTIONS: Schema<SetOptions> = { mode: MODE, lock: boolean };

function callee(name: MapOperation, map: string): Callee {
  return { name, of: `map ${map}`, details: { operation: `map.${name}`, map } };
}

function getFlags(options: GetOptions, name: MapOperation, map: string): number {
  return checkOptions(callee(name, map), options, GET_OPTIONS).lock ? LOCK : 0;
}

function setFlags(options: UpdateMode | SetOptions, name: MapOperation, map: string): number {
  if (typeof options === "string") {
    if (!Object.hasOwn(MODES, options)) checkArgument(callee(name, map), "mode", options, MODE);
    return MODES[options];
  }
  const { mode = "any", lock } = checkOptions(callee(name, map), options, SET_OPTIONS);
  return MODES[mode] | (lock ? LOCK : 0);
}
