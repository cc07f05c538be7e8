// Written by node-libbpf gen from path-guard.bpf.o. Do not edit.
import { join } from "node:path";
import { type HashMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in path-guard.bpf.o. */
export interface PathGuard {
  programs: {
    /** SEC("lsm.s/bprm_check_security") int check_exec(unsigned long long *ctx) */
    check_exec: "lsm";
  };
  maps: {
    /** BPF_MAP_TYPE_HASH, max_entries 1024, key char[256], value __u64 */
    denied: HashMap<string, bigint>;
  };
  variables: Record<never, never>;
}

/** Opens path-guard.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<PathGuard> {
  const source = join(__dirname, "path-guard.bpf.o");
  return openObject<PathGuard>(source, options);
}
