// Written by node-libbpf gen from refusals-struct-ops.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject, type StructOpsMap } from "node-libbpf";

/** What is in refusals-struct-ops.bpf.o. */
export interface RefusalsStructOps {
  programs: {
    /** SEC("struct_ops/test_1") int struct_ops_member(unsigned long long *ctx) */
    struct_ops_member: "struct_ops";
  };
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    dummy: StructOpsMap<Uint8Array>;
  };
  variables: {
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens refusals-struct-ops.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<RefusalsStructOps> {
  const source = join(__dirname, "refusals-struct-ops.bpf.o");
  return openObject<RefusalsStructOps>(source, options);
}
