// Written by node-libbpf gen from guard.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type BpfMap,
  type HashMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type RingBuffer,
} from "node-libbpf";

/** struct attempt: 260 bytes */
export interface attempt {
  /** __u32 uid */
  uid: number;
  /** char path[256] */
  path: string;
}

/** What is in guard.bpf.o. */
export interface Guard {
  programs: {
    /** SEC("lsm.s/bprm_check_security") int on_exec(unsigned long long *ctx) */
    on_exec: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 65536, event struct attempt */
    attempts: RingBuffer<attempt>;
    /** BPF_MAP_TYPE_HASH, max_entries 1024, key __u32, value __u64 */
    denied: HashMap<number, bigint>;
  };
  variables: {
    /** __u64 lost, in .bss */
    lost: bigint;
    /** const struct attempt *unused, in .bss */
    unused: bigint;
  };
}

/** Opens guard.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Guard> {
  const source = join(__dirname, "guard.bpf.o");
  return openObject<Guard>(source, options);
}
