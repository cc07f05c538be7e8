/* A ring buffer filled by a uprobe on a function that the test calls. */
#include "common.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

struct event {
	__u64 sequence;
	__u32 pid;
};

__u64 sequence;
__u64 dropped;

SEC("uprobe")
int on_call(void *ctx)
{
	struct event event = {};

	event.sequence = sequence++;
	event.pid = bpf_get_current_pid_tgid() >> 32;
	/* The size is the record's alone: 12 bytes, so that records are not multiples of 8. */
	if (bpf_ringbuf_output(&events, &event, 12, 0))
		__sync_fetch_and_add(&dropped, 1);
	return 0;
}
