// Written by node-libbpf gen from huge-map.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type HashMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in huge-map.bpf.o. */
export interface HugeMap {
  programs: Record<never, never>;
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_HASH, max_entries 4294967295, key __u64, value char[4096] */
    huge: HashMap<bigint, string>;
  };
  variables: {
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens huge-map.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<HugeMap> {
  const source = join(__dirname, "huge-map.bpf.o");
  return openObject<HugeMap>(source, options);
}
