// Written by node-libbpf gen from fallback.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type BpfMap,
  type HashMap,
  type HashOfMaps,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type PerfBuffer,
  type RingBuffer,
} from "node-libbpf";

/** What is in fallback.bpf.o. */
export interface Fallback {
  programs: {
    /** SEC("uprobe.s") int on_call(struct pt_regs *ctx) */
    on_call: "uprobe";
    /** SEC("lsm.s/bprm_committed_creds") int on_exec(unsigned long long *ctx) */
    on_exec: "lsm";
    /** SEC("lsm.s/file_open") int on_open(unsigned long long *ctx) */
    on_open: "lsm";
  };
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_HASH_OF_MAPS, max_entries 16, key __u64 */
    per_cgroup: HashOfMaps<bigint, HashMap<number, number>>;
    /** BPF_MAP_TYPE_PERF_EVENT_ARRAY, max_entries 0, key __u32, value __u32 */
    perf: PerfBuffer<Uint8Array>;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 4096 */
    ring: RingBuffer<Uint8Array>;
    /** BPF_MAP_TYPE_HASH, max_entries 64, key __u32, value __u64 */
    table: HashMap<number, bigint>;
  };
  variables: {
    /** const volatile __u32 use, in .rodata */
    readonly use: number;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens fallback.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Fallback> {
  const source = join(__dirname, "fallback.bpf.o");
  return openObject<Fallback>(source, options);
}
