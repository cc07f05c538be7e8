/** Checks whether an existing map is the wanted one. */
import { Flag } from "../constants";
import { MapError } from "../errors";
import { mapTypeRow } from "../map-types";
import { native } from "../native";
import type { MapInfo } from "./map-info";

/** Required properties of a map; omitted fields may have any value. */
export interface ExpectedMap {
  /** enum bpf_map_type in lower case. */
  type?: string;
  /** Size of a key in bytes. */
  keySize?: number;
  /** Size of a value in bytes; for per-CPU maps, of one CPU's value. */
  valueSize?: number;
  /** Maximum number of entries; for a ring buffer its size in bytes. */
  maxEntries?: number;
  /** map_flags (BPF_F_*). */
  flags?: number;
  /** map_extra. */
  mapExtra?: bigint;
}

/** Each field, with the kernel's name. */
const FIELDS: readonly (readonly [keyof ExpectedMap & keyof MapInfo, string])[] = [
  ["type", "type"],
  ["keySize", "key_size"],
  ["valueSize", "value_size"],
  ["maxEntries", "max_entries"],
  ["flags", "map_flags"],
  ["mapExtra", "map_extra"],
];

/** All fields that differ: "max_entries: pinned has 64, wanted 128". */
export function differences(found: MapInfo, wanted: ExpectedMap, label: string): string[] {
  const made: ExpectedMap = asMade(found.type, { ...wanted, flags: wanted.flags ?? found.flags });
  return FIELDS.flatMap(([field, name]) => {
    const want = wanted[field];
    const have = field === "flags" ? settableFlags(found) : found[field];
    if (want === undefined || want === have || made[field] === have) return [];
    return [`${name}: ${label} has ${have}, wanted ${want}`];
  });
}

/** Flags without those that the kernel sets itself. */
function settableFlags({ type, flags }: MapInfo): number {
  return flags & ~(mapTypeRow(type)?.create.kernelFlags ?? 0);
}

/**
 * The kernel's values for a map created with the given ones: sizes are rounded, and flags of the descriptor are not
 * kept.
 */
export function asMade<W extends Pick<ExpectedMap, "maxEntries" | "flags">>(type: string, wanted: W): W {
  const { maxEntries, flags } = wanted;
  return {
    ...wanted,
    ...(maxEntries !== undefined && { maxEntries: roundedEntries(type, flags ?? 0, maxEntries) }),
    // bpf_map_flags_retain_permanent()
    ...(flags !== undefined && { flags: (flags & ~(Flag.RDONLY | Flag.WRONLY)) >>> 0 }),
  };
}

function roundedEntries(type: string, flags: number, entries: number): number {
  const counted = mapTypeRow(type)?.elements.maxEntries;
  if (counted === "bytes") {
    // libbpf: adjust_ringbuf_sz()
    if (entries === 0) return 0;
    const rounded = native.pageSize * 2 ** Math.ceil(Math.log2(Math.max(1, entries / native.pageSize)));
    return rounded < 2 ** 32 ? rounded : entries;
  }
  // One list per CPU, all of the same length: htab_map_alloc().
  if (counted === "lru") {
    const cpus = native.possibleCpus;
    if ((flags & Flag.NO_COMMON_LRU) === 0) return entries;
    const rounded = Math.ceil(entries / cpus) * cpus;
    return rounded < 2 ** 32 ? rounded : Math.floor(entries / cpus) * cpus;
  }
  return entries;
}

/**
 * Rejects a map that differs.
 *
 * @throws {@link MapError} with all fields that differ
 */
export function refuseOther(found: MapInfo, wanted: ExpectedMap, what: string): void {
  const different = differences(found, wanted, "it");
  if (different.length === 0) return;
  throw new MapError("ERR_BPF_MAP", `${what} is not the map that is wanted: ${different.join("; ")}`, {
    operation: "map.open",
    map: found.name,
  });
}
