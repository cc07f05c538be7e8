/* A ring buffer whose programs count what they write, one record for each call of a function or many at once. */
#include "common.h"
#include <node-libbpf/ringbuf.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps") __attribute__((btf_decl_tag("event:struct numbered")));
RINGBUF_COUNTS(events);

struct numbered {
	__u64 sequence;
	__u64 producer;
	__u64 check; /* what the others determine, to recognize a record that was overwritten */
};

const struct numbered *unused_numbered __attribute__((unused));

/* What the program does with the next records. */
enum { SUBMIT, OUTPUT, DISCARD, UNCOUNTED } way;
__u64 sequence;

static __always_inline void fill(struct numbered *record, __u64 sequence, __u64 producer)
{
	record->sequence = sequence;
	record->producer = producer;
	record->check = ~(sequence * 0x9e3779b97f4a7c15 + producer);
}

SEC("uprobe")
int on_call(void *ctx)
{
	struct numbered own, *record;

	fill(&own, sequence++, 0);
	if (way == OUTPUT) {
		counted_ringbuf_output(events, &own, sizeof(own), 0);
		return 0;
	}
	if (way == UNCOUNTED) {
		bpf_ringbuf_output(&events, &own, sizeof(own), 0);
		return 0;
	}
	record = counted_ringbuf_reserve(events, sizeof(*record), 0);
	if (!record)
		return 0;
	*record = own;
	if (way == DISCARD)
		counted_ringbuf_discard(events, record, 0);
	else
		bpf_ringbuf_submit(record, 0);
	return 0;
}

/* The context: what to do, and what was done. */
struct flood {
	__u64 producer;
	__u64 count;
	__u64 written;
	__u64 failed;
	__u64 discarded; /* one in eight */
};

static long write_one(__u32 index, struct flood *flood)
{
	struct numbered *record = counted_ringbuf_reserve(events, sizeof(*record), 0);

	if (!record) {
		flood->failed++;
		return 0;
	}
	if (index % 8 == 7) {
		counted_ringbuf_discard(events, record, 0);
		flood->discarded++;
		return 0;
	}
	fill(record, index, flood->producer);
	bpf_ringbuf_submit(record, 0);
	flood->written++;
	return 0;
}

SEC("?syscall")
int flood(struct flood *context)
{
	struct flood run = *context;

	bpf_loop(run.count, write_one, &run, 0);
	*context = run;
	return 0;
}

/* Set by user space. */
int released;

static long do_nothing(__u32 index, void *context)
{
	return 0;
}

static long wait_a_moment(__u32 index, void *context)
{
	bpf_loop(4096, do_nothing, 0, 0);
	return *(volatile int *)&released != 0;
}

/* Holds a record until it is released, or for a long while, before it submits it, as a program does that sleeps. */
SEC("?syscall")
int hold(struct flood *context)
{
	struct numbered *record = counted_ringbuf_reserve(events, sizeof(*record), 0);

	if (!record)
		return 1;
	fill(record, 0, context->producer);
	bpf_loop(context->count, wait_a_moment, 0, 0);
	bpf_ringbuf_submit(record, 0);
	return 0;
}
