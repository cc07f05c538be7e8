// Written by node-libbpf gen from kinds-struct-ops.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject, type StructOpsMap } from "node-libbpf";

/** What is in kinds-struct-ops.bpf.o. */
export interface KindsStructOps {
  programs: {
    /** SEC("struct_ops") void cong_avoid(unsigned long long *ctx) */
    cong_avoid: "struct_ops";
    /** SEC("struct_ops") void init_one(unsigned long long *ctx) */
    init_one: "struct_ops";
    /** SEC("struct_ops") void init_other(unsigned long long *ctx) */
    init_other: "struct_ops";
    /** SEC("struct_ops") __u32 ssthresh(unsigned long long *ctx) */
    ssthresh: "struct_ops";
    /** SEC("struct_ops") __u32 undo_cwnd(unsigned long long *ctx) */
    undo_cwnd: "struct_ops";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    control: StructOpsMap<Uint8Array>;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    control_link: StructOpsMap<Uint8Array>;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    control_other: StructOpsMap<Uint8Array>;
  };
  variables: {
    /** __u64 others, in .bss */
    others: bigint;
    /** __u64 runs, in .bss */
    runs: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens kinds-struct-ops.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<KindsStructOps> {
  const source = join(__dirname, "kinds-struct-ops.bpf.o");
  return openObject<KindsStructOps>(source, options);
}
