// Written by node-libbpf gen from maps.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type HashMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type PerCpuArrayMap,
} from "node-libbpf";

/** struct key: 16 bytes */
export interface key {
  /** __u64 high */
  high: number;
  /** __u64 low */
  low: number;
}

/** struct value: 64 bytes */
export interface value {
  /** __u64 count */
  count: number;
  /** __u64 bytes */
  bytes: number;
  /** __u32 uid */
  uid: number;
  /** __u32 pid */
  pid: number;
  /** char comm[16] */
  comm: string;
  /** double load */
  load: number;
  /** __u64 reserved[2] */
  reserved: number[];
}

/** What is in maps.bpf.o. */
export interface Maps {
  programs: Record<never, never>;
  maps: {
    /** BPF_MAP_TYPE_ARRAY, max_entries 10000, key __u32, value __u64 */
    array: ArrayMap<number>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 10000, key __u32, value double */
    doubles: ArrayMap<number>;
    /** BPF_MAP_TYPE_HASH, max_entries 200000, key __u32, value __u64 */
    few: HashMap<number, number>;
    /** BPF_MAP_TYPE_HASH, max_entries 200000, key struct key, value struct value */
    few_large: HashMap<key, value>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 10000, key __u32, value __u64 */
    integers: ArrayMap<number>;
    /** BPF_MAP_TYPE_HASH, max_entries 200000, key __u32, value __u64 */
    many: HashMap<number, number>;
    /** BPF_MAP_TYPE_HASH, max_entries 200000, key struct key, value struct value */
    many_large: HashMap<key, value>;
    /** BPF_MAP_TYPE_PERCPU_ARRAY, max_entries 10000, key __u32, value __u64 */
    percpu: PerCpuArrayMap<number>;
  };
  variables: Record<never, never>;
}

/** Opens maps.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Maps> {
  const source = join(__dirname, "maps.bpf.o");
  return openObject<Maps>(source, { u64: "number", ...options });
}
