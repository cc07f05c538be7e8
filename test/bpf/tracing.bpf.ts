// Written by node-libbpf gen from tracing.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in tracing.bpf.o. */
export interface Tracing {
  programs: {
    /** SEC("fentry.s/__x64_sys_getpriority") int on_entry(unsigned long long *ctx) */
    on_entry: "fentry";
    /** SEC("fexit.s/__x64_sys_getpriority") int on_exit(unsigned long long *ctx) */
    on_exit: "fexit";
    /** SEC("fmod_ret.s/__x64_sys_getpriority") int on_modify(unsigned long long *ctx) */
    on_modify: "fmod_ret";
    /** SEC("fentry/__x64_sys_getpriority") int plain_entry(unsigned long long *ctx) */
    plain_entry: "fentry";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** __u64 entered, in .bss */
    entered: bigint;
    /** int last_result, in .bss */
    last_result: number;
    /** __u64 left, in .bss */
    left: bigint;
    /** __u64 modified, in .bss */
    modified: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens tracing.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Tracing> {
  const source = join(__dirname, "tracing.bpf.o");
  return openObject<Tracing>(source, options);
}
