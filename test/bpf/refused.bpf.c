/* Programs that kernels refuse, one reason each, and an unknown section. */
#include "common.h"

#define TIMES_10(x) x x x x x x x x x x
#define TIMES_1000(x) TIMES_10(TIMES_10(TIMES_10(x)))

/*
 * Reads past its context after sixty thousand instructions, so that the verifier's log is longer than a mebibyte. It
 * has no loop: Linux 5.10 logs the way back through a loop for each constant in it.
 */
SEC("?raw_tp/sys_enter")
int long_log(__u64 *ctx)
{
	TIMES_10(TIMES_1000(asm volatile("r0 = 1; r0 += 2; r0 ^= 3; r0 &= 4; r0 -= 5; r0 |= 6" ::: "r0");))
	return ctx[4000];
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

SEC("?kprobe/" SYSTEM_CALL(getpriority))
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
