// Written by node-libbpf gen from mistakes.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject, type PerfBuffer } from "node-libbpf";

/** What is in mistakes.bpf.o. */
export interface Mistakes {
  programs: {
    /** SEC("lsm/bprm_check_security") int on_check(unsigned long long *ctx) */
    on_check: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int on_exec(unsigned long long *ctx) */
    on_exec: "lsm";
    /** SEC("iter.s/bpf_map") int on_map(void *ctx) */
    on_map: "iter";
    /** SEC("lsm.s/file_permission") int on_permission(unsigned long long *ctx) */
    on_permission: "lsm";
    /** SEC("lsm.s/file_opne") int on_typo(unsigned long long *ctx) */
    on_typo: "lsm";
  };
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_PERF_EVENT_ARRAY, max_entries 0 */
    events: PerfBuffer<Uint8Array>;
  };
  variables: {
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens mistakes.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Mistakes> {
  const source = join(__dirname, "mistakes.bpf.o");
  return openObject<Mistakes>(source, options);
}
