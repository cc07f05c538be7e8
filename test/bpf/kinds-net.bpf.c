/* One program for each kind of network program: each counts its runs and lets the packet pass. */
#include "common.h"

struct bpf_nf_ctx;

__u64 runs;
/* The numbers of the programs that saw the last large packet, one hexadecimal digit each. */
__u64 order;

#define COUNTS(name, section, context, verdict)                                                                        \
	SEC("?" section)                                                                                               \
	int name(context *ctx)                                                                                         \
	{                                                                                                              \
		__sync_fetch_and_add(&runs, 1);                                                                        \
		return verdict;                                                                                        \
	}

/* TCX_NEXT, NETKIT_NEXT, TC_ACT_UNSPEC. */
#define NEXT -1
#define LARGE 600

COUNTS(xdp, "xdp", struct xdp_md, XDP_PASS)
COUNTS(xdp_frags, "xdp.frags", struct xdp_md, XDP_PASS)
COUNTS(xdp_devmap, "xdp/devmap", struct xdp_md, XDP_PASS)
COUNTS(tcx_ingress, "tcx/ingress", struct __sk_buff, NEXT)
COUNTS(tcx_egress, "tcx/egress", struct __sk_buff, NEXT)
COUNTS(netkit_primary, "netkit/primary", struct __sk_buff, NEXT)
COUNTS(netkit_peer, "netkit/peer", struct __sk_buff, NEXT)
COUNTS(tc, "tc", struct __sk_buff, NEXT)
COUNTS(classifier, "classifier", struct __sk_buff, NEXT)
COUNTS(netfilter, "netfilter", struct bpf_nf_ctx, 1)
COUNTS(sk_lookup, "sk_lookup", struct bpf_sk_lookup, SK_PASS)
COUNTS(flow_dissector, "flow_dissector", struct __sk_buff, BPF_OK)
COUNTS(sk_skb_verdict, "sk_skb/stream_verdict", struct __sk_buff, SK_PASS)
COUNTS(sk_msg, "sk_msg", struct sk_msg_md, SK_PASS)
COUNTS(socket_filter, "socket", struct __sk_buff, 0xffff)
COUNTS(sk_reuseport, "sk_reuseport", struct sk_reuseport_md, SK_PASS)
COUNTS(lirc_mode2, "lirc_mode2", void, 0)
COUNTS(lwt_out, "lwt_out", struct __sk_buff, BPF_OK)
COUNTS(action, "action", struct __sk_buff, 0)

#define NUMBERED(number)                                                                                               \
	SEC("?tcx/egress")                                                                                             \
	int tcx_##number(struct __sk_buff *skb)                                                                        \
	{                                                                                                              \
		if (skb->len > LARGE)                                                                                  \
			order = order << 4 | number;                                                                   \
		return NEXT;                                                                                           \
	}

NUMBERED(1)
NUMBERED(2)
NUMBERED(3)
NUMBERED(4)

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

/* A process can't set this option in Node.js before 23.1: here each socket in the cgroup gets it. */
SEC("?cgroup/bind4")
int shares_port(struct bpf_sock_addr *ctx)
{
	int yes = 1;

	bpf_setsockopt(ctx, 1 /* SOL_SOCKET */, 15 /* SO_REUSEPORT */, &yes, sizeof(yes));
	return 1;
}
