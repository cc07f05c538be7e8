// Written by node-libbpf gen from gen-and-typecheck.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type BpfMap,
  type HashMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type RingBuffer,
} from "node-libbpf";

/** struct event: 20 bytes */
export interface event {
  /** __u32 pid */
  pid: number;
  /** char comm[16] */
  comm: string;
}

/** What is in gen-and-typecheck.bpf.o. */
export interface GenAndTypecheck {
  programs: {
    /** SEC("uprobe") int on_call(void *ctx) */
    on_call: "uprobe";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_HASH, max_entries 64, key __u32, value __u64 */
    calls: HashMap<number, bigint>;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 4096, event struct event */
    events: RingBuffer<event>;
  };
  variables: {
    /** const struct event *unused_event, in .bss */
    unused_event: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens gen-and-typecheck.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<GenAndTypecheck> {
  const source = join(__dirname, "gen-and-typecheck.bpf.o");
  return openObject<GenAndTypecheck>(source, options);
}
