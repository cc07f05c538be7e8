// Written by node-libbpf gen from exec-watch.bpf.o. Do not edit.
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

/** struct caller: 20 bytes */
export interface caller {
  /** __u32 uid */
  uid: number;
  /** char comm[16] */
  comm: string;
}

/** struct exec_event: 4408 bytes */
export interface exec_event {
  /** __u32 pid */
  pid: number;
  /** __u32 ppid */
  ppid: number;
  /** __u32 uid */
  uid: number;
  /** __u32 from_uid */
  from_uid: number;
  /** __u32 argc */
  argc: number;
  /** __u32 args_size */
  args_size: number;
  /** char comm[16] */
  comm: string;
  /** char from[16] */
  from: string;
  /** char filename[256] */
  filename: string;
  /** unsigned char args[4096] */
  args: Uint8Array;
}

/** What is in exec-watch.bpf.o. */
export interface ExecWatch {
  programs: {
    /** SEC("lsm.s/bprm_check_security") int on_check(unsigned long long *ctx) */
    on_check: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int on_exec(unsigned long long *ctx) */
    on_exec: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int on_exec_queue(unsigned long long *ctx) */
    on_exec_queue: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** BPF_MAP_TYPE_HASH, max_entries 4096, key __u32, value struct caller */
    callers: HashMap<number, caller>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct exec_event */
    empty: ArrayMap<exec_event>;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 1048576, event struct exec_event */
    events: RingBuffer<exec_event>;
    /** BPF_MAP_TYPE_HASH, max_entries 256, key __u64, value struct exec_event */
    queue: HashMap<bigint, exec_event>;
  };
  variables: {
    /** __u64 dropped, in .bss */
    dropped: bigint;
  };
}

/** Opens exec-watch.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<ExecWatch> {
  const source = join(__dirname, "exec-watch.bpf.o");
  return openObject<ExecWatch>(source, options);
}
