/* Twenty longer programs with four maps. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct record {
	__u64 time, id;
	__u32 program, cpu;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct record);
} last SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} histogram SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 20);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

static __always_inline void count(void *map, __u32 key)
{
	__u64 *value = bpf_map_lookup_elem(map, &key);

	if (value)
		__sync_fetch_and_add(value, 1);
}

static __always_inline int note(__u32 program)
{
	struct record record = { .time = bpf_ktime_get_ns(), .id = bpf_get_current_pid_tgid(), .program = program };
	struct record *before = bpf_map_lookup_elem(&last, &record.id);
	__u64 passed = before ? record.time - before->time : 0;

	record.cpu = bpf_get_smp_processor_id();
	bpf_get_current_comm(record.comm, sizeof(record.comm));
	bpf_map_update_elem(&last, &record.id, &record, BPF_ANY);
	bpf_ringbuf_output(&events, &record, sizeof(record), 0);
	count(&counts, program);
#pragma clang loop unroll(disable)
	for (__u32 bucket = 0; bucket < 32; bucket++)
		if (passed >> bucket & 1)
			count(&histogram, bucket);
	return 0;
}

#define PROGRAM(number)                  \
	SEC("raw_tp/task_rename")        \
	int note_##number(void *ctx)     \
	{                                \
		return note(number);     \
	}

PROGRAM(0)
PROGRAM(1)
PROGRAM(2)
PROGRAM(3)
PROGRAM(4)
PROGRAM(5)
PROGRAM(6)
PROGRAM(7)
PROGRAM(8)
PROGRAM(9)
PROGRAM(10)
PROGRAM(11)
PROGRAM(12)
PROGRAM(13)
PROGRAM(14)
PROGRAM(15)
PROGRAM(16)
PROGRAM(17)
PROGRAM(18)
PROGRAM(19)

char LICENSE[] SEC("license") = "GPL";
