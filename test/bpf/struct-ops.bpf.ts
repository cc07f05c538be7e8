// Written by node-libbpf gen from struct-ops.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject, type StructOpsMap } from "node-libbpf";

/** What is in struct-ops.bpf.o. */
export interface StructOps {
  programs: {
    /** SEC("struct_ops/test_1") int in_both(unsigned long long *ctx) */
    in_both: "struct_ops";
    /** SEC("struct_ops/test_2") int in_one(unsigned long long *ctx) */
    in_one: "struct_ops";
  };
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    one: StructOpsMap<Uint8Array>;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    other: StructOpsMap<Uint8Array>;
  };
  variables: {
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens struct-ops.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<StructOps> {
  const source = join(__dirname, "struct-ops.bpf.o");
  return openObject<StructOps>(source, options);
}
