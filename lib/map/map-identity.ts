/** A map's properties and name. */
import type { MapDescription } from "../native";

/** A map's properties. */
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
 * The map's name for users: its C name, or for the maps of global variables the section's, such as ".rodata", to which
 * libbpf prepends part of the object's name.
 */
export function mapName(description: Pick<MapDescription, "name" | "internal">): string {
  const dot = description.internal ? description.name.indexOf(".") : 0;
  return dot > 0 ? description.name.slice(dot) : description.name;
}
