// Written by node-libbpf gen from session.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type BpfMap,
  type HashMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type PerfBuffer,
  type RingBuffer,
} from "node-libbpf";

/** struct umask_call: 32 bytes */
export interface umask_call {
  /** __u64 number */
  number: bigint;
  /** __u32 mask */
  mask: number;
  /** char comm[16] */
  comm: string;
}

/** What is in session.bpf.o. */
export interface Session {
  programs: {
    /** SEC("uprobe") int elsewhere(void *ctx) */
    elsewhere: "uprobe";
    /** SEC("tp/syscalls/sys_enter_umask") int on_umask(struct sys_enter *ctx) */
    on_umask: "tracepoint";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 65536, event struct umask_call */
    calls: RingBuffer<umask_call>;
    /** BPF_MAP_TYPE_HASH, max_entries 8, key __u32, value __u64 */
    masks: HashMap<number, bigint>;
    /** BPF_MAP_TYPE_PERF_EVENT_ARRAY, max_entries 0 */
    numbers: PerfBuffer<Uint8Array>;
  };
  variables: {
    /** const volatile char label[8], in .rodata */
    readonly label: string;
    /** __u64 seen, in .bss */
    seen: bigint;
    /** const struct umask_call *unused_umask_call, in .bss */
    unused_umask_call: bigint;
    /** const volatile __u32 wanted, in .rodata */
    readonly wanted: number;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens session.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Session> {
  const source = join(__dirname, "session.bpf.o");
  return openObject<Session>(source, options);
}
