/** Maps without keys: QUEUE, STACK and BLOOM_FILTER. */
import type { BtfValue, Codec } from "../codec/codec";
import { isErrno } from "../errors";
import { native } from "../native";
import { boolean, checkOptions, type Schema } from "../options";
import { refuseOthers } from "../receivers";
import type { MapCore } from "./core";
import { BpfMap } from "./map";
import { bytes, type ElementCodecs } from "./map-codec";

const EXIST = 2;

/** Options for {@link QueueMap.push}. */
export interface PushOptions {
  /** Drop the oldest value if the map is full. */
  replace?: boolean;
}

const PUSH_OPTIONS: Schema<PushOptions> = { replace: boolean };

/** QUEUE (first in, first out) and STACK (last in, first out). Since Linux 4.20. */
export class QueueMap<V = BtfValue> extends BpfMap {
  static {
    refuseOthers(QueueMap, (value) => #value in value);
  }

  readonly #value: Codec<V>;

  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(core);
    this.#value = codecs.value as Codec<V>;
  }

  /**
   * Adds a value. libbpf: bpf_map_update_elem() without a key.
   *
   * @param options `replace`: drop the oldest value if the map is full
   * @throws {@link MapError} E2BIG if the map is full and `replace` is not set
   */
  push(value: V, options?: PushOptions): this {
    const replace = options !== undefined && this.#given(options).replace === true;
    const memory = this.core.scratch("push");
    this.core.encodeValue(memory, "push", this.#value, value);
    const status = native.mapUpdate(memory.handle, replace ? EXIST : 0);
    if (status < 0) throw this.core.failure("push", status);
    return this;
  }

  /**
   * Removes and returns the next value; undefined if the map is empty. libbpf: bpf_map_lookup_and_delete_elem_flags().
   *
   * @throws {@link MapError} for any other failure
   */
  pop(): V | undefined {
    return this.#next("pop");
  }

  /**
   * Returns the next value without removing it; undefined if the map is empty. libbpf: bpf_map_lookup_elem_flags().
   *
   * @throws {@link MapError} for any other failure
   */
  peek(): V | undefined {
    return this.#next("peek");
  }

  /** The same map with values as bytes. */
  get raw(): QueueMap<Uint8Array> {
    return new QueueMap(this.core, rawCodecs(this.core));
  }

  #given(options: PushOptions): PushOptions {
    const details = { operation: "map.push", map: this.name } as const;
    return checkOptions({ name: "push", of: `map ${this.name}`, details }, options, PUSH_OPTIONS);
  }

  #next(operation: "pop" | "peek"): V | undefined {
    const memory = this.core.scratch(operation);
    const status = operation === "pop" ? native.mapTake(memory.handle, 0) : native.mapLookup(memory.handle, 0);
    if (status === 0) return this.#value.decode(memory.view, memory.value, memory.valueSize);
    if (isErrno(status, "ENOENT")) return undefined;
    throw this.core.failure(operation, status);
  }
}

/** STACK: a {@link QueueMap} that returns the newest value first. Since Linux 4.20. */
export class StackMap<V = BtfValue> extends QueueMap<V> {}

/** BLOOM_FILTER: a set with false positives but no false negatives. Values can't be removed. Since Linux 5.16. */
export class BloomFilterMap<V = BtfValue> extends BpfMap {
  static {
    refuseOthers(BloomFilterMap, (value) => #value in value);
  }

  readonly #value: Codec<V>;

  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(core);
    this.#value = codecs.value as Codec<V>;
  }

  /**
   * Adds a value. libbpf: bpf_map_update_elem() without a key.
   *
   * @throws {@link MapError} if the kernel returns an error
   */
  add(value: V): this {
    const memory = this.core.scratch("add");
    this.core.encodeValue(memory, "add", this.#value, value);
    const status = native.mapUpdate(memory.handle, 0);
    if (status < 0) throw this.core.failure("add", status);
    return this;
  }

  /**
   * False if the value was never added; true if it was, or if it is a false positive. libbpf:
   * bpf_map_lookup_elem_flags().
   *
   * @throws {@link MapError} if the kernel returns an error
   */
  has(value: V): boolean {
    const memory = this.core.scratch("has");
    this.core.encodeValue(memory, "has", this.#value, value);
    const status = native.mapLookup(memory.handle, 0);
    if (status === 0) return true;
    if (isErrno(status, "ENOENT")) return false;
    throw this.core.failure("has", status);
  }

  /** The same map with values as bytes. */
  get raw(): BloomFilterMap<Uint8Array> {
    return new BloomFilterMap(this.core, rawCodecs(this.core));
  }
}

function rawCodecs({ name, valueSize }: MapCore): ElementCodecs {
  return { key: bytes(name, "a key", 0), value: bytes(name, "a value", valueSize) };
}
