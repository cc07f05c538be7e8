// Written by node-libbpf gen from running.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type BpfMap,
  type HashMap,
  type KernelMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
} from "node-libbpf";

/** What is in running.bpf.o. */
export interface Running {
  programs: {
    /** SEC("cgroup_skb/egress") int of_cgroup(struct __sk_buff *skb) */
    of_cgroup: "cgroup_skb";
    /** SEC("fentry/__x64_sys_getpriority") int of_fentry_with_a_long_name(void *context) */
    of_fentry_with_a_long_name: "fentry";
    /** SEC("iter/task") int of_iter(void *context) */
    of_iter: "iter";
    /** SEC("kprobe/__x64_sys_getpriority") int of_kprobe(void *context) */
    of_kprobe: "kprobe";
    /** SEC("kprobe.multi/__x64_sys_getpriority") int of_kprobe_multi(void *context) */
    of_kprobe_multi: "kprobe.multi";
    /** SEC("iter/bpf_map_elem") int of_map_iter(void *context) */
    of_map_iter: "iter";
    /** SEC("netfilter") int of_netfilter(void *context) */
    of_netfilter: "netfilter";
    /** SEC("cgroup_skb/egress") int of_other_cgroup(struct __sk_buff *skb) */
    of_other_cgroup: "cgroup_skb";
    /** SEC("tcx/ingress") int of_other_tcx(struct __sk_buff *skb) */
    of_other_tcx: "tcx";
    /** SEC("perf_event") int of_perf_event(void *context) */
    of_perf_event: "perf_event";
    /** SEC("raw_tp/task_newtask") int of_raw_tp(void *context) */
    of_raw_tp: "raw_tp";
    /** SEC("sk_lookup") int of_sk_lookup(struct bpf_sk_lookup *context) */
    of_sk_lookup: "sk_lookup";
    /** SEC("sk_msg") int of_sk_msg(struct sk_msg_md *message) */
    of_sk_msg: "sk_msg";
    /** SEC("socket") int of_socket(struct __sk_buff *skb) */
    of_socket: "socket";
    /** SEC("tcx/ingress") int of_tcx(struct __sk_buff *skb) */
    of_tcx: "tcx";
    /** SEC("tp/task/task_newtask") int of_tracepoint(void *context) */
    of_tracepoint: "tracepoint";
    /** SEC("uprobe.multi") int of_uprobe_multi(void *context) */
    of_uprobe_multi: "uprobe.multi";
    /** SEC("uretprobe") int of_uretprobe(void *context) */
    of_uretprobe: "uretprobe";
    /** SEC("xdp") int of_xdp(struct xdp_md *context) */
    of_xdp: "xdp";
  };
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_HASH, max_entries 4, key __u32, value __u64 */
    counts: HashMap<number, bigint>;
    /** BPF_MAP_TYPE_SOCKMAP, max_entries 1, key __u32, value __u32 */
    sockets: KernelMap<number, number>;
  };
  variables: {
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens running.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Running> {
  const source = join(__dirname, "running.bpf.o");
  return openObject<Running>(source, options);
}
