// Written by node-libbpf gen from refusals-verdicts.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type BpfMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type RingBuffer,
} from "node-libbpf";

/** struct locked: 4 bytes */
export type locked = Record<string, never>;

/** struct numbers: 16 bytes */
export interface numbers {
  /** __u32 numbers[4] */
  numbers: number[];
}

/** What is in refusals-verdicts.bpf.o. */
export interface RefusalsVerdicts {
  programs: {
    /** SEC("lsm/file_open") int plain_verdict_argument(unsigned long long *ctx) */
    plain_verdict_argument: "lsm";
    /** SEC("xdp") int plain_verdict_callee(void *ctx) */
    plain_verdict_callee: "xdp";
    /** SEC("xdp") int plain_verdict_lock(void *ctx) */
    plain_verdict_lock: "xdp";
    /** SEC("raw_tp/sys_enter") int plain_verdict_loop(void *ctx) */
    plain_verdict_loop: "raw_tp";
    /** SEC("xdp") int plain_verdict_packet(struct xdp_md *ctx) */
    plain_verdict_packet: "xdp";
    /** SEC("raw_tp/sys_enter") int plain_verdict_range(void *ctx) */
    plain_verdict_range: "raw_tp";
    /** SEC("raw_tp/sys_enter") int plain_verdict_reference(void *ctx) */
    plain_verdict_reference: "raw_tp";
    /** SEC("fentry/vfs_read") int plain_verdict_result(unsigned long long *ctx) */
    plain_verdict_result: "fentry";
  };
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 4096 */
    events: RingBuffer<Uint8Array>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value struct locked */
    locks: ArrayMap<locked>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key int, value struct numbers */
    values: ArrayMap<numbers>;
  };
  variables: {
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens refusals-verdicts.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<RefusalsVerdicts> {
  const source = join(__dirname, "refusals-verdicts.bpf.o");
  return openObject<RefusalsVerdicts>(source, options);
}
