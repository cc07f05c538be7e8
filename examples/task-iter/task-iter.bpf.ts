// Written by node-libbpf gen from task-iter.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** struct process: 288 bytes */
export interface process {
  /** __u32 pid */
  pid: number;
  /** __u32 ppid */
  ppid: number;
  /** __u32 uid */
  uid: number;
  /** __u32 args_size */
  args_size: number;
  /** char comm[16] */
  comm: string;
  /** unsigned char args[256] */
  args: Uint8Array;
}

/** What is in task-iter.bpf.o. */
export interface TaskIter {
  programs: {
    /** SEC("iter.s/task") int list_processes(struct bpf_iter__task *ctx) */
    list_processes: "iter";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
  };
  variables: {
    /** const struct process *unused_process, in .bss */
    unused_process: bigint;
  };
}

/** Opens task-iter.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<TaskIter> {
  const source = join(__dirname, "task-iter.bpf.o");
  return openObject<TaskIter>(source, options);
}
