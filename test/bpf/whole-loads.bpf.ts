// Written by node-libbpf gen from whole-loads.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in whole-loads.bpf.o. */
export interface WholeLoads {
  programs: {
    /** SEC("action") int action(void *ctx) */
    action: "action";
    /** SEC("cgroup/connect4") int cgroup_connect(void *ctx) */
    cgroup_connect: "cgroup";
    /** SEC("cgroup/connect_unix") int cgroup_connect_unix(void *ctx) */
    cgroup_connect_unix: "cgroup";
    /** SEC("cgroup/dev") int cgroup_dev(void *ctx) */
    cgroup_dev: "cgroup";
    /** SEC("cgroup/getpeername4") int cgroup_getpeername(void *ctx) */
    cgroup_getpeername: "cgroup";
    /** SEC("cgroup_skb/ingress") int cgroup_skb(void *ctx) */
    cgroup_skb: "cgroup_skb";
    /** SEC("cgroup/sock_create") int cgroup_sock(void *ctx) */
    cgroup_sock: "cgroup";
    /** SEC("cgroup/sock_release") int cgroup_sock_release(void *ctx) */
    cgroup_sock_release: "cgroup";
    /** SEC("cgroup/getsockopt") int cgroup_sockopt(void *ctx) */
    cgroup_sockopt: "cgroup";
    /** SEC("cgroup/sysctl") int cgroup_sysctl(void *ctx) */
    cgroup_sysctl: "cgroup";
    /** SEC("flow_dissector") int flow_dissector(void *ctx) */
    flow_dissector: "flow_dissector";
    /** SEC("lsm_cgroup/socket_bind") int lsm_cgroup(void *ctx) */
    lsm_cgroup: "lsm_cgroup";
    /** SEC("lsm_cgroup/inet_csk_clone") int lsm_cgroup_void(void *ctx) */
    lsm_cgroup_void: "lsm_cgroup";
    /** SEC("lwt_in") int lwt_in(void *ctx) */
    lwt_in: "lwt_in";
    /** SEC("lwt_seg6local") int lwt_seg6(void *ctx) */
    lwt_seg6: "lwt_seg6local";
    /** SEC("netfilter") int netfilter_drop(void *ctx) */
    netfilter_drop: "netfilter";
    /** SEC("netkit/primary") int netkit(void *ctx) */
    netkit: "netkit";
    /** SEC("perf_event") int perf_event(void *ctx) */
    perf_event: "perf_event";
    /** SEC("sk_lookup") int sk_lookup(void *ctx) */
    sk_lookup: "sk_lookup";
    /** SEC("sk_msg") int sk_msg(void *ctx) */
    sk_msg: "sk_msg";
    /** SEC("sk_reuseport") int sk_reuseport(void *ctx) */
    sk_reuseport: "sk_reuseport";
    /** SEC("sk_reuseport/migrate") int sk_reuseport_migrate(void *ctx) */
    sk_reuseport_migrate: "sk_reuseport";
    /** SEC("sk_skb/stream_verdict") int sk_skb(void *ctx) */
    sk_skb: "sk_skb";
    /** SEC("sk_skb/verdict") int sk_skb_verdict(void *ctx) */
    sk_skb_verdict: "sk_skb";
    /** SEC("sockops") int sockops(void *ctx) */
    sockops: "sockops";
    /** SEC("syscall") int syscall_kind(void *ctx) */
    syscall_kind: "syscall";
    /** SEC("tc") int tc(void *ctx) */
    tc: "tc";
    /** SEC("tcx/ingress") int tcx(void *ctx) */
    tcx: "tcx";
    /** SEC("uprobe.multi") int uprobe_multi(void *ctx) */
    uprobe_multi: "uprobe.multi";
    /** SEC("uprobe.multi.s") int uprobe_multi_sleepable(void *ctx) */
    uprobe_multi_sleepable: "uprobe.multi";
    /** SEC("uprobe.session") int uprobe_session(void *ctx) */
    uprobe_session: "uprobe.session";
    /** SEC("usdt") int usdt(void *ctx) */
    usdt: "usdt";
    /** SEC("usdt.s") int usdt_sleepable(void *ctx) */
    usdt_sleepable: "usdt";
    /** SEC("xdp/cpumap") int xdp_cpumap(void *ctx) */
    xdp_cpumap: "xdp";
    /** SEC("xdp/devmap") int xdp_devmap(void *ctx) */
    xdp_devmap: "xdp";
    /** SEC("xdp.frags") int xdp_frags(void *ctx) */
    xdp_frags: "xdp";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** __u64 runtime, in .bss */
    runtime: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens whole-loads.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<WholeLoads> {
  const source = join(__dirname, "whole-loads.bpf.o");
  return openObject<WholeLoads>(source, options);
}
