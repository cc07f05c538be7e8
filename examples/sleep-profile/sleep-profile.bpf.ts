// Written by node-libbpf gen from sleep-profile.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type HashMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** struct bucket: 24 bytes */
export interface bucket {
  /** __u64 writes */
  writes: bigint;
  /** __u64 bytes */
  bytes: bigint;
  /** __u64 nanoseconds */
  nanoseconds: bigint;
}

/** struct started: 16 bytes */
export interface started {
  /** __u64 time */
  time: bigint;
  /** __u64 bytes */
  bytes: bigint;
}

/** What is in sleep-profile.bpf.o. */
export interface SleepProfile {
  programs: {
    /** SEC("uprobe.s") int on_write(struct pt_regs *ctx) */
    on_write: "uprobe";
    /** SEC("uretprobe.s") int on_written(void *ctx) */
    on_written: "uretprobe";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** BPF_MAP_TYPE_HASH, max_entries 1024, key __u32, value struct started */
    running: HashMap<number, started>;
  };
  variables: {
    /** struct bucket buckets[33], in .bss */
    buckets: bucket[];
  };
}

/** Opens sleep-profile.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<SleepProfile> {
  const source = join(__dirname, "sleep-profile.bpf.o");
  return openObject<SleepProfile>(source, options);
}
