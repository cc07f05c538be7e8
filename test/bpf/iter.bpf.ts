// Written by node-libbpf gen from iter.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** struct task_record: 24 bytes */
export interface task_record {
  /** int tgid */
  tgid: number;
  /** int pid */
  pid: number;
  /** char comm[16] */
  comm: string;
}

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
    /** SEC("iter/task") int record_tasks(struct bpf_iter__task *ctx) */
    record_tasks: "iter";
    /** SEC("iter/task") int tear_records(struct bpf_iter__task *ctx) */
    tear_records: "iter";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** const char print_task.___fmt[7], in .rodata */
    readonly "print_task.___fmt": string;
    /** const struct task_record *unused_task_record, in .bss */
    unused_task_record: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens iter.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Iter> {
  const source = join(__dirname, "iter.bpf.o");
  return openObject<Iter>(source, options);
}
