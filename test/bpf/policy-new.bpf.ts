// Written by node-libbpf gen from policy-new.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type BpfMap,
  type HashMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type RingBuffer,
} from "node-libbpf";

/** struct counts: 16 bytes */
export interface counts {
  /** unsigned long long upgrades */
  upgrades: bigint;
  /** unsigned long long denied */
  denied: bigint;
}

/** struct told: 16 bytes */
export interface told {
  /** __u64 inode */
  inode: bigint;
  /** __u32 version */
  version: number;
}

/** What is in policy-new.bpf.o. */
export interface PolicyNew {
  programs: {
    /** SEC("lsm/file_open") int deny_open(unsigned long long *ctx) */
    deny_open: "lsm";
    /** SEC("iter/task") int list(struct bpf_iter__task *ctx) */
    list: "iter";
    /** SEC("raw_tp/task_rename") int on_rename(void *ctx) */
    on_rename: "raw_tp";
    /** SEC("raw_tp/task_newtask") int on_task(void *ctx) */
    on_task: "raw_tp";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct counts */
    counts: ArrayMap<counts>;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 65536, event struct told */
    denials: RingBuffer<told>;
    /** BPF_MAP_TYPE_HASH, max_entries 16, key __u64, value __u32 */
    forbidden: HashMap<bigint, number>;
    /** BPF_MAP_TYPE_HASH, max_entries 128, key __u32, value __u64 */
    seen: HashMap<number, bigint>;
  };
  variables: {
    /** const volatile __u32 limit, in .rodata */
    readonly limit: number;
    /** __u64 runs, in .bss */
    runs: bigint;
    /** const struct told *unused_told, in .bss */
    unused_told: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens policy-new.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<PolicyNew> {
  const source = join(__dirname, "policy-new.bpf.o");
  return openObject<PolicyNew>(source, options);
}
