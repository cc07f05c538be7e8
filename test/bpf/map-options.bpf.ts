// Written by node-libbpf gen from map-options.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type ArrayOfMaps,
  type BpfMap,
  type HashMap,
  type HashOfMaps,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
} from "node-libbpf";

/** struct point: 24 bytes */
export interface point {
  /** __u32 x */
  x: number;
  /** __s64 y */
  y: bigint;
  /** char label[8] */
  label: string;
}

/** What is in map-options.bpf.o. */
export interface MapOptions {
  programs: Record<never, never>;
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_HASH_OF_MAPS, max_entries 4, key __u32 */
    declared: HashOfMaps<number, HashMap<number, point>>;
    /** BPF_MAP_TYPE_HASH, max_entries 64, key __u32, value __u64 */
    pinned: HashMap<number, bigint>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 4, key __u32, value struct point */
    points: ArrayMap<point>;
    /** BPF_MAP_TYPE_ARRAY_OF_MAPS, max_entries 4, key __u32, value __u32 */
    undeclared: ArrayOfMaps<BpfMap>;
  };
  variables: {
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens map-options.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<MapOptions> {
  const source = join(__dirname, "map-options.bpf.o");
  return openObject<MapOptions>(source, options);
}
