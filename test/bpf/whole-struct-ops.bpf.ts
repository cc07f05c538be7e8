// Written by node-libbpf gen from whole-struct-ops.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject, type StructOpsMap } from "node-libbpf";

/** What is in whole-struct-ops.bpf.o. */
export interface WholeStructOps {
  programs: {
    /** SEC("struct_ops.s/test_1") int dummy_never__test_1(unsigned long long *ctx) */
    dummy_never__test_1: "struct_ops";
    /** SEC("struct_ops/test_1") int dummy_plain__test_1(unsigned long long *ctx) */
    dummy_plain__test_1: "struct_ops";
    /** SEC("struct_ops.s/test_sleepable") int dummy_sleepable__test_sleepable(unsigned long long *ctx) */
    dummy_sleepable__test_sleepable: "struct_ops";
    /** SEC("struct_ops/run") int none__run(unsigned long long *ctx) */
    none__run: "struct_ops";
    /** SEC("struct_ops.s/running") int scx_never__running(unsigned long long *ctx) */
    scx_never__running: "struct_ops";
    /** SEC("struct_ops/enqueue") int scx_plain__enqueue(unsigned long long *ctx) */
    scx_plain__enqueue: "struct_ops";
    /** SEC("struct_ops.s/init") int scx_sleepable__init(unsigned long long *ctx) */
    scx_sleepable__init: "struct_ops";
    /** SEC("struct_ops/ssthresh") int tcp_plain__ssthresh(unsigned long long *ctx) */
    tcp_plain__ssthresh: "struct_ops";
    /** SEC("struct_ops.s/release") int tcp_sleepable__release(unsigned long long *ctx) */
    tcp_sleepable__release: "struct_ops";
    /** SEC("struct_ops/init") int tcp_void__init(unsigned long long *ctx) */
    tcp_void__init: "struct_ops";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    dummy_never: StructOpsMap<Uint8Array>;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    dummy_plain: StructOpsMap<Uint8Array>;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    dummy_sleepable: StructOpsMap<Uint8Array>;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    none: StructOpsMap<Uint8Array>;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    scx_never: StructOpsMap<Uint8Array>;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    scx_plain: StructOpsMap<Uint8Array>;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    scx_sleepable: StructOpsMap<Uint8Array>;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    tcp_plain: StructOpsMap<Uint8Array>;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    tcp_sleepable: StructOpsMap<Uint8Array>;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    tcp_void: StructOpsMap<Uint8Array>;
  };
  variables: {
    /** __u64 runtime, in .bss */
    runtime: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens whole-struct-ops.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<WholeStructOps> {
  const source = join(__dirname, "whole-struct-ops.bpf.o");
  return openObject<WholeStructOps>(source, options);
}
