// Written by node-libbpf gen from events.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject, type RingBuffer } from "node-libbpf";

/** struct event: 12 bytes */
export interface event {
  /** __u64 sequence */
  sequence: bigint;
  /** __u32 pid */
  pid: number;
}

/** enum fate: 4 bytes */
export const fate = {
  SUBMITTED: 0,
  CUT_SHORT: 1,
  DISCARDED: 2,
} as const;
export type fate = keyof typeof fate | number;

/** What is in events.bpf.o. */
export interface Events {
  programs: {
    /** SEC("uprobe") int on_call(void *ctx) */
    on_call: "uprobe";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 65536, event struct event */
    events: RingBuffer<event>;
  };
  variables: {
    /** __u64 dropped, in .bss */
    dropped: bigint;
    /** enum fate fate, in .bss */
    fate: fate;
    /** __u64 flags, in .bss */
    flags: bigint;
    /** __u64 sequence, in .bss */
    sequence: bigint;
    /** const struct event *unused_event, in .bss */
    unused_event: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens events.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Events> {
  const source = join(__dirname, "events.bpf.o");
  return openObject<Events>(source, options);
}
