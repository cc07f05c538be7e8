// Written by node-libbpf gen from kinds-net.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type KernelMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in kinds-net.bpf.o. */
export interface KindsNet {
  programs: {
    /** SEC("action") int action(struct __sk_buff *ctx) */
    action: "action";
    /** SEC("classifier") int classifier(struct __sk_buff *ctx) */
    classifier: "classifier";
    /** SEC("flow_dissector") int flow_dissector(struct __sk_buff *ctx) */
    flow_dissector: "flow_dissector";
    /** SEC("lirc_mode2") int lirc_mode2(void *ctx) */
    lirc_mode2: "lirc_mode2";
    /** SEC("lwt_out") int lwt_out(struct __sk_buff *ctx) */
    lwt_out: "lwt_out";
    /** SEC("netfilter") int netfilter(struct bpf_nf_ctx *ctx) */
    netfilter: "netfilter";
    /** SEC("netkit/peer") int netkit_peer(struct __sk_buff *ctx) */
    netkit_peer: "netkit";
    /** SEC("netkit/primary") int netkit_primary(struct __sk_buff *ctx) */
    netkit_primary: "netkit";
    /** SEC("cgroup/bind4") int shares_port(struct bpf_sock_addr *ctx) */
    shares_port: "cgroup";
    /** SEC("sk_lookup") int sk_lookup(struct bpf_sk_lookup *ctx) */
    sk_lookup: "sk_lookup";
    /** SEC("sk_msg") int sk_msg(struct sk_msg_md *ctx) */
    sk_msg: "sk_msg";
    /** SEC("sk_reuseport") int sk_reuseport(struct sk_reuseport_md *ctx) */
    sk_reuseport: "sk_reuseport";
    /** SEC("sk_skb/stream_verdict") int sk_skb_verdict(struct __sk_buff *ctx) */
    sk_skb_verdict: "sk_skb";
    /** SEC("socket") int socket_filter(struct __sk_buff *ctx) */
    socket_filter: "socket";
    /** SEC("tc") int tc(struct __sk_buff *ctx) */
    tc: "tc";
    /** SEC("tcx/egress") int tcx_1(struct __sk_buff *skb) */
    tcx_1: "tcx";
    /** SEC("tcx/egress") int tcx_2(struct __sk_buff *skb) */
    tcx_2: "tcx";
    /** SEC("tcx/egress") int tcx_3(struct __sk_buff *skb) */
    tcx_3: "tcx";
    /** SEC("tcx/egress") int tcx_4(struct __sk_buff *skb) */
    tcx_4: "tcx";
    /** SEC("tcx/egress") int tcx_egress(struct __sk_buff *ctx) */
    tcx_egress: "tcx";
    /** SEC("tcx/ingress") int tcx_ingress(struct __sk_buff *ctx) */
    tcx_ingress: "tcx";
    /** SEC("xdp") int xdp(struct xdp_md *ctx) */
    xdp: "xdp";
    /** SEC("xdp/devmap") int xdp_devmap(struct xdp_md *ctx) */
    xdp_devmap: "xdp";
    /** SEC("xdp.frags") int xdp_frags(struct xdp_md *ctx) */
    xdp_frags: "xdp";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_SOCKMAP, max_entries 4, key __u32, value __u32 */
    sockets: KernelMap<number, number>;
  };
  variables: {
    /** __u64 order, in .bss */
    order: bigint;
    /** __u64 runs, in .bss */
    runs: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens kinds-net.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<KindsNet> {
  const source = join(__dirname, "kinds-net.bpf.o");
  return openObject<KindsNet>(source, options);
}
