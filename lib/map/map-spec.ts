/** A map before it is created. */

import type { BtfType } from "../btf/types";
import type { U64 } from "../codec/plan";
import { Flag } from "../constants";
import { ArgumentError, errnoName, isErrno, MapError } from "../errors";
import { once } from "../lazy";
import { mapTypeName, mapTypeNumber, mapTypeRow } from "../map-types";
import { type InnerRequest, type MapDescription, type MapRequest, native } from "../native";
import { foreignPin, type PinFault, preparePin, whyNotOpened } from "../native/pins";
import {
  anyObject,
  bigint64,
  boolean,
  checkProperty,
  custom,
  type Expected,
  filled,
  object,
  required,
  uint32,
} from "../options";
import { refuseOthers } from "../receivers";
import type { MapFacts } from "../verdict";
import { BpfMap } from "./map";
import { mapName } from "./map-identity";
import { infoOf } from "./map-info";
import { mapType } from "./map-type-option";
import { asMade, differences, type ExpectedMap, refuseOther } from "./reuse";
import { codecsOf, type ObjectCodecs } from "./typed";

/** The template of the inner maps of a map of maps: only compatible maps can be put into it. */
export interface InnerMap {
  /** enum bpf_map_type in lower case. */
  readonly type: string;
  /** Size of a key in bytes. */
  readonly keySize: number;
  /** Size of a value in bytes. */
  readonly valueSize: number;
  /**
   * Maximum number of entries. Since Linux 5.10 inner hash maps may differ in this, and inner arrays with
   * BPF_F_INNER_MAP.
   */
  readonly maxEntries: number;
  /** map_flags (BPF_F_*). */
  readonly flags: number;
}

const INNER = object<InnerMap>({
  ...{ type: required(mapType), keySize: required(uint32), valueSize: required(uint32) },
  ...{ maxEntries: required(uint32), flags: required(uint32) },
});

const aMap = custom<BpfMap>("a map", (value) => value instanceof BpfMap);

