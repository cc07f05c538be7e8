/*
 * struct_ops members that can't sleep; see refusals.bpf.c. In their own file, because libbpf creates the structs of an
 * object even if they are not used. The sections have no .s, which libbpf 1.1 does not know here.
 */
#include "common.h"

struct bpf_dummy_ops_state;

struct bpf_dummy_ops {
	int (*test_1)(struct bpf_dummy_ops_state *state);
};

SEC("?struct_ops/test_1")
int BPF_PROG(struct_ops_member, struct bpf_dummy_ops_state *state)
{
	return 0;
}

SEC(".struct_ops")
struct bpf_dummy_ops dummy = {
	.test_1 = (void *)struct_ops_member,
};
