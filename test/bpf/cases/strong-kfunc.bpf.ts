// Written by node-libbpf gen from strong-kfunc.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in strong-kfunc.bpf.o. */
export interface StrongKfunc {
  programs: {
    /** SEC("lsm.s/bprm_committed_creds") int calls_it(unsigned long long *ctx) */
    calls_it: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int does_without(unsigned long long *ctx) */
    does_without: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** char buffer[64], in .bss */
    buffer: string;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens strong-kfunc.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<StrongKfunc> {
  const source = join(__dirname, "strong-kfunc.bpf.o");
  return openObject<StrongKfunc>(source, options);
}
