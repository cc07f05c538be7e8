/* Five programs that no kernel up to 7.3 takes, or should, each for another reason. */
#include "common.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

/* Its neighbour file_open may sleep. */
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

/* The hook may sleep; the map may not be used. */
SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(on_exec)
{
	__u64 now = 0;

	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &now, sizeof(now));
	return 0;
}

/* Loads, and is not attached; before 5.18 it is, and runs under RCU. */
SEC("iter.s/bpf_map")
int on_map(void *ctx)
{
	return 0;
}

/* Calls what may sleep, and is not sleepable. */
SEC("lsm/bprm_check_security")
int BPF_PROG(on_check)
{
	char byte;

	return bpf_copy_from_user(&byte, 1, 0) == 1;
}
