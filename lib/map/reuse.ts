/** Whether a map that exists is the one that is wanted. */
import { Flag } from "../constants";
import { ArgumentError, MapError } from "../errors";
import type { MapInfo } from "./info";

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
  return FIELDS.flatMap(([field, name]) => {
    const want = wanted[field];
    const have = field === "flags" ? settableFlags(found) : found[field];
    return want === undefined || want === have ? [] : [`${name}: ${label} has ${have}, wanted ${want}`];
  });
}

/** The kernel sets BPF_F_RDONLY_PROG on every DEVMAP itself (dev_map_init_map()). */
function settableFlags({ type, flags }: MapInfo): number {
  return type.startsWith("devmap") ? flags & ~Flag.RDONLY_PROG : flags;
}

/** @throws {@link ArgumentError} for an option that there is not: what it asks for would not be looked at */
export function checkExpected(wanted: ExpectedMap, operation: string): void {
  const about = { operation: "map.open" };
  if (typeof wanted !== "object" || wanted === null)
    throw new ArgumentError(`${operation}'s options must be an object, got ${String(wanted)}`, about);
  const known = [...FIELDS.map(([field]) => field as string), "key", "value"];
  const unknown = Object.keys(wanted).find((option) => !known.includes(option));
  if (unknown !== undefined)
    throw new ArgumentError(`${operation} has no option "${unknown}"; it has: ${known.join(", ")}`, about);
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
