// Written by node-libbpf gen from cycle.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject, type RingBuffer } from "node-libbpf";

/** What is in cycle.bpf.o. */
export interface Cycle {
  programs: {
    /** SEC("raw_tp/task_newtask") int on_task(void *ctx) */
    on_task: "raw_tp";
  };
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 4096 */
    events: RingBuffer<Uint8Array>;
  };
  variables: {
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens cycle.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Cycle> {
  const source = join(__dirname, "cycle.bpf.o");
  return openObject<Cycle>(source, options);
}
