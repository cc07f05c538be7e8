/** What a map is, and what it is called. */
import type { MapDescription } from "../native";

/** What a map is. */
export interface MapIdentity {
  readonly name: string;
  /** enum bpf_map_type. */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
}

/**
 * The name that users know a map by: its C name, and for the maps of global variables the section's, such as ".rodata"
 * (libbpf puts part of the object's name before it).
 */
export function mapName(description: Pick<MapDescription, "name" | "internal">): string {
  const dot = description.internal ? description.name.indexOf(".") : 0;
  return dot > 0 ? description.name.slice(dot) : description.name;
}
