// Written by node-libbpf gen from causes.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type HashMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in causes.bpf.o. */
export interface Causes {
  programs: {
    /** SEC("uprobe/nowhere.so:getaddrinfo") int misspelt_path(void *ctx) */
    misspelt_path: "uprobe";
    /** SEC("uprobe/libc.so.6:getadrrinfo") int misspelt_symbol(void *ctx) */
    misspelt_symbol: "uprobe";
    /** SEC("raw_tp/sys_enter") int odd$program(void *ctx) */
    odd$program: "raw_tp";
    /** SEC("socket") int plain(void *ctx) */
    plain: "socket";
    /** SEC("freplace/function") int replacement(void *ctx) */
    replacement: "freplace";
    /** SEC("struct_ops/unused") int unused(unsigned long long *ctx) */
    unused: "struct_ops";
  };
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_HASH, max_entries 1, key int, value int */
    odd$name: HashMap<number, number>;
    /** BPF_MAP_TYPE_TYPE 999, max_entries 1, key int, value int */
    odd_type: BpfMap;
    /** BPF_MAP_TYPE_HASH, max_entries 1, key int, value int */
    sound: HashMap<number, number>;
  };
  variables: {
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens causes.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Causes> {
  const source = join(__dirname, "causes.bpf.o");
  return openObject<Causes>(source, options);
}
