/** The names of maps and of their types. */
import { MapType } from "../constants";
import type { MapDescription } from "../native";
import { custom } from "../options";

/** Types that came after the carried linux/bpf.h. */
const NEWER: Readonly<Record<string, number>> = { RHASH: 35 };

const typeNames = new Map<number, string>(
  Object.entries({ ...MapType, ...NEWER }).map(([name, value]) => [value, name.toLowerCase()]),
);

/** Map types by name; of two names for one, the newer stands last and wins in {@link mapTypeName}. */
export const mapTypeNames: ReadonlyMap<string, number> = new Map(
  [...typeNames].map(([value, name]) => [name, value] as const),
);

/** A map type's number; 0 for none. */
export function typeNumber(name: string): number {
  return mapTypeNames.get(name) ?? Number(/^type (\d+)$/.exec(name)?.[1] ?? 0);
}

/** A map type's name: 1 is "hash", 27 "ringbuf". */
export function mapTypeName(type: number): string {
  return typeNames.get(type) ?? `type ${type}`;
}

/** A type's name as {@link mapTypeName} gives it. */
export const mapType = custom<string>(
  'a map type such as "hash"',
  (value) => typeof value === "string" && typeNumber(value) !== 0,
);

/**
 * The name that users know a map by: its C name, and for the maps of global variables the section's, such as ".rodata"
 * (libbpf puts part of the object's name before it).
 */
export function mapName(description: Pick<MapDescription, "name" | "internal">): string {
  const dot = description.internal ? description.name.indexOf(".") : 0;
  return dot > 0 ? description.name.slice(dot) : description.name;
}
