// Written by node-libbpf gen from whole-rings.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type BpfMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type UserRingBuffer,
} from "node-libbpf";

/** struct scheduled: 8 bytes */
export type scheduled = Record<string, never>;

/** What is in whole-rings.bpf.o. */
export interface WholeRings {
  programs: {
    /** SEC("lsm.s/bprm_committed_creds") int records__quiet(void *ctx) */
    records__quiet: "lsm";
    /** SEC("lsm/bprm_committed_creds") int records__quiet_plain(void *ctx) */
    records__quiet_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int records__sleep(void *ctx) */
    records__sleep: "lsm";
    /** SEC("lsm/bprm_committed_creds") int records__sleep_plain(void *ctx) */
    records__sleep_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int scheduled__quiet(void *ctx) */
    scheduled__quiet: "lsm";
    /** SEC("lsm/bprm_committed_creds") int scheduled__quiet_plain(void *ctx) */
    scheduled__quiet_plain: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int scheduled__sleep(void *ctx) */
    scheduled__sleep: "lsm";
    /** SEC("lsm/bprm_committed_creds") int scheduled__sleep_plain(void *ctx) */
    scheduled__sleep_plain: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_USER_RINGBUF, max_entries 4096 */
    records: UserRingBuffer<Uint8Array>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct scheduled */
    scheduled: ArrayMap<scheduled>;
  };
  variables: {
    /** char buffer[8], in .bss */
    buffer: string;
    /** __u64 runtime, in .bss */
    runtime: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
    /** __u32 zero, in .bss */
    zero: number;
  };
}

/** Opens whole-rings.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<WholeRings> {
  const source = join(__dirname, "whole-rings.bpf.o");
  return openObject<WholeRings>(source, options);
}