/** A map of an {@link ObjectSpec}: plain data that can be changed until the object is loaded. */
export class MapSpec {
  static {
    refuseOthers(MapSpec, (value) => #described in value);
  }

  /** The map's C name; the maps of global variables have the name of their section, such as ".rodata". */
  readonly name: string;
  /** enum bpf_map_type in lower case: "hash", "lru_hash", "ringbuf" … */
  readonly type: string;
  /** Size of a key in bytes. */
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
  #reuse: BpfMap | undefined;
  #adopted = false;
  #exclusiveProgram: string | undefined;
  readonly #typeOf: ((id: number) => BtfType) | undefined;
  readonly #u64: U64;
  readonly #codecs: () => ObjectCodecs;

  /**
   * @internal
   * @param checkValueSize throws for a size that a section of variables can't have
   * @param isShared whether its memory is shared with the kernel
   * @param typeOf the type with a BTF id
   */
  constructor(
    description: MapDescription,
    index: number,
    checkValueSize: (size: number) => void,
    isShared: boolean,
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
    this.#flags = description.flags | (isShared ? Flag.MMAPABLE : 0);
    this.#pinPath = description.pinPath;
    this.#numaNode = description.numaNode;
    this.#mapExtra = description.mapExtra;
    this.#autocreate = description.autocreate;
    this.#typeOf = typeOf;
    this.#u64 = u64;
    this.#codecs = once(() => codecsOf(description, typeOf, u64));
  }

  /** @internal Takes the settings of another one of the same map. */
  copySettings(from: MapSpec): void {
    this.#valueSize = from.#valueSize;
    this.#maxEntries = from.#maxEntries;
    this.#flags = from.#flags;
    this.#pinPath = from.#pinPath;
    this.#numaNode = from.#numaNode;
    this.#mapExtra = from.#mapExtra;
    this.#autocreate = from.#autocreate;
    this.#inner = from.#inner;
    this.#reuse = from.#reuse;
    this.#adopted = from.#adopted;
    this.#exclusiveProgram = from.#exclusiveProgram;
  }

  /**
   * @internal The codecs of the loaded map, whose sizes may have been changed.
   *
   * @throws {@link ArgumentError} for a key or value whose type has no values
   */
  loadedCodecs(loaded: MapDescription): ObjectCodecs {
    const { keyTypeId, valueTypeId, inner } = this.#described;
    if (loaded.valueSize === this.#described.valueSize && this.#inner === undefined) return this.#codecs();
    const changed = inner && { ...inner, ...this.#inner };
    const described = { ...loaded, keyTypeId, valueTypeId, ...(changed && { inner: changed }) };
    return codecsOf(described, this.#typeOf, this.#u64);
  }

  /**
   * Size of a value in bytes; for per-CPU maps, of one CPU's value. For .bss, .data or .rodata it can be set if the
   * section's last variable is an array, which then has as many elements as fit: `spec.maps[".bss"].valueSize = 4096`.
   * libbpf: bpf_map__set_value_size() (for variables since libbpf 1.3).
   *
   * @throws {@link ArgumentError} if set to an invalid size
   */
  get valueSize(): number {
    return this.#valueSize;
  }

  set valueSize(value: number) {
    const size = this.#checked("valueSize", value, uint32);
    this.#checkValueSize(size);
    this.#valueSize = size;
  }

  /**
   * Maximum number of entries; for a ring buffer its size in bytes, which load() rounds up to a power of two and a
   * multiple of the page size. libbpf: bpf_map__set_max_entries().
   *
   * @throws {@link ArgumentError} if set to something other than an unsigned 32-bit integer
   */
  get maxEntries(): number {
    return this.#maxEntries;
  }

  set maxEntries(value: number) {
    this.#maxEntries = this.#checked("maxEntries", value, uint32);
  }

  /**
   * map_flags (BPF_F_*). libbpf: bpf_map__set_map_flags().
   *
   * @throws {@link ArgumentError} if set to something other than an unsigned 32-bit integer
   */
  get flags(): number {
    return this.#flags;
  }

  set flags(value: number) {
    this.#flags = this.#checked("flags", value, uint32);
  }

  /**
   * Path in bpffs where load() pins the map, or reuses the one that is pinned there; undefined: not pinned. libbpf:
   * bpf_map__set_pin_path().
   *
   * @throws {@link ArgumentError} if set to something other than a path
   */
  get pinPath(): string | undefined {
    return this.#pinPath;
  }

  set pinPath(value: string | undefined) {
    this.#pinPath = value === undefined ? undefined : this.#checked("pinPath", value, filled);
  }

  /**
   * The NUMA node to allocate memory from, if `flags` has BPF_F_NUMA_NODE. Since Linux 4.14. libbpf:
   * bpf_map__set_numa_node().
   *
   * @throws {@link ArgumentError} if set to something other than an unsigned 32-bit integer
   */
  get numaNode(): number {
    return this.#numaNode;
  }

  set numaNode(value: number) {
    this.#numaNode = this.#checked("numaNode", value, uint32);
  }

  /**
   * map_extra: number of hash functions of a Bloom filter, address of an arena. Since Linux 5.16. libbpf:
   * bpf_map__set_map_extra().
   *
   * @throws {@link ArgumentError} if set to something other than a 64-bit bigint
   */
  get mapExtra(): bigint {
    return this.#mapExtra;
  }

  set mapExtra(value: bigint) {
    this.#mapExtra = this.#checked("mapExtra", value, bigint64);
  }

  /**
   * Whether load() creates the map. The kernel rejects a program that uses a map that was not created. libbpf:
   * bpf_map__set_autocreate().
   *
   * @throws {@link ArgumentError} if set to something other than a boolean
   */
  get autocreate(): boolean {
    return this.#autocreate;
  }

  set autocreate(value: boolean) {
    this.#autocreate = this.#checked("autocreate", value, boolean);
  }

  /**
   * For a map of maps: the template of its inner maps; undefined if the object declares none. Fields that are omitted
   * in an assignment keep their value. After an assignment, the key and value types declared in the object are no
   * longer required of inner maps. libbpf: bpf_map__set_inner_map_fd().
   *
   * @throws {@link ArgumentError} if the map is not a map of maps, or a field is invalid
   */
  get inner(): InnerMap | undefined {
    const inner = this.#inner ?? this.#described.inner;
    if (inner === undefined) return undefined;
    const { type, keySize, valueSize, maxEntries, flags } = inner;
    return { type: mapTypeName(type), keySize, valueSize, maxEntries, flags };
  }

  set inner(value: Partial<InnerMap>) {
    if (mapTypeRow(this.type)?.elements.values !== "map") throw this.#refused(`a ${this.type} map holds no maps`);
    checkProperty(this.#owner, "inner", value, anyObject);
    const wanted = { keySize: 4, valueSize: 4, maxEntries: 1, flags: 0, ...this.inner, ...value } as InnerMap;
    this.#inner = { ...this.#checked("inner", wanted, INNER), type: mapTypeNumber(wanted.type) };
  }

  /**
   * The map that load() uses instead of creating one: of another object, or from {@link createMap} or {@link openMap}.
   * Its type and sizes must be those of this map; for a section of variables also its number of entries and flags. It
   * keeps its contents. The loaded object has a descriptor of its own. libbpf: bpf_map__reuse_fd().
   *
   * @throws {@link ArgumentError} if set to something other than a map, or for constants
   */
  get reuse(): BpfMap | undefined {
    return this.#reuse;
  }

  set reuse(value: BpfMap | undefined) {
    const { internal, flags } = this.#described;
    if (value !== undefined && internal && (flags & Flag.RDONLY_PROG) !== 0)
      throw this.#refused("constants belong to their object: its programs are verified with their values");
    this.#reuse = value === undefined ? undefined : this.#checked("reuse", value, aMap);
  }

  /** @internal Like {@link reuse}, for the same map of a former load: it has its initial values, constants too. */
  adopt(map: BpfMap | undefined): void {
    this.#reuse = map;
    this.#adopted = map !== undefined;
  }

  /** @internal As declared, with the inner map as set. */
  get described(): MapDescription {
    const { inner } = this.#described;
    return { ...this.#described, ...(this.#inner && { inner: { ...(inner ?? this.#described), ...this.#inner } }) };
  }

  /**
   * The name of the only program that may use the map: the kernel refuses all others, and user space can't put it into
   * maps of maps. Since Linux 6.18. libbpf: bpf_map__set_exclusive_program() (1.7 or newer).
   *
   * @throws {@link ArgumentError} if set to something other than a non-empty string without NUL; load() throws it if the
   *   object has no such program
   */
  get exclusiveProgram(): string | undefined {
    return this.#exclusiveProgram;
  }

  set exclusiveProgram(value: string | undefined) {
    this.#exclusiveProgram = value === undefined ? undefined : this.#checked("exclusiveProgram", value, filled);
  }

  /**
   * @internal The request for libbpf: the map to create, or to find at {@link pinPath}.
   *
   * @throws {@link MapError} if it can't be pinned there, or another map is pinned there
   */
  toRequest(changed: Uint8Array | undefined): Omit<MapRequest, "without" | "exclusiveProgram"> {
    const initial = this.#adopted ? undefined : changed;
    const reuse = this.#reusedFd(initial);
    // libbpf compares with the kernel's values; BPF_F_RDONLY is needed only when a map is created.
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
      reuse,
    };
  }

  /** The descriptor of the map to reuse; 0 if there is none. */
  #reusedFd(initial: Uint8Array | undefined): number {
    const map = this.#reuse;
    if (map === undefined) return 0;
    if (this.#pinPath !== undefined) throw this.#refused("reuse and pinPath exclude each other");
    if (this.#exclusiveProgram !== undefined) throw this.#refused("a map that is reused can't be made exclusive");
    if (initial !== undefined) throw this.#refused("its variables were set, but a map that is reused keeps its values");
    const { type, keySize, valueSize } = this.#expected();
    const wanted = this.#described.internal ? this.#expected() : { type, keySize, valueSize };
    const different = differences(map.info(), wanted as ExpectedMap, "it");
    if (different.length === 0) return map.fd;
    const what = `map ${this.name} can't reuse the map ${map.name}: ${different.join("; ")}`;
    throw new MapError("ERR_BPF_MAP", what, { operation: "load", map: this.name });
  }

  /**
   * Prepares the pin's path and returns whether the map is already pinned there. For a different map libbpf would
   * return a bare EINVAL, and it would accept a map that another user pinned.
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
      if (what === undefined) return false; // libbpf will report the error.
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
    const isSizedByLibbpf = maxEntries === 0 && mapTypeRow(type)?.elements.maxEntries === "cpus";
    return { type, keySize, valueSize, flags, mapExtra, ...(!isSizedByLibbpf && { maxEntries }) };
  }

  /** @internal BTF id of the map's data section. */
  get sectionId(): number {
    return this.#described.valueTypeId;
  }

  /** @internal The facts for the precheck; `fieldsOf` returns the kernel-managed structs in a BTF type. */
  facts(fieldsOf: (type: number) => Pick<MapFacts, "fields" | "nested">): MapFacts {
    const pinned = this.#pinPath === undefined ? undefined : ({ pinned: true } as const);
    const facts = { ...factsOf(this.#described, fieldsOf), flags: this.#flags, ...pinned };
    if (this.#inner === undefined) return facts;
    // A map created for an inner map that was set has no types.
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
