/** A map before it is created. */

import type { BtfType } from "../btf/types";
import type { U64 } from "../codec/plan";
import { Flag } from "../constants";
import { ArgumentError, errnoName, isErrno, MapError } from "../errors";
import { type InnerRequest, type MapDescription, type MapRequest, native } from "../native";
import { foreignPin, type PinFault, preparePin, whyNotOpened } from "../native/pins";
import {
  anyObject,
  bigint64,
  boolean,
  checkProperty,
  type Expected,
  filled,
  object,
  required,
  uint32,
} from "../options";
import { refuseOthers } from "../receivers";
import type { MapFacts } from "../verdict";
import { infoOf } from "./map-info";
import { asMade, type ExpectedMap, refuseOther } from "./reuse";
import { mapName, mapType, mapTypeName, typeNumber } from "./type-names";
import { codecsOf, type ObjectCodecs } from "./typed";

/** What a map of maps holds: only maps like this can be put into it. */
export interface InnerMap {
  /** enum bpf_map_type in lower case. */
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  /** Since Linux 5.10 inner hash maps may differ in this, inner arrays with BPF_F_INNER_MAP. */
  readonly maxEntries: number;
  /** map_flags (BPF_F_*). */
  readonly flags: number;
}

const INNER = object<InnerMap>({
  ...{ type: required(mapType), keySize: required(uint32), valueSize: required(uint32) },
  ...{ maxEntries: required(uint32), flags: required(uint32) },
});

