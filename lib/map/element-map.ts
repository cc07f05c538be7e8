/**
 * Maps of keys and values: hash, array, LRU, and their per-CPU forms.
 *
 * Keys and values cross to native code in one ArrayBuffer that both sides see: a call allocates nothing there.
 */
import { ArgumentError, isErrno } from "../errors";
import { type Handle, type MapDescription, native } from "../native";
import type { Lifetime } from "../object/lifetime";
import type { Codec, CodecOf } from "./codec";
import { BpfMap } from "./map";

/** Whether `set` may create, must create, or must replace (BPF_ANY, BPF_NOEXIST, BPF_EXIST). */
export type UpdateMode = "any" | "noexist" | "exist";

const MODES: Record<UpdateMode, number> = { any: 0, noexist: 1, exist: 2 };

const align8 = (size: number) => (size + 7) & ~7;

/** What native code and this side share of a map; made when it is first used. */
interface Scratch {
  handle: Handle;
  key: Uint8Array;
  value: Uint8Array;
}

/** A map whose elements are read and written one at a time. Every call is one bpf(2) call on this thread. */
export abstract class ElementMap<K, V> extends BpfMap implements Iterable<[K, V]> {
  readonly #codecs: { key: Codec<K>; value: Codec<V> };
  // Private in JavaScript too: user code that got hold of its memory could detach it under native code.
  #opened: Scratch | undefined;

  /** @internal */
  constructor(lifetime: Lifetime, description: MapDescription, index: number, key: CodecOf<K>, value: CodecOf<V>) {
    super(lifetime, description, index);
    this.#codecs = { key: key(this.name, description), value: value(this.name, description) };
  }

  /** The value of a key, or undefined if there is none. libbpf: bpf_map_lookup_elem(). */
  get(key: K): V | undefined {
    const scratch = this.#open("get");
    this.#codecs.key.encode(key, scratch.key);
    const status = native.mapLookup(scratch.handle, 0);
    if (status === 0) return this.#codecs.value.decode(scratch.value);
    if (isErrno(status, "ENOENT")) return undefined;
    throw this.failure("get", status);
  }

  has(key: K): boolean {
    const scratch = this.#open("has");
    this.#codecs.key.encode(key, scratch.key);
    const status = native.mapLookup(scratch.handle, 0);
    if (status === 0) return true;
    if (isErrno(status, "ENOENT")) return false;
    throw this.failure("has", status);
  }

  /**
   * Writes a value. libbpf: bpf_map_update_elem().
   *
   * @throws {@link MapError} E2BIG if the map is full, EEXIST for "noexist" and ENOENT for "exist" where they don't hold
   */
  set(key: K, value: V, mode: UpdateMode = "any"): this {
    if (!Object.hasOwn(MODES, mode)) {
      const message = `map ${this.name}: mode must be "any", "noexist" or "exist", got ${String(mode)}`;
      throw new ArgumentError(message, { map: this.name });
    }
    const scratch = this.#open("set");
    this.#codecs.key.encode(key, scratch.key);
    this.#codecs.value.encode(value, scratch.value);
    const status = native.mapUpdate(scratch.handle, MODES[mode]);
    if (status < 0) throw this.failure("set", status, setHint(status));
    return this;
  }

  /** Removes a key; false if it was not there. libbpf: bpf_map_delete_elem(). */
  delete(key: K): boolean {
    const scratch = this.#open("delete");
    this.#codecs.key.encode(key, scratch.key);
    const status = native.mapDelete(scratch.handle);
    if (status === 0) return true;
    if (isErrno(status, "ENOENT")) return false;
    const hint = isErrno(status, "EINVAL") ? "Elements of an array can't be deleted: write zeroes" : undefined;
    throw this.failure("delete", status, hint);
  }

  /**
   * The keys, one bpf(2) call each. Where keys are removed meanwhile, others may come twice or not at all, as in C; the
   * iteration ends in any case.
   */
  *keys(): IterableIterator<K> {
    const current = new Uint8Array(this.keySize);
    // The kernel starts again from the first key when the current one is gone: without a bound that could go on forever.
    for (let count = 0; count < 2 * this.maxEntries; count++) {
      const scratch = this.#open("keys");
      scratch.key.set(current); // other calls may have come between
      const status = native.mapNextKey(scratch.handle, count === 0);
      if (isErrno(status, "ENOENT")) return;
      if (status < 0) throw this.failure("keys", status);
      current.set(scratch.key);
      yield this.#codecs.key.decode(scratch.key);
    }
  }

  /** Keys and values; a key that is removed between its two calls is left out. */
  *entries(): IterableIterator<[K, V]> {
    for (const key of this.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries();
  }

  #open(operation: string): Scratch {
    const object = this.lifetime.handle(`map ${this.name}`, `map.${operation}`);
    if (this.#opened !== undefined) return this.#opened;
    const size = native.mapScratchSize(object, this.index);
    if (size < 0) throw this.failure("open", size);
    const memory = new ArrayBuffer(size);
    const handle = native.mapOpen(object, this.index, memory);
    if (handle < 0) throw this.failure("open", handle);
    // The layout that binding/map.h documents: key, next key, value.
    const valueOffset = 2 * align8(this.keySize);
    this.#opened = {
      handle: this.lifetime.own("maps", handle),
      key: new Uint8Array(memory, 0, this.keySize),
      value: new Uint8Array(memory, valueOffset, size - valueOffset),
    };
    return this.#opened;
  }
}

function setHint(status: number): string | undefined {
  if (isErrno(status, "E2BIG")) return "The map is full, or the index is past its end";
  if (isErrno(status, "EEXIST")) return 'The key exists; set it with mode "any"';
  if (isErrno(status, "ENOENT")) return 'The key does not exist; set it with mode "any"';
  if (isErrno(status, "EPERM")) return "The map is frozen or read-only";
  return undefined;
}
