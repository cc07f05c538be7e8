// Written by node-libbpf gen from exec-guard.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type HashMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in exec-guard.bpf.o. */
export interface ExecGuard {
  programs: {
    /** SEC("lsm.s/bprm_check_security") int check_exec(unsigned long long *ctx) */
    check_exec: "lsm";
    /** SEC("lsm/bprm_check_security") int count_exec(unsigned long long *ctx) */
    count_exec: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_HASH, max_entries 1024, key char[256], value __u64 */
    denied: HashMap<string, bigint>;
    /** BPF_MAP_TYPE_HASH, max_entries 4096, key __u32, value char[256] */
    paths: HashMap<number, string>;
  };
  variables: {
    /** __u64 checked, in .bss */
    checked: bigint;
    /** const char empty[256], in .rodata */
    readonly empty: string;
    /** __u64 unchecked, in .bss */
    unchecked: bigint;
  };
}

/** Opens exec-guard.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<ExecGuard> {
  const source = join(__dirname, "exec-guard.bpf.o");
  return openObject<ExecGuard>(source, options);
}
