// Written by node-libbpf gen from xdp-count.bpf.o. Do not edit.
import { join } from "node:path";
import { type ObjectSpec, type OpenOptions, open as openObject, type PerCpuArrayMap } from "node-libbpf";

/** struct counter: 16 bytes */
export interface counter {
  /** __u64 packets */
  packets: bigint;
  /** __u64 bytes */
  bytes: bigint;
}

/** What is in xdp-count.bpf.o. */
export interface XdpCount {
  programs: {
    /** SEC("xdp") int count_packet(struct xdp_md *ctx) */
    count_packet: "xdp";
  };
  maps: {
    /** BPF_MAP_TYPE_PERCPU_ARRAY, max_entries 256, key __u32, value struct counter */
    counters: PerCpuArrayMap<counter>;
  };
  variables: Record<never, never>;
}

/** Opens xdp-count.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<XdpCount> {
  const source = join(__dirname, "xdp-count.bpf.o");
  return openObject<XdpCount>(source, options);
}
