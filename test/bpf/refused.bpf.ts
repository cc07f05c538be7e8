// Written by node-libbpf gen from refused.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in refused.bpf.o. */
export interface Refused {
  programs: {
    /** SEC("raw_tp/sys_enter") int long_log(__u64 *ctx) */
    long_log: "raw_tp";
    /** SEC("lsm/no_such_hook") int no_hook(unsigned long long *ctx) */
    no_hook: "lsm";
    /** SEC("lsm.s/task_free") int no_sleep(unsigned long long *ctx) */
    no_sleep: "lsm";
    /** SEC("fentry") int no_target(unsigned long long *ctx) */
    no_target: "fentry";
    /** SEC("kprobe/__x64_sys_getpriority") int plain_kprobe(void *ctx) */
    plain_kprobe: "kprobe";
    /** SEC("my/section") int unknown_section(void *ctx) */
    unknown_section: "unspec";
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

/** Opens refused.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Refused> {
  const source = join(__dirname, "refused.bpf.o");
  return openObject<Refused>(source, options);
}
