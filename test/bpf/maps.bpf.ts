// Written by node-libbpf gen from maps.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type BpfMap,
  type HashMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type PerCpuArrayMap,
  type PerCpuHashMap,
  type QueueMap,
} from "node-libbpf";

/** What is in maps.bpf.o. */
export interface Maps {
  programs: Record<never, never>;
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .data */
    ".data": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_ARRAY, max_entries 4, key __u32, value __u64 */
    array: ArrayMap<bigint>;
    /** BPF_MAP_TYPE_HASH, max_entries 8, key __u32, value __u64 */
    hash: HashMap<number, bigint>;
    /** BPF_MAP_TYPE_LRU_HASH, max_entries 64, key char[6], value char[10] */
    lru: HashMap<string, string>;
    /** BPF_MAP_TYPE_PERCPU_ARRAY, max_entries 4, key __u32, value __u32 */
    percpu_array: PerCpuArrayMap<number>;
    /** BPF_MAP_TYPE_PERCPU_HASH, max_entries 8, key __u32, value char[12] */
    percpu_hash: PerCpuHashMap<number, string>;
    /** BPF_MAP_TYPE_QUEUE, max_entries 4, value __u32 */
    queue: QueueMap<number>;
  };
  variables: {
    /** __u64 counter, in .bss */
    counter: bigint;
    /** const volatile _Bool enabled, in .rodata */
    readonly enabled: boolean;
    /** const volatile char label[8], in .rodata */
    readonly label: string;
    /** __s8 level, in .data */
    level: number;
    /** const volatile __u32 limit, in .rodata */
    readonly limit: number;
    /** const volatile __s64 offset, in .rodata */
    readonly offset: bigint;
    /** __u16 port, in .data */
    port: number;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens maps.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Maps> {
  const source = join(__dirname, "maps.bpf.o");
  return openObject<Maps>(source, options);
}
