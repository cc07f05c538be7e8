// Written by node-libbpf gen from ring.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type BpfMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type RingBuffer,
} from "node-libbpf";

/** struct record16: 16 bytes */
export interface record16 {
  /** __u32 a */
  a: number;
  /** __u32 b */
  b: number;
  /** __u64 seq */
  seq: number;
}

/** struct record256: 256 bytes */
export interface record256 {
  /** __u32 a */
  a: number;
  /** __u32 b */
  b: number;
  /** __u32 c */
  c: number;
  /** __u32 d */
  d: number;
  /** __u64 seq */
  seq: number;
}

/** struct record64: 64 bytes */
export interface record64 {
  /** __u32 a */
  a: number;
  /** __u32 b */
  b: number;
  /** __u32 c */
  c: number;
  /** __u32 d */
  d: number;
  /** __u64 seq */
  seq: number;
}

/** struct ringbuf_counts: 64 bytes */
export interface ringbuf_counts {
  /** __u64 attempts */
  attempts: number;
  /** __u64 failures */
  failures: number;
  /** __u64 discards */
  discards: number;
  /** __u64 bytes */
  bytes: number;
}

/** struct run: 40 bytes */
export interface run {
  /** __u64 seq */
  seq: number;
  /** __u64 count */
  count: number;
  /** __u64 until_full */
  until_full: number;
  /** __u64 written */
  written: number;
  /** __u64 dropped */
  dropped: number;
}

/** What is in ring.bpf.o. */
export interface Ring {
  programs: {
    /** SEC("syscall") int produce16(struct run *context) */
    produce16: "syscall";
    /** SEC("syscall") int produce256(struct run *context) */
    produce256: "syscall";
    /** SEC("syscall") int produce64(struct run *context) */
    produce64: "syscall";
    /** SEC("syscall") int produce_counted16(struct run *context) */
    produce_counted16: "syscall";
    /** SEC("syscall") int tick(void *context) */
    tick: "syscall";
  };
  contexts: {
    /** What produce16 takes a pointer to */
    produce16: run;
    /** What produce256 takes a pointer to */
    produce256: run;
    /** What produce64 takes a pointer to */
    produce64: run;
    /** What produce_counted16 takes a pointer to */
    produce_counted16: run;
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 4096 */
    counted16: RingBuffer<Uint8Array>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 65, key __u32, value struct ringbuf_counts */
    counted16_counts: ArrayMap<ringbuf_counts>;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 4096 */
    ring16: RingBuffer<Uint8Array>;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 4096 */
    ring256: RingBuffer<Uint8Array>;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 4096 */
    ring64: RingBuffer<Uint8Array>;
  };
  variables: {
    /** const struct record16 *unused_record16, in .bss */
    unused_record16: bigint;
    /** const struct record256 *unused_record256, in .bss */
    unused_record256: bigint;
    /** const struct record64 *unused_record64, in .bss */
    unused_record64: bigint;
  };
}

/** Opens ring.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Ring> {
  const source = join(__dirname, "ring.bpf.o");
  return openObject<Ring>(source, { u64: "number", ...options });
}
