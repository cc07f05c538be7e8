// Written by node-libbpf gen from whole-prototype.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in whole-prototype.bpf.o. */
export interface WholePrototype {
  programs: {
    /** SEC("lsm/bprm_committed_creds") int calls_changed(void *ctx) */
    calls_changed: "lsm";
    /** SEC("lsm/bprm_committed_creds") int calls_changed_guarded(void *ctx) */
    calls_changed_guarded: "lsm";
    /** SEC("lsm/bprm_committed_creds") int calls_changed_or_sleeps(void *ctx) */
    calls_changed_or_sleeps: "lsm";
    /** SEC("lsm/bprm_committed_creds") int calls_other(void *ctx) */
    calls_other: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** char buffer[8], in .bss */
    buffer: string;
    /** __u64 runtime, in .bss */
    runtime: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens whole-prototype.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<WholePrototype> {
  const source = join(__dirname, "whole-prototype.bpf.o");
  return openObject<WholePrototype>(source, options);
}
