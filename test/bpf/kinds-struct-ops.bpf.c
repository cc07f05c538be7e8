/* A struct that the kernel calls: congestion control with what the kernel requires, and init(), which a new connection calls. */
#include "common.h"

/* Runs of the two variants. */
__u64 runs;
__u64 others;

struct sock;

struct tcp_congestion_ops {
	char name[16];
	__u32 flags;
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	void (*init)(struct sock *sk);
};

SEC("?struct_ops")
__u32 BPF_PROG(ssthresh, struct sock *sk)
{
	return 10;
}

SEC("?struct_ops")
void BPF_PROG(cong_avoid, struct sock *sk, __u32 ack, __u32 acked)
{
}

SEC("?struct_ops")
__u32 BPF_PROG(undo_cwnd, struct sock *sk)
{
	return 10;
}

SEC("?struct_ops")
void BPF_PROG(init_one, struct sock *sk)
{
	__sync_fetch_and_add(&runs, 1);
}

SEC("?struct_ops")
void BPF_PROG(init_other, struct sock *sk)
{
	__sync_fetch_and_add(&others, 1);
}

#define CONTROL(variable, section, called)                                                                             \
	SEC(section)                                                                                                   \
	struct tcp_congestion_ops variable = {                                                                         \
		.ssthresh = (void *)ssthresh,                                                                          \
		.cong_avoid = (void *)cong_avoid,                                                                      \
		.undo_cwnd = (void *)undo_cwnd,                                                                        \
		.init = (void *)init_##called,                                                                         \
		.flags = 1, /* TCP_CONG_NON_RESTRICTED: other network namespaces may choose it */                              \
		.name = "node_libbpf",                                                                                 \
	};

CONTROL(control, "?.struct_ops", one)
CONTROL(control_link, ".struct_ops.link", one)
CONTROL(control_other, ".struct_ops.link", other)
