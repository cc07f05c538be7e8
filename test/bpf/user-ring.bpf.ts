// Written by node-libbpf gen from user-ring.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject, type UserRingBuffer } from "node-libbpf";

/** struct request: 12 bytes */
export interface request {
  /** __u64 number */
  number: bigint;
  /** __u32 value */
  value: number;
}

/** What is in user-ring.bpf.o. */
export interface UserRing {
  programs: {
    /** SEC("syscall") int drain(void *ctx) */
    drain: "syscall";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_USER_RINGBUF, max_entries 4096, event struct request */
    requests: UserRingBuffer<request>;
  };
  variables: {
    /** __u64 last, in .bss */
    last: bigint;
    /** __u64 sum, in .bss */
    sum: bigint;
    /** __u64 taken, in .bss */
    taken: bigint;
    /** const struct request *unused_request, in .bss */
    unused_request: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens user-ring.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<UserRing> {
  const source = join(__dirname, "user-ring.bpf.o");
  return openObject<UserRing>(source, options);
}
