/*
 * Counts what programs write to a ring buffer, and what they could not write, so that RingBuffer.stats tells every
 * lost record. Include <linux/bpf.h> or vmlinux.h first. Every program that writes to the ring has to count.
 *
 *	struct {
 *		__uint(type, BPF_MAP_TYPE_RINGBUF);
 *		__uint(max_entries, 256 * 1024);
 *	} events SEC(".maps");
 *	RINGBUF_COUNTS(events);
 *
 *	struct event *event = counted_ringbuf_reserve(events, sizeof(*event), 0);
 *	if (!event)
 *		return 0;
 *	bpf_ringbuf_submit(event, 0);
 *
 * The calls work wherever ring buffers do, in sleepable programs too: a program that moves to another CPU, or is
 * interrupted by one that counts in the same slot, adds atomically.
 */
#ifndef NODE_LIBBPF_RINGBUF_H
#define NODE_LIBBPF_RINGBUF_H

#include <bpf/bpf_helpers.h>

/* A power of two. CPUs beyond it share slots, and still count exactly. */
#define RINGBUF_COUNTS_SLOTS 64

/* What was written on one CPU: a cache line of its own. */
struct ringbuf_counts {
	__u64 attempts; /* calls that reserve space, those that failed included */
	__u64 failures;
	__u64 discards;
	__u64 bytes; /* space in the ring, headers included */
} __attribute__((aligned(64)));

/* Declares the map NAME_counts beside the ring buffer NAME. Its last element belongs to readers. */
#define RINGBUF_COUNTS(name)                                                                                       \
	struct {                                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                                  \
		__uint(map_flags, BPF_F_MMAPABLE);                                                                 \
		__uint(max_entries, RINGBUF_COUNTS_SLOTS + 1);                                                     \
		__type(key, __u32);                                                                                \
		__type(value, struct ringbuf_counts);                                                              \
	} name##_counts SEC(".maps")

/* bpf_ringbuf_reserve() */
#define counted_ringbuf_reserve(name, size, flags) ringbuf_reserve_counting(&name, &name##_counts, size, flags)

/* bpf_ringbuf_output() */
#define counted_ringbuf_output(name, data, size, flags)                                                            \
	ringbuf_output_counting(&name, &name##_counts, data, size, flags)

/* bpf_ringbuf_discard(). A record is submitted with bpf_ringbuf_submit(), which needs no count. */
#define counted_ringbuf_discard(name, record, flags) ringbuf_discard_counting(&name##_counts, record, flags)

static __always_inline struct ringbuf_counts *ringbuf_counts_of_cpu(void *counts)
{
	__u32 slot = bpf_get_smp_processor_id() & (RINGBUF_COUNTS_SLOTS - 1);

	return bpf_map_lookup_elem(counts, &slot);
}

/* Attempts are counted before the call and its result after: no reader sees more results than attempts. */
static __always_inline void ringbuf_count_failure(struct ringbuf_counts *here)
{
	__sync_fetch_and_add(&here->failures, 1);
}

static __always_inline void ringbuf_count_written(struct ringbuf_counts *here, __u64 size)
{
	__sync_fetch_and_add(&here->bytes, (BPF_RINGBUF_HDR_SZ + size + 7) & ~7ULL);
}

static __always_inline void *ringbuf_reserve_counting(void *ring, void *counts, __u64 size, __u64 flags)
{
	struct ringbuf_counts *here = ringbuf_counts_of_cpu(counts);
	void *record;

	if (!here) /* for the verifier: every slot exists */
		return 0;
	__sync_fetch_and_add(&here->attempts, 1);
	record = bpf_ringbuf_reserve(ring, size, flags);
	if (!record) {
		ringbuf_count_failure(here);
		return 0;
	}
	ringbuf_count_written(here, size);
	/*
	 * Keeps clang from merging the two counts, which would test the record twice: after the second test the
	 * verifier of Linux 5.10 and 6.1 takes it for lost (reg_type_not_null() in kernel/bpf/verifier.c).
	 */
	asm volatile("" : : "r"(record));
	return record;
}

static __always_inline long ringbuf_output_counting(void *ring, void *counts, void *data, __u64 size, __u64 flags)
{
	struct ringbuf_counts *here = ringbuf_counts_of_cpu(counts);
	long result;

	if (!here)
		return -1;
	__sync_fetch_and_add(&here->attempts, 1);
	result = bpf_ringbuf_output(ring, data, size, flags);
	if (result == 0)
		ringbuf_count_written(here, size);
	else
		ringbuf_count_failure(here);
	return result;
}

static __always_inline void ringbuf_discard_counting(void *counts, void *record, __u64 flags)
{
	struct ringbuf_counts *here = ringbuf_counts_of_cpu(counts);

	bpf_ringbuf_discard(record, flags);
	if (here)
		__sync_fetch_and_add(&here->discards, 1);
}

#endif
