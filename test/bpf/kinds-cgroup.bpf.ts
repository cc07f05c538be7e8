// Written by node-libbpf gen from kinds-cgroup.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in kinds-cgroup.bpf.o. */
export interface KindsCgroup {
  programs: {
    /** SEC("cgroup/bind4") int bind4(struct bpf_sock_addr *ctx) */
    bind4: "cgroup";
    /** SEC("cgroup/bind6") int bind6(struct bpf_sock_addr *ctx) */
    bind6: "cgroup";
    /** SEC("cgroup/connect4") int connect4(struct bpf_sock_addr *ctx) */
    connect4: "cgroup";
    /** SEC("cgroup/connect6") int connect6(struct bpf_sock_addr *ctx) */
    connect6: "cgroup";
    /** SEC("cgroup/connect_unix") int connect_unix(struct bpf_sock_addr *ctx) */
    connect_unix: "cgroup";
    /** SEC("cgroup/dev") int dev(struct bpf_cgroup_dev_ctx *ctx) */
    dev: "cgroup";
    /** SEC("cgroup/getpeername4") int getpeername4(struct bpf_sock_addr *ctx) */
    getpeername4: "cgroup";
    /** SEC("cgroup/getpeername6") int getpeername6(struct bpf_sock_addr *ctx) */
    getpeername6: "cgroup";
    /** SEC("cgroup/getsockname4") int getsockname4(struct bpf_sock_addr *ctx) */
    getsockname4: "cgroup";
    /** SEC("cgroup/getsockname6") int getsockname6(struct bpf_sock_addr *ctx) */
    getsockname6: "cgroup";
    /** SEC("cgroup/getsockopt") int getsockopt(struct bpf_sockopt *ctx) */
    getsockopt: "cgroup";
    /** SEC("lsm_cgroup/socket_bind") int lsm_cgroup(void *ctx) */
    lsm_cgroup: "lsm_cgroup";
    /** SEC("cgroup/post_bind4") int post_bind4(struct bpf_sock *ctx) */
    post_bind4: "cgroup";
    /** SEC("cgroup/post_bind6") int post_bind6(struct bpf_sock *ctx) */
    post_bind6: "cgroup";
    /** SEC("cgroup/recvmsg4") int recvmsg4(struct bpf_sock_addr *ctx) */
    recvmsg4: "cgroup";
    /** SEC("cgroup/recvmsg6") int recvmsg6(struct bpf_sock_addr *ctx) */
    recvmsg6: "cgroup";
    /** SEC("cgroup/sendmsg4") int sendmsg4(struct bpf_sock_addr *ctx) */
    sendmsg4: "cgroup";
    /** SEC("cgroup/sendmsg6") int sendmsg6(struct bpf_sock_addr *ctx) */
    sendmsg6: "cgroup";
    /** SEC("cgroup/setsockopt") int setsockopt(struct bpf_sockopt *ctx) */
    setsockopt: "cgroup";
    /** SEC("cgroup/skb") int skb(struct __sk_buff *ctx) */
    skb: "cgroup";
    /** SEC("cgroup_skb/egress") int skb_egress(struct __sk_buff *ctx) */
    skb_egress: "cgroup_skb";
    /** SEC("cgroup_skb/ingress") int skb_ingress(struct __sk_buff *ctx) */
    skb_ingress: "cgroup_skb";
    /** SEC("cgroup/sock") int sock(struct bpf_sock *ctx) */
    sock: "cgroup";
    /** SEC("cgroup/sock_create") int sock_1(struct bpf_sock *ctx) */
    sock_1: "cgroup";
    /** SEC("cgroup/sock_create") int sock_2(struct bpf_sock *ctx) */
    sock_2: "cgroup";
    /** SEC("cgroup/sock_create") int sock_3(struct bpf_sock *ctx) */
    sock_3: "cgroup";
    /** SEC("cgroup/sock_create") int sock_4(struct bpf_sock *ctx) */
    sock_4: "cgroup";
    /** SEC("cgroup/sock_create") int sock_create(struct bpf_sock *ctx) */
    sock_create: "cgroup";
    /** SEC("cgroup/sock_release") int sock_release(struct bpf_sock *ctx) */
    sock_release: "cgroup";
    /** SEC("sockops") int sockops(struct bpf_sock_ops *ctx) */
    sockops: "sockops";
    /** SEC("cgroup/sysctl") int sysctl(struct bpf_sysctl *ctx) */
    sysctl: "cgroup";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
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

/** Opens kinds-cgroup.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<KindsCgroup> {
  const source = join(__dirname, "kinds-cgroup.bpf.o");
  return openObject<KindsCgroup>(source, options);
}
