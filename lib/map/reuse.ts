/** Whether a map that exists is the one that is wanted. */
import { Flag } from "../constants";
import { MapError } from "../errors";
import { native } from "../native";
import type { MapInfo } from "./map-info";

/** What a map must be; fields that are left out may be anything. */
export interface ExpectedMap {
  /** enum bpf_map_type in lower case. */
  type?: string;
  keySize?: number;
  valueSize?: number;
  maxEntries?: number;
  /** map_flags (BPF_F_*). */
  flags?: number;
  /** map_extra. */
  mapExtra?: bigint;
}

/** Each field under the kernel's name. */
const FIELDS: readonly (readonly [keyof ExpectedMap & keyof MapInfo, string])[] = [
  ["type", "type"],
  ["keySize", "key_size"],
  ["valueSize", "value_size"],
  ["maxEntries", "max_entries"],
  ["flags", "map_flags"],
  ["mapExtra", "map_extra"],
];

/** Every field that differs: "max_entries: pinned has 64, wanted 128". */
export function differences(found: MapInfo, wanted: ExpectedMap, label: string): string[] {
  const made: ExpectedMap = asMade(found.type, { ...wanted, flags: wanted.flags ?? found.flags });
  return FIELDS.flatMap(([field, name]) => {
    const want = wanted[field];
    const have = field === "flags" ? settableFlags(found) : found[field];
    if (want === undefined || want === have || made[field] === have) return [];
    return [`${name}: ${label} has ${have}, wanted ${want}`];
  });
}

/** The kernel sets BPF_F_RDONLY_PROG on every DEVMAP itself (dev_map_init_map()). */
function settableFlags({ type, flags }: MapInfo): number {
  return type.startsWith("devmap") ? flags & ~Flag.RDONLY_PROG : flags;
}

/** What the kernel has of a map that was made with these: sizes are rounded, and flags that are a descriptor's are none of the map's. */
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
  if (type === "ringbuf" || type === "user_ringbuf") {
    // libbpf: adjust_ringbuf_sz()
    if (entries === 0) return 0;
    const rounded = native.pageSize * 2 ** Math.ceil(Math.log2(Math.max(1, entries / native.pageSize)));
    return rounded < 2 ** 32 ? rounded : entries;
  }
  // A list for each CPU, of equal length: htab_map_alloc().
  if (type === "lru_hash" || type === "lru_percpu_hash") {
    const cpus = native.possibleCpus;
    if ((flags & Flag.NO_COMMON_LRU) === 0) return entries;
    const rounded = Math.ceil(entries / cpus) * cpus;
    return rounded < 2 ** 32 ? rounded : Math.floor(entries / cpus) * cpus;
  }
  return entries;
}

/** @throws {@link MapError} with every field that differs */
export function refuseOther(found: MapInfo, wanted: ExpectedMap, what: string): void {
  const different = differences(found, wanted, "it");
  if (different.length === 0) return;
  throw new MapError("ERR_BPF_MAP", `${what} is not the map that is wanted: ${different.join("; ")}`, {
    operation: "map.open",
    map: found.name,
  });
}
