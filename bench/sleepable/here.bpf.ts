// Written by node-libbpf gen from here.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in here.bpf.o. */
export interface Here {
  programs: {
    /** SEC("iter/ksym") int iter_ksym(void *ctx) */
    iter_ksym: "iter";
    /** SEC("iter/task") int iter_task(void *ctx) */
    iter_task: "iter";
    /** SEC("uprobe") int uprobe(void *ctx) */
    uprobe: "uprobe";
    /** SEC("uprobe.s") int uprobe_copy(struct pt_regs *ctx) */
    uprobe_copy: "uprobe";
    /** SEC("uprobe") int uprobe_read(struct pt_regs *ctx) */
    uprobe_read: "uprobe";
    /** SEC("uretprobe") int uretprobe(void *ctx) */
    uretprobe: "uretprobe";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
  };
  variables: {
    /** __u64 elements, in .bss */
    elements: number;
    /** __u64 failed, in .bss */
    failed: number;
    /** __u64 page, in .bss */
    page: number;
    /** __u64 right, in .bss */
    right: number;
    /** __u64 wrong, in .bss */
    wrong: number;
  };
}

/** Opens here.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Here> {
  const source = join(__dirname, "here.bpf.o");
  return openObject<Here>(source, { u64: "number", ...options });
}
