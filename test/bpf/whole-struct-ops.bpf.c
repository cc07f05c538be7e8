/* Members of kernel structs, sleepable and not, each in its own struct, so that each can be left out. */
#include "whole.h"

struct bpf_dummy_ops_state;
struct sock;
struct task_struct;
struct scx_init_task_args;

struct bpf_dummy_ops {
	int (*test_1)(struct bpf_dummy_ops_state *state);
	int (*test_sleepable)(struct bpf_dummy_ops_state *state);
};

struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sock);
	void (*init)(struct sock *sock);
	void (*release)(struct sock *sock);
};

struct sched_ext_ops {
	void (*enqueue)(struct task_struct *task, __u64 flags);
	void (*running)(struct task_struct *task);
	int (*init)(void);
};

struct no_such_ops {
	int (*run)(void);
};

#define MEMBER(struct_name, map, section, member)                                                                      \
	SEC("?" section)                                                                                               \
	int BPF_PROG(map##__##member)                                                                                  \
	{                                                                                                              \
		return 0;                                                                                              \
	}                                                                                                              \
	SEC(".struct_ops")                                                                                             \
	struct struct_name map = {                                                                                     \
		.member = (void *)map##__##member,                                                                     \
	}

MEMBER(bpf_dummy_ops, dummy_plain, "struct_ops/test_1", test_1);
MEMBER(bpf_dummy_ops, dummy_never, "struct_ops.s/test_1", test_1);
MEMBER(bpf_dummy_ops, dummy_sleepable, "struct_ops.s/test_sleepable", test_sleepable);
MEMBER(tcp_congestion_ops, tcp_plain, "struct_ops/ssthresh", ssthresh);
MEMBER(tcp_congestion_ops, tcp_void, "struct_ops/init", init);
MEMBER(tcp_congestion_ops, tcp_sleepable, "struct_ops.s/release", release);
MEMBER(sched_ext_ops, scx_plain, "struct_ops/enqueue", enqueue);
MEMBER(sched_ext_ops, scx_never, "struct_ops.s/running", running);
MEMBER(sched_ext_ops, scx_sleepable, "struct_ops.s/init", init);
MEMBER(no_such_ops, none, "struct_ops/run", run);
