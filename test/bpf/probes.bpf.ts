// Written by node-libbpf gen from probes.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in probes.bpf.o. */
export interface Probes {
  programs: {
    /** SEC("kprobe/__x64_sys_getpriority") int on_kprobe(void *ctx) */
    on_kprobe: "kprobe";
    /** SEC("kretprobe/__x64_sys_getpriority") int on_kretprobe(void *ctx) */
    on_kretprobe: "kretprobe";
    /** SEC("raw_tp/sys_exit") int on_raw_tp(void *ctx) */
    on_raw_tp: "raw_tp";
    /** SEC("raw_tp/sys_exit:second") int on_raw_tp_elsewhere(void *ctx) */
    on_raw_tp_elsewhere: "raw_tp";
    /** SEC("raw_tp.s/sys_exit") int on_raw_tp_sleepable(void *ctx) */
    on_raw_tp_sleepable: "raw_tp";
    /** SEC("tp_btf/sys_exit") int on_tp_btf(void *ctx) */
    on_tp_btf: "tp_btf";
    /** SEC("tp_btf.s/sys_exit") int on_tp_btf_sleepable(void *ctx) */
    on_tp_btf_sleepable: "tp_btf";
    /** SEC("tracepoint/syscalls/sys_enter_getpriority") int on_tracepoint(void *ctx) */
    on_tracepoint: "tracepoint";
    /** SEC("tp.s/syscalls/sys_enter_getpriority") int on_tracepoint_sleepable(void *ctx) */
    on_tracepoint_sleepable: "tracepoint";
    /** SEC("uprobe") int on_uprobe(void *ctx) */
    on_uprobe: "uprobe";
    /** SEC("uprobe") int on_uprobe_cookie(void *ctx) */
    on_uprobe_cookie: "uprobe";
    /** SEC("uprobe//bin/true:main+0x10000000") int on_uprobe_elsewhere(void *ctx) */
    on_uprobe_elsewhere: "uprobe";
    /** SEC("uprobe.s") int on_uprobe_sleepable(struct pt_regs *ctx) */
    on_uprobe_sleepable: "uprobe";
    /** SEC("uretprobe") int on_uretprobe(void *ctx) */
    on_uretprobe: "uretprobe";
    /** SEC("uretprobe.s") int on_uretprobe_sleepable(void *ctx) */
    on_uretprobe_sleepable: "uretprobe";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** __u64 cookie, in .bss */
    cookie: bigint;
    /** char copied[16], in .bss */
    copied: string;
    /** __u64 kprobes, in .bss */
    kprobes: bigint;
    /** __u64 kretprobes, in .bss */
    kretprobes: bigint;
    /** __u64 raw_tps, in .bss */
    raw_tps: bigint;
    /** __u64 tp_btfs, in .bss */
    tp_btfs: bigint;
    /** __u64 tracepoints, in .bss */
    tracepoints: bigint;
    /** __u64 uprobes, in .bss */
    uprobes: bigint;
    /** __u64 uretprobes, in .bss */
    uretprobes: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens probes.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Probes> {
  const source = join(__dirname, "probes.bpf.o");
  return openObject<Probes>(source, options);
}
