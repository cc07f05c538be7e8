// Written by node-libbpf gen from syscall.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** struct arguments: 16 bytes */
export interface arguments_ {
  /** __u64 pointer */
  pointer: bigint;
  /** __u32 length */
  length: number;
  /** __u32 sum */
  sum: number;
}

/** What is in syscall.bpf.o. */
export interface Syscall {
  programs: {
    /** SEC("tc") int add_mark(struct __sk_buff *skb) */
    add_mark: "tc";
    /** SEC("xdp") int measure(struct xdp_md *ctx) */
    measure: "xdp";
    /** SEC("raw_tp/sys_enter") int on_cpu(struct bpf_raw_tracepoint_args *ctx) */
    on_cpu: "raw_tp";
    /** SEC("syscall") int sum_bytes(struct arguments *args) */
    sum_bytes: "syscall";
    /** SEC("xdp") int swap_first(struct xdp_md *ctx) */
    swap_first: "xdp";
  };
  contexts: {
    /** What sum_bytes takes a pointer to */
    sum_bytes: arguments_;
  };
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens syscall.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Syscall> {
  const source = join(__dirname, "syscall.bpf.o");
  return openObject<Syscall>(source, options);
}
