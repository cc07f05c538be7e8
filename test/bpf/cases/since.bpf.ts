// Written by node-libbpf gen from since.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in since.bpf.o. */
export interface Since {
  programs: {
    /** SEC("lsm.s/bprm_committed_creds") int of_task(unsigned long long *ctx) */
    of_task: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int with_loop(unsigned long long *ctx) */
    with_loop: "lsm";
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

/** Opens since.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Since> {
  const source = join(__dirname, "since.bpf.o");
  return openObject<Since>(source, options);
}
