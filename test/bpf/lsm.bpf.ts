// Written by node-libbpf gen from lsm.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in lsm.bpf.o. */
export interface Lsm {
  programs: {
    /** SEC("lsm.s/bprm_check_security") int deny_exec(unsigned long long *ctx) */
    deny_exec: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int on_exec(unsigned long long *ctx) */
    on_exec: "lsm";
    /** SEC("lsm.s/file_open") int on_open(unsigned long long *ctx) */
    on_open: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** __u64 copied, in .bss */
    copied: bigint;
    /** __u64 execs, in .bss */
    execs: bigint;
    /** __u8 first_argument[64], in .bss */
    first_argument: Uint8Array;
    /** __u64 opens, in .bss */
    opens: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens lsm.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Lsm> {
  const source = join(__dirname, "lsm.bpf.o");
  return openObject<Lsm>(source, options);
}
