// Written by node-libbpf gen from flags.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in flags.bpf.o. */
export interface Flags {
  programs: {
    /** SEC("lsm/bprm_committed_creds") int lsm_plain(unsigned long long *ctx) */
    lsm_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lsm_sleepable(unsigned long long *ctx) */
    lsm_sleepable: "lsm";
    /** SEC("uprobe") int uprobe_plain(void *ctx) */
    uprobe_plain: "uprobe";
    /** SEC("uprobe.s") int uprobe_sleepable(void *ctx) */
    uprobe_sleepable: "uprobe";
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

/** Opens flags.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Flags> {
  const source = join(__dirname, "flags.bpf.o");
  return openObject<Flags>(source, options);
}
