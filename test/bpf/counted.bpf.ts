// Written by node-libbpf gen from counted.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type BpfMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type RingBuffer,
} from "node-libbpf";

/** struct flood: 40 bytes */
export interface flood {
  /** __u64 producer */
  producer: bigint;
  /** __u64 count */
  count: bigint;
  /** __u64 written */
  written: bigint;
  /** __u64 failed */
  failed: bigint;
  /** __u64 discarded */
  discarded: bigint;
}

/** struct numbered: 24 bytes */
export interface numbered {
  /** __u64 sequence */
  sequence: bigint;
  /** __u64 producer */
  producer: bigint;
  /** __u64 check */
  check: bigint;
}

/** struct ringbuf_counts: 64 bytes */
export interface ringbuf_counts {
  /** __u64 attempts */
  attempts: bigint;
  /** __u64 failures */
  failures: bigint;
  /** __u64 discards */
  discards: bigint;
  /** __u64 bytes */
  bytes: bigint;
}

/** enum without a name: 4 bytes */
export const way = {
  SUBMIT: 0,
  OUTPUT: 1,
  DISCARD: 2,
  UNCOUNTED: 3,
} as const;
export type way = keyof typeof way | number;

/** What is in counted.bpf.o. */
export interface Counted {
  programs: {
    /** SEC("syscall") int flood(struct flood *context) */
    flood: "syscall";
    /** SEC("syscall") int hold(struct flood *context) */
    hold: "syscall";
    /** SEC("uprobe") int on_call(void *ctx) */
    on_call: "uprobe";
  };
  contexts: {
    /** What flood takes a pointer to */
    flood: flood;
    /** What hold takes a pointer to */
    hold: flood;
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 4096, event struct numbered */
    events: RingBuffer<numbered>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 65, key __u32, value struct ringbuf_counts */
    events_counts: ArrayMap<ringbuf_counts>;
  };
  variables: {
    /** int released, in .bss */
    released: number;
    /** __u64 sequence, in .bss */
    sequence: bigint;
    /** const struct numbered *unused_numbered, in .bss */
    unused_numbered: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
    /** enum { … } way, in .bss */
    way: way;
  };
}

/** Opens counted.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Counted> {
  const source = join(__dirname, "counted.bpf.o");
  return openObject<Counted>(source, options);
}
