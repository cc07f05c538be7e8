/* Five programs that kernels up to 7.3 refuse, or should refuse, each for a different reason. */
#include "common.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

/* The similar hook file_open may sleep. */
SEC("lsm.s/file_permission")
int BPF_PROG(on_permission)
{
	return 0;
}

SEC("lsm.s/file_opne")
int BPF_PROG(on_typo)
{
	return 0;
}

/* The hook may sleep, but the program may not use the map. */
SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(on_exec)
{
	__u64 now = 0;

	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &now, sizeof(now));
	return 0;
}

/* Loads but does not attach; before 5.18 it attaches and runs under RCU. */
SEC("iter.s/bpf_map")
int on_map(void *ctx)
{
	return 0;
}

/* Calls a function that may sleep, but the program is not sleepable. */
SEC("lsm/bprm_check_security")
int BPF_PROG(on_check)
{
	char byte;

	return bpf_copy_from_user(&byte, 1, 0) == 1;
}
