/* A small object that attaches quickly, for tests that load and attach a thousand times. */
#include "common.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("raw_tp/task_newtask")
int on_task(void *ctx)
{
	bpf_ringbuf_output(&events, &ctx, sizeof(ctx), 0);
	return 0;
}
