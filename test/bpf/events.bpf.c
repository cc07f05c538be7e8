/* A ring buffer that a uprobe on a function fills; the test calls the function. */
#include "common.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps") __attribute__((btf_decl_tag("event:struct event")));

/* 12 bytes, so that the record size is not a multiple of 8. */
struct event {
	__u64 sequence;
	__u32 pid;
} __attribute__((packed));

/* Keeps the struct in BTF: clang writes only types that something refers to, and the ring does not refer to it. */
const struct event *unused_event __attribute__((unused));

__u64 sequence;
__u64 dropped;
/* BPF_RB_NO_WAKEUP, ... */
__u64 flags;
/* What the program does with the next events. */
enum fate { SUBMITTED, CUT_SHORT, DISCARDED } fate;

SEC("uprobe")
int on_call(void *ctx)
{
	struct event event = {};

	event.sequence = sequence++;
	event.pid = bpf_get_current_pid_tgid() >> 32;
	if (fate == DISCARDED) {
		void *record = bpf_ringbuf_reserve(&events, sizeof(event), 0);

		if (record)
			bpf_ringbuf_discard(record, flags);
		return 0;
	}
	if (bpf_ringbuf_output(&events, &event, fate == CUT_SHORT ? 4 : sizeof(event), flags))
		__sync_fetch_and_add(&dropped, 1);
	return 0;
}
