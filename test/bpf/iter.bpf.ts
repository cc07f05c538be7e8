// Written by node-libbpf gen from iter.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in iter.bpf.o. */
export interface Iter {
  programs: {
    /** SEC("iter/task") int again(struct bpf_iter__task *ctx) */
    again: "iter";
    /** SEC("iter.s/bpf_map") int list_maps_sleepable(struct bpf_iter__bpf_map *ctx) */
    list_maps_sleepable: "iter";
    /** SEC("iter/task") int list_tasks(struct bpf_iter__task *ctx) */
    list_tasks: "iter";
    /** SEC("iter.s/task") int list_tasks_sleepable(struct bpf_iter__task *ctx) */
    list_tasks_sleepable: "iter";
  };
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** const char print_task.___fmt[7], in .rodata */
    readonly "print_task.___fmt": string;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens iter.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Iter> {
  const source = join(__dirname, "iter.bpf.o");
  return openObject<Iter>(source, options);
}
