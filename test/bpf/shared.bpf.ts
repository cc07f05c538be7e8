// Written by node-libbpf gen from shared.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type HashMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in shared.bpf.o. */
export interface Shared {
  programs: {
    /** SEC("xdp") int also(struct xdp_md *ctx) */
    also: "xdp";
    /** SEC("xdp") int count(struct xdp_md *ctx) */
    count: "xdp";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_HASH, max_entries 8, key __u32, value __u64 */
    counts: HashMap<number, bigint>;
  };
  variables: {
    /** __u32 runs, in .bss */
    runs: number;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens shared.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Shared> {
  const source = join(__dirname, "shared.bpf.o");
  return openObject<Shared>(source, options);
}
