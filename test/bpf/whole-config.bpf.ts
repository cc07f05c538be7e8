// Written by node-libbpf gen from whole-config.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in whole-config.bpf.o. */
export interface WholeConfig {
  programs: {
    /** SEC("lsm/bprm_committed_creds") int asks(void *ctx) */
    asks: "lsm";
    /** SEC("lsm/bprm_committed_creds") int asks_not(void *ctx) */
    asks_not: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .kconfig */
    ".kconfig": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** _Bool CONFIG_BPF_SYSCALL, in .kconfig */
    readonly CONFIG_BPF_SYSCALL: boolean;
    /** __u64 runtime, in .bss */
    runtime: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens whole-config.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<WholeConfig> {
  const source = join(__dirname, "whole-config.bpf.o");
  return openObject<WholeConfig>(source, options);
}
