/** A map before it is created. */
import { MapType } from "../constants";
import { ArgumentError } from "../errors";
import type { MapDescription, MapRequest } from "../native";
import type { MapFacts } from "../sleepable/verdict";

const typeNames = new Map<number, string>(Object.entries(MapType).map(([name, value]) => [value, name.toLowerCase()]));

/** A map type's name: 1 is "hash", 27 "ringbuf". */
export function mapTypeName(type: number): string {
  return typeNames.get(type) ?? `type ${type}`;
}

/**
 * The name that users know a map by: its C name, and for the maps of global variables the section's, such as ".rodata"
 * (libbpf puts part of the object's name before it).
 */
export function mapName(description: MapDescription): string {
  const dot = description.internal ? description.name.indexOf(".") : 0;
  return dot > 0 ? description.name.slice(dot) : description.name;
}

/** A map of an {@link ObjectSpec}: plain data that can be changed until the object is loaded. */
export class MapSpec {
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

  /**
   * @internal
   * @param checkValueSize throws for a size that a section of variables can't have
   */
  constructor(description: MapDescription, index: number, checkValueSize: (size: number) => void = () => {}) {
    this.name = mapName(description);
    this.type = mapTypeName(description.type);
    this.keySize = description.keySize;
    this.#checkValueSize = checkValueSize;
    this.#valueSize = description.valueSize;
    this.#described = description;
    this.#index = index;
    this.#maxEntries = description.maxEntries;
    this.#flags = description.flags;
    this.#pinPath = description.pinPath;
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
    const size = this.#u32("valueSize", value);
    this.#checkValueSize(size);
    this.#valueSize = size;
  }

  /** Entries that the map can hold; for a ring buffer its size in bytes, a power of two and of pages. */
  get maxEntries(): number {
    return this.#maxEntries;
  }

  set maxEntries(value: number) {
    this.#maxEntries = this.#u32("maxEntries", value);
  }

  /** map_flags (BPF_F_*). */
  get flags(): number {
    return this.#flags;
  }

  set flags(value: number) {
    this.#flags = this.#u32("flags", value);
  }

  /** Where the map is pinned in bpffs at load, or taken from if it is there already; undefined: not pinned. */
  get pinPath(): string | undefined {
    return this.#pinPath;
  }

  set pinPath(value: string | undefined) {
    if (value !== undefined && (typeof value !== "string" || value === "")) {
      throw new ArgumentError(`map ${this.name}: pinPath must be a path or undefined`, { map: this.name });
    }
    this.#pinPath = value;
  }

  /** @internal */
  toRequest(initial: Uint8Array | undefined): MapRequest {
    const { valueSize, maxEntries, flags, pinPath } = this;
    return { index: this.#index, valueSize, maxEntries, flags, pinPath, initial };
  }

  /** @internal The BTF id of the data section that the map holds. */
  get sectionId(): number {
    return this.#described.valueTypeId;
  }

  /** @internal What the precheck asks of it; `fieldsOf` tells the kernel-managed structs in a BTF type. */
  facts(fieldsOf: (type: number) => string[]): MapFacts {
    return { ...factsOf(this.#described, fieldsOf), flags: this.#flags };
  }

  #u32(what: string, value: number): number {
    if (Number.isInteger(value) && value >= 0 && value <= 0xffffffff) return value;
    throw new ArgumentError(`map ${this.name}: ${what} must be an integer of 32 bits, got ${String(value)}`, {
      map: this.name,
    });
  }
}

function factsOf(description: MapDescription, fieldsOf: (type: number) => string[]): MapFacts {
  const { type, flags, valueTypeId, inner } = description;
  return {
    name: mapName(description),
    type: mapTypeName(type),
    flags,
    fields: fieldsOf(valueTypeId),
    ...(inner === undefined ? {} : { inner: factsOf(inner, fieldsOf) }),
  };
}
