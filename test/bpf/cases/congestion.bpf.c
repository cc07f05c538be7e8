/* A struct_ops map in each of its sections: with a link since Linux 6.4. */
#include "../common.h"

struct sock;
struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
} __attribute__((preserve_access_index));

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(ssthresh, struct sock *sk)
{
	return 10;
}

SEC("struct_ops/avoid")
void BPF_PROG(avoid, struct sock *sk, __u32 ack, __u32 acked)
{
}

SEC("struct_ops/undo")
__u32 BPF_PROG(undo, struct sock *sk)
{
	return 10;
}

#define OPERATIONS(text) \
	{ .ssthresh = (void *)ssthresh, .cong_avoid = (void *)avoid, .undo_cwnd = (void *)undo, .name = text }

SEC(".struct_ops")
struct tcp_congestion_ops plain = OPERATIONS("bpf_plain");

SEC(".struct_ops.link")
struct tcp_congestion_ops linked = OPERATIONS("bpf_linked");
