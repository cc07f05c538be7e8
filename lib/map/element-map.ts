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

/** A map whose elements are read and written one at a time. Every call is one bpf(2) call on this thread. */
export abstract class ElementMap<K, V> extends BpfMap implements Iterable<[K, V]> {
  readonly #handle: Handle;
  readonly #keyCodec: Codec<K>;
  readonly #valueCodec: Codec<V>;
  // Private in JavaScript too: user code that got hold of this memory could detach it under native code.
  readonly #key: Uint8Array;
  readonly #value: Uint8Array;

  /** @internal */
  constructor(lifetime: Lifetime, description: MapDescription, index: number, key: CodecOf<K>, value: CodecOf<V>) {
    super(lifetime, description, index);
    const object = lifetime.handle(`map ${this.name}`, "map.open");
    const size = native.mapScratchSize(object, index);
    if (size < 0) throw this.failure("open", size);
    const scratch = new ArrayBuffer(size);
    const handle = native.mapOpen(object, index, scratch);
    if (handle < 0) throw this.failure("open", handle);
    this.#handle = lifetime.own("maps", handle);
    this.#keyCodec = key(this.name, description);
    this.#valueCodec = value(this.name, description);
    // The layout that binding/map.h documents: key, next key, value.
    const valueOffset = 2 * align8(this.keySize);
    this.#key = new Uint8Array(scratch, 0, this.keySize);
    this.#value = new Uint8Array(scratch, valueOffset, size - valueOffset);
  }

  /** The value of a key, or undefined if there is none. libbpf: bpf_map_lookup_elem(). */
  get(key: K): V | undefined {
    this.#keyCodec.encode(key, this.#key);
    const status = native.mapLookup(this.#open("get"), 0);
    if (status === 0) return this.#valueCodec.decode(this.#value);
    if (isErrno(status, "ENOENT")) return undefined;
    throw this.failure("get", status);
  }

  has(key: K): boolean {
    this.#keyCodec.encode(key, this.#key);
    const status = native.mapLookup(this.#open("has"), 0);
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
    const flags = MODES[mode];
    if (flags === undefined)
      throw new ArgumentError(`map ${this.name}: mode must be "any", "noexist" or "exist", got ${String(mode)}`, {
        map: this.name,
      });
    this.#keyCodec.encode(key, this.#key);
    this.#valueCodec.encode(value, this.#value);
    const status = native.mapUpdate(this.#open("set"), flags);
    if (status < 0) throw this.failure("set", status, setHint(status));
    return this;
  }

  /** Removes a key; false if it was not there. libbpf: bpf_map_delete_elem(). */
  delete(key: K): boolean {
    this.#keyCodec.encode(key, this.#key);
    const status = native.mapDelete(this.#open("delete"));
    if (status === 0) return true;
    if (isErrno(status, "ENOENT")) return false;
    throw this.failure(
      "delete",
      status,
      isErrno(status, "EINVAL") ? "Elements of an array can't be deleted: write zeroes" : undefined,
    );
  }

  /**
   * The keys, one bpf(2) call each. Where keys are removed meanwhile, others may come twice or not at all, as in C; the
   * iteration ends in any case.
   */
  *keys(): IterableIterator<K> {
    const current = new Uint8Array(this.keySize);
    let first = true;
    // The kernel starts again from the first key when the current one is gone: without a bound that could go on forever.
    for (let count = 0; count < 2 * this.maxEntries; count++) {
      this.#key.set(current);
      const status = native.mapNextKey(this.#open("keys"), first);
      if (isErrno(status, "ENOENT")) return;
      if (status < 0) throw this.failure("keys", status);
      first = false;
      current.set(this.#key);
      yield this.#keyCodec.decode(this.#key);
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

  #open(operation: string): Handle {
    this.lifetime.handle(`map ${this.name}`, `map.${operation}`);
    return this.#handle;
  }
}

function setHint(status: number): string | undefined {
  if (isErrno(status, "E2BIG")) return "The map is full, or the index is past its end";
  if (isErrno(status, "EEXIST")) return 'The key exists; set it with mode "any"';
  if (isErrno(status, "ENOENT")) return 'The key does not exist; set it with mode "any"';
  if (isErrno(status, "EPERM")) return "The map is frozen or read-only";
  return undefined;
}
