/* Programs that kernels refuse, one reason each, and a section that nobody knows. */
#include "common.h"

/* Reads past its context after several thousand instructions: the verifier's log is longer than a mebibyte. */
SEC("?raw_tp/sys_enter")
int long_log(__u64 *ctx)
{
	volatile __u64 sum = 0;

#pragma clang loop unroll(full)
	for (int i = 0; i < 9000; i++)
		sum += i ^ (sum << 3);
	return ctx[4000] + sum;
}

SEC("?lsm/no_such_hook")
int BPF_PROG(no_hook)
{
	return 0;
}

SEC("?lsm.s/task_free")
int BPF_PROG(no_sleep)
{
	return 0;
}

SEC("?kprobe/__x64_sys_getpriority")
int plain_kprobe(void *ctx)
{
	return 0;
}

SEC("?my/section")
int unknown_section(void *ctx)
{
	return 0;
}

SEC("?fentry")
int BPF_PROG(no_target)
{
	return 0;
}
