/* Programs that write records of three sizes at full speed, and single records with the time. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <node-libbpf/ringbuf.h>

/* The alignment sets the size: the bytes after the fields are not used. */
struct record16 {
	__u32 a, b;
	__u64 seq;
};

struct record64 {
	__u32 a, b, c, d;
	__u64 seq;
} __attribute__((aligned(64)));

struct record256 {
	__u32 a, b, c, d;
	__u64 seq;
} __attribute__((aligned(256)));

/* Keeps the structs in BTF: clang writes only types that something refers to, and the rings do not refer to them. */
const struct record16 *unused_record16 __attribute__((unused));
const struct record64 *unused_record64 __attribute__((unused));
const struct record256 *unused_record256 __attribute__((unused));

/* The consumer enlarges one of them before the load. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring16 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring64 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring256 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} counted16 SEC(".maps");
RINGBUF_COUNTS(counted16);

/* The context of the programs: the number of records to write, and how many of them were dropped. */
struct run {
	__u64 seq; /* of the next record */
	__u64 count;
	__u64 until_full;
	__u64 written;
	__u64 dropped;
};

#define HEAD2(record) ((record)->a = run->seq, (record)->b = 1)
#define HEAD4(record) (HEAD2(record), (record)->c = 2, (record)->d = 3)

#define PRODUCER(name, size, reserve, head)                                                                        \
	static long write_##name(__u32 index, struct run *run)                                                     \
	{                                                                                                          \
		struct record##size *record = reserve;                                                             \
                                                                                                                   \
		if (!record) {                                                                                     \
			run->dropped++;                                                                            \
			return run->until_full != 0;                                                               \
		}                                                                                                  \
		head(record);                                                                                      \
		record->seq = run->seq++;                                                                          \
		bpf_ringbuf_submit(record, 0);                                                                     \
		run->written++;                                                                                    \
		return 0;                                                                                          \
	}                                                                                                          \
	SEC("syscall")                                                                                             \
	int produce##name(struct run *context)                                                                     \
	{                                                                                                          \
		struct run run = *context;                                                                         \
                                                                                                                   \
		bpf_loop(run.count, write_##name, &run, 0);                                                        \
		*context = run;                                                                                    \
		return 0;                                                                                          \
	}

PRODUCER(16, 16, bpf_ringbuf_reserve(&ring16, 16, 0), HEAD2)
PRODUCER(64, 64, bpf_ringbuf_reserve(&ring64, 64, 0), HEAD4)
PRODUCER(256, 256, bpf_ringbuf_reserve(&ring256, 256, 0), HEAD4)
PRODUCER(_counted16, 16, counted_ringbuf_reserve(counted16, 16, 0), HEAD2)

SEC("syscall")
int tick(void *context)
{
	struct record16 *record = bpf_ringbuf_reserve(&ring16, sizeof(*record), 0);

	if (!record)
		return 1;
	record->a = record->b = 0;
	record->seq = bpf_ktime_get_ns();
	bpf_ringbuf_submit(record, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
