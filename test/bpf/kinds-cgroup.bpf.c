/* One program for each attach type of cgroups: each counts its runs and allows what is asked. */
#include "common.h"

__u64 runs;
/* The numbers of the programs that ran, one hexadecimal digit each. */
__u64 order;

#define COUNTS(name, section, context)                                                                                 \
	SEC("?" section)                                                                                               \
	int name(context *ctx)                                                                                         \
	{                                                                                                              \
		__sync_fetch_and_add(&runs, 1);                                                                        \
		return 1;                                                                                              \
	}

COUNTS(skb_ingress, "cgroup_skb/ingress", struct __sk_buff)
COUNTS(skb_egress, "cgroup_skb/egress", struct __sk_buff)
COUNTS(skb, "cgroup/skb", struct __sk_buff)
COUNTS(sock, "cgroup/sock", struct bpf_sock)
COUNTS(sock_create, "cgroup/sock_create", struct bpf_sock)
COUNTS(sock_release, "cgroup/sock_release", struct bpf_sock)
COUNTS(bind4, "cgroup/bind4", struct bpf_sock_addr)
COUNTS(bind6, "cgroup/bind6", struct bpf_sock_addr)
COUNTS(post_bind4, "cgroup/post_bind4", struct bpf_sock)
COUNTS(post_bind6, "cgroup/post_bind6", struct bpf_sock)
COUNTS(connect4, "cgroup/connect4", struct bpf_sock_addr)
COUNTS(connect6, "cgroup/connect6", struct bpf_sock_addr)
COUNTS(connect_unix, "cgroup/connect_unix", struct bpf_sock_addr)
COUNTS(sendmsg4, "cgroup/sendmsg4", struct bpf_sock_addr)
COUNTS(sendmsg6, "cgroup/sendmsg6", struct bpf_sock_addr)
COUNTS(recvmsg4, "cgroup/recvmsg4", struct bpf_sock_addr)
COUNTS(recvmsg6, "cgroup/recvmsg6", struct bpf_sock_addr)
COUNTS(getpeername4, "cgroup/getpeername4", struct bpf_sock_addr)
COUNTS(getpeername6, "cgroup/getpeername6", struct bpf_sock_addr)
COUNTS(getsockname4, "cgroup/getsockname4", struct bpf_sock_addr)
COUNTS(getsockname6, "cgroup/getsockname6", struct bpf_sock_addr)
COUNTS(dev, "cgroup/dev", struct bpf_cgroup_dev_ctx)
COUNTS(sysctl, "cgroup/sysctl", struct bpf_sysctl)
COUNTS(setsockopt, "cgroup/setsockopt", struct bpf_sockopt)
COUNTS(sockops, "sockops", struct bpf_sock_ops)
COUNTS(lsm_cgroup, "lsm_cgroup/socket_bind", void)

SEC("?cgroup/getsockopt")
int getsockopt(struct bpf_sockopt *ctx)
{
	__sync_fetch_and_add(&runs, 1);
	return 1;
}

#define NUMBERED(number)                                                                                               \
	SEC("?cgroup/sock_create")                                                                                     \
	int sock_##number(struct bpf_sock *ctx)                                                                        \
	{                                                                                                              \
		order = order << 4 | number;                                                                           \
		return 1;                                                                                              \
	}

NUMBERED(1)
NUMBERED(2)
NUMBERED(3)
NUMBERED(4)
