/** The names of maps and of map types. */
import { MapType } from "../constants";
import type { MapDescription } from "../native";

/** Types newer than the bundled linux/bpf.h. */
const NEWER: Readonly<Record<string, number>> = { RHASH: 35 };

const typeNames = new Map<number, string>(
  Object.entries({ ...MapType, ...NEWER }).map(([name, value]) => [value, name.toLowerCase()]),
);

/** Map types by name. If a type has two names, the newer one is last and is used by {@link mapTypeName}. */
export const mapTypeNames: ReadonlyMap<string, number> = new Map(
  [...typeNames].map(([value, name]) => [name, value] as const),
);

/** A map type's number; 0 if unknown. */
export function typeNumber(name: string): number {
  return mapTypeNames.get(name) ?? Number(/^type (\d+)$/.exec(name)?.[1] ?? 0);
}

/** A map type's name: 1 is "hash", 27 "ringbuf". */
export function mapTypeName(type: number): string {
  return typeNames.get(type) ?? `type ${type}`;
}

/**
 * The map's name for users: its C name, or for the maps of global variables the section's, such as ".rodata", to which
 * libbpf prepends part of the object's name.
 */
export function mapName(description: Pick<MapDescription, "name" | "internal">): string {
  const dot = description.internal ? description.name.indexOf(".") : 0;
  return dot > 0 ? description.name.slice(dot) : description.name;
}
