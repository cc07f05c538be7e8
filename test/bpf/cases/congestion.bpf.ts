// Written by node-libbpf gen from congestion.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject, type StructOpsMap } from "node-libbpf";

/** What is in congestion.bpf.o. */
export interface Congestion {
  programs: {
    /** SEC("struct_ops/avoid") void avoid(unsigned long long *ctx) */
    avoid: "struct_ops";
    /** SEC("struct_ops/ssthresh") __u32 ssthresh(unsigned long long *ctx) */
    ssthresh: "struct_ops";
    /** SEC("struct_ops/undo") __u32 undo(unsigned long long *ctx) */
    undo: "struct_ops";
  };
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    linked: StructOpsMap<Uint8Array>;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    plain: StructOpsMap<Uint8Array>;
  };
  variables: {
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens congestion.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Congestion> {
  const source = join(__dirname, "congestion.bpf.o");
  return openObject<Congestion>(source, options);
}
