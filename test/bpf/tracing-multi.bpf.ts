// Written by node-libbpf gen from tracing-multi.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in tracing-multi.bpf.o. */
export interface TracingMulti {
  programs: {
    /** SEC("fentry.multi") int on_entries(void *context) */
    on_entries: "fentry.multi";
    /** SEC("fexit.multi.s/__x64_sys_getpriority") int on_exits(void *context) */
    on_exits: "fexit.multi";
    /** SEC("fsession.multi") int on_session(void *context) */
    on_session: "fsession.multi";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** __u64 cookie, in .bss */
    cookie: bigint;
    /** __u64 hits, in .bss */
    hits: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens tracing-multi.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<TracingMulti> {
  const source = join(__dirname, "tracing-multi.bpf.o");
  return openObject<TracingMulti>(source, options);
}
