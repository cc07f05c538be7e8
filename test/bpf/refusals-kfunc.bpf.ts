// Written by node-libbpf gen from refusals-kfunc.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in refusals-kfunc.bpf.o. */
export interface RefusalsKfunc {
  programs: {
    /** SEC("lsm.s/bprm_committed_creds") int missing_kfunc(unsigned long long *ctx) */
    missing_kfunc: "lsm";
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

/** Opens refusals-kfunc.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<RefusalsKfunc> {
  const source = join(__dirname, "refusals-kfunc.bpf.o");
  return openObject<RefusalsKfunc>(source, options);
}