/** A map of an {@link ObjectSpec}: plain data that can be changed until the object is loaded. */
export class MapSpec {
  static {
    refuseOthers(MapSpec, (value) => #described in value);
  }

  readonly name: string;
  /** enum bpf_map_type in lower case: "hash", "lru_hash", "ringbuf" … */
  readonly type: string;
  /** Bytes of a key. */
  readonly keySize: number;
  readonly #checkValueSize: (size: number) => void;
  readonly #described: MapDescription;
  readonly #index: number;
  #valueSize: number;
  #maxEntries: number;
  #flags: number;
  #pinPath: string | undefined;
  #numaNode: number;
  #mapExtra: bigint;
  #autocreate: boolean;
  #inner: InnerRequest | undefined;
  readonly #typeOf: ((id: number) => BtfType) | undefined;
  readonly #u64: U64;
  readonly #codecs: ObjectCodecs;

  /**
   * @internal
   * @param checkValueSize throws for a size that a section of variables can't have
   * @param typeOf the types of the object's BTF ids
   * @throws {@link ArgumentError} for a key or value of a type that has no values
   */
  constructor(
    description: MapDescription,
    index: number,
    checkValueSize: (size: number) => void,
    typeOf: ((id: number) => BtfType) | undefined,
    u64: U64,
  ) {
    this.name = mapName(description);
    this.type = mapTypeName(description.type);
    this.keySize = description.keySize;
    this.#checkValueSize = checkValueSize;
    this.#valueSize = description.valueSize;
    this.#described = description;
    this.#index = index;
    this.#maxEntries = description.maxEntries;
    this.#flags = description.flags | (isVariables(description) ? Flag.MMAPABLE : 0);
    this.#pinPath = description.pinPath;
    this.#numaNode = description.numaNode;
    this.#mapExtra = description.mapExtra;
    this.#autocreate = description.autocreate;
    this.#typeOf = typeOf;
    this.#u64 = u64;
    this.#codecs = codecsOf(description, typeOf, u64);
  }

  /** @internal How the loaded map is read: its sizes may have changed since. */
  loadedCodecs(loaded: MapDescription): ObjectCodecs {
    const { keyTypeId, valueTypeId, inner } = this.#described;
    if (loaded.valueSize === this.#described.valueSize && this.#inner === undefined) return this.#codecs;
    const changed = inner && { ...inner, ...this.#inner };
    const described = { ...loaded, keyTypeId, valueTypeId, ...(changed && { inner: changed }) };
    return codecsOf(described, this.#typeOf, this.#u64);
  }

  /**
   * Bytes of a value; of one CPU's value for per-CPU maps. That of .bss, .data or .rodata can be set where the section's last
   * variable is an array, which then gets as many elements as there is room for: `spec.maps[".bss"].valueSize = 4096`.
   * libbpf: bpf_map__set_value_size() (variables: since libbpf 1.3).
   */
  get valueSize(): number {
    return this.#valueSize;
  }

  set valueSize(value: number) {
    const size = this.#checked("valueSize", value, uint32);
    this.#checkValueSize(size);
    this.#valueSize = size;
  }

  /** Entries that the map can hold; for a ring buffer its size in bytes, which load() rounds up to a power of two and of pages. */
  get maxEntries(): number {
    return this.#maxEntries;
  }

  set maxEntries(value: number) {
    this.#maxEntries = this.#checked("maxEntries", value, uint32);
  }

  /** map_flags (BPF_F_*). */
  get flags(): number {
    return this.#flags;
  }

  set flags(value: number) {
    this.#flags = this.#checked("flags", value, uint32);
  }

  /** Where the map is pinned in bpffs at load, or taken from if it is there already; undefined: not pinned. */
  get pinPath(): string | undefined {
    return this.#pinPath;
  }

  set pinPath(value: string | undefined) {
    this.#pinPath = value === undefined ? undefined : this.#checked("pinPath", value, filled);
  }

  /** The NUMA node that its memory comes from, if `flags` have BPF_F_NUMA_NODE. Since Linux 4.14. */
  get numaNode(): number {
    return this.#numaNode;
  }

  set numaNode(value: number) {
    this.#numaNode = this.#checked("numaNode", value, uint32);
  }

  /** map_extra: hash functions of a Bloom filter, the address of an arena. Since Linux 5.16. */
  get mapExtra(): bigint {
    return this.#mapExtra;
  }

  set mapExtra(value: bigint) {
    this.#mapExtra = this.#checked("mapExtra", value, bigint64);
  }

  /** Whether load() makes the map. A program that uses a map that was not made is refused. libbpf: bpf_map__set_autocreate(). */
  get autocreate(): boolean {
    return this.#autocreate;
  }

  set autocreate(value: boolean) {
    this.#autocreate = this.#checked("autocreate", value, boolean);
  }

  /**
   * Of a map of maps: what it holds; undefined if the object does not say. Fields that an assigned object leaves out stay as they
   * are; types that the object says of keys and values are no longer asked of the maps. libbpf: bpf_map__set_inner_map_fd().
   */
  get inner(): InnerMap | undefined {
    const inner = this.#inner ?? this.#described.inner;
    if (inner === undefined) return undefined;
    const { type, keySize, valueSize, maxEntries, flags } = inner;
    return { type: mapTypeName(type), keySize, valueSize, maxEntries, flags };
  }

  set inner(value: Partial<InnerMap>) {
    if (!this.type.endsWith("_of_maps")) throw this.#refused(`a ${this.type} map holds no maps`);
    checkProperty(this.#owner, "inner", value, anyObject);
    const wanted = { keySize: 4, valueSize: 4, maxEntries: 1, flags: 0, ...this.inner, ...value } as InnerMap;
    this.#inner = { ...this.#checked("inner", wanted, INNER), type: typeNumber(wanted.type) };
  }

  /**
   * @internal What libbpf is to make, or to find at {@link pinPath}.
   * @throws {@link MapError} if it can't be pinned there, or what is there is not this map
   */
  toRequest(initial: Uint8Array | undefined): Omit<MapRequest, "without"> {
    // libbpf compares with what the kernel has; BPF_F_RDONLY is needed for a map that is made.
    const made = asMade(this.type, { maxEntries: this.#maxEntries, flags: this.#flags });
    const { maxEntries } = made;
    const flags = this.#isPinned() ? made.flags : this.#flags;
    const { valueSize, numaNode, mapExtra, autocreate, pinPath } = this;
    const inner = this.#inner;
    return {
      index: this.#index,
      valueSize,
      maxEntries,
      flags,
      numaNode,
      mapExtra,
      autocreate,
      inner,
      pinPath,
      initial,
    };
  }

  /**
   * Makes ready where it is to be pinned, and says whether it is there already. Of another map libbpf would say EINVAL and no more, and it
   * would take one that anybody put there.
   */
  #isPinned(): boolean {
    const path = this.#pinPath;
    if (path === undefined || !this.#autocreate) return false;
    const fault = preparePin(path);
    if (fault !== undefined) throw this.#notPinned(path, fault);
    const handle = native.mapOfPath(path);
    if (handle < 0) {
      if (isErrno(handle, "ENOENT")) return false;
      const what = whyNotOpened(handle, path, "map");
      if (what === undefined) return false; // what libbpf will say
      throw this.#notPinned(path, { what: `${what} (${errnoName(handle)})`, errno: errnoName(handle) });
    }
    try {
      const foreign = foreignPin(path);
      if (foreign !== undefined) throw this.#notPinned(path, foreign);
      refuseOther(infoOf(handle), this.#expected(), `the map pinned at ${path}`);
      return true;
    } finally {
      native.mapClose(handle);
    }
  }

  #notPinned(path: string, { what, gone: _, ...details }: PinFault): MapError {
    const about = { operation: "load", map: this.name } as const;
    return new MapError("ERR_BPF_MAP", `map ${this.name} can't be pinned to ${path}: ${what}`, {
      ...about,
      ...details,
    });
  }

  #expected(): ExpectedMap {
    const { type, keySize, valueSize, maxEntries, flags, mapExtra } = this;
    // libbpf makes it as large as there are CPUs.
    const sized = type === "perf_event_array" && maxEntries === 0 ? {} : { maxEntries };
    return { type, keySize, valueSize, flags, mapExtra, ...sized };
  }

  /** @internal The BTF id of the data section that the map holds. */
  get sectionId(): number {
    return this.#described.valueTypeId;
  }

  /** @internal What the precheck asks of it; `fieldsOf` tells the kernel-managed structs in a BTF type. */
  facts(fieldsOf: (type: number) => Pick<MapFacts, "fields" | "nested">): MapFacts {
    const pinned = this.#pinPath === undefined ? undefined : ({ pinned: true } as const);
    const facts = { ...factsOf(this.#described, fieldsOf), flags: this.#flags, ...pinned };
    if (this.#inner === undefined) return facts;
    // What is made for a map whose inner map was set has no types.
    const { type, flags } = this.#inner;
    return { ...facts, inner: { name: facts.inner?.name ?? facts.name, type: mapTypeName(type), flags, fields: [] } };
  }

  get #owner() {
    return { of: `map ${this.name}`, details: { map: this.name } };
  }

  #checked<T>(name: string, value: T, expected: Expected<T>): T {
    return checkProperty(this.#owner, name, value, expected);
  }

  #refused(message: string): ArgumentError {
    return new ArgumentError(`map ${this.name}: ${message}`, { map: this.name });
  }
}

/**
 * A section of global variables: its memory is shared with the kernel. libbpf leaves the flag out where all are static
 * (map_is_mmapable()), since no skeleton names them; takes it away where the kernel lacks it (Linux 5.5).
 */
function isVariables({ internal, valueTypeId }: MapDescription): boolean {
  return internal && valueTypeId !== 0;
}

function factsOf(
  description: MapDescription,
  fieldsOf: (type: number) => Pick<MapFacts, "fields" | "nested">,
): MapFacts {
  const { type, flags, valueTypeId, inner } = description;
  return {
    name: mapName(description),
    type: mapTypeName(type),
    flags,
    ...fieldsOf(valueTypeId),
    ...(inner === undefined ? {} : { inner: factsOf(inner, fieldsOf) }),
  };
}
