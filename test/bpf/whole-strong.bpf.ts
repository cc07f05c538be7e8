// Written by node-libbpf gen from whole-strong.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in whole-strong.bpf.o. */
export interface WholeStrong {
  programs: {
    /** SEC("lsm/bprm_committed_creds") int calls_none(void *ctx) */
    calls_none: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int calls_none_sleepable(void *ctx) */
    calls_none_sleepable: "lsm";
    /** SEC("xdp") int calls_none_xdp(void *ctx) */
    calls_none_xdp: "xdp";
    /** SEC("lsm/bprm_committed_creds") int calls_strong(void *ctx) */
    calls_strong: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** __u64 runtime, in .bss */
    runtime: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens whole-strong.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<WholeStrong> {
  const source = join(__dirname, "whole-strong.bpf.o");
  return openObject<WholeStrong>(source, options);
}
