/*
 * struct_ops members that can't sleep; see refusals.bpf.c. Apart from it, as libbpf makes the structs of an object
 * whether or not they are wanted. Sections without .s: libbpf 1.1 knows no others here.
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
