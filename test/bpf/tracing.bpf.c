/* Trampoline programs on a system call: the kernel runs them before it, after it and instead of it. */
#include "common.h"

__u64 entered;
__u64 left;
__u64 modified;
int last_result;

SEC("?fentry.s/" SYSTEM_CALL(getpriority))
int BPF_PROG(on_entry)
{
	if (is_watched())
		__sync_fetch_and_add(&entered, 1);
	return 0;
}

SEC("?fexit.s/" SYSTEM_CALL(getpriority))
int BPF_PROG(on_exit, void *regs, int result)
{
	if (!is_watched())
		return 0;
	last_result = result;
	__sync_fetch_and_add(&left, 1);
	return 0;
}

SEC("?fmod_ret.s/" SYSTEM_CALL(getpriority))
int BPF_PROG(on_modify)
{
	if (!is_watched())
		return 0;
	__sync_fetch_and_add(&modified, 1);
	return -77;
}

SEC("?fentry/" SYSTEM_CALL(getpriority))
int BPF_PROG(plain_entry)
{
	if (is_watched())
		__sync_fetch_and_add(&entered, 1);
	return 0;
}
