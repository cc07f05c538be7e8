/* struct_ops maps, whose programs are loaded with them. The struct exists in the kernel for its own tests (since 5.16). */
#include "common.h"

struct bpf_dummy_ops_state;

struct bpf_dummy_ops {
	int (*test_1)(struct bpf_dummy_ops_state *state);
	int (*test_2)(struct bpf_dummy_ops_state *state, int a1, unsigned short a2, char a3, unsigned long a4);
};

SEC("struct_ops/test_1")
int BPF_PROG(in_both, struct bpf_dummy_ops_state *state)
{
	return 0;
}

/* libbpf loads it together with its map. */
SEC("?struct_ops/test_2")
int BPF_PROG(in_one, struct bpf_dummy_ops_state *state)
{
	return 0;
}

SEC(".struct_ops")
struct bpf_dummy_ops one = {
	.test_1 = (void *)in_both,
	.test_2 = (void *)in_one,
};

SEC(".struct_ops")
struct bpf_dummy_ops other = {
	.test_1 = (void *)in_both,
};
