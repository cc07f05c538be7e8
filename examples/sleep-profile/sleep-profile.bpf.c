/*
 * Profiles a function of a process without changing it. A uprobe at the start of uv_fs_write() reads the list of
 * buffers to write from the process's memory; because the program is sleepable, that memory may be paged out.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define MOST_BUFFERS 16
#define BUCKETS 33

/* libuv's uv_buf_t */
struct buffer {
	const void *base;
	__u64 size;
};

/* A write that has started. */
struct started {
	__u64 time;
	__u64 bytes;
};

/* buckets[i] has the writes of 2^i bytes and more. */
struct bucket {
	__u64 writes;
	__u64 bytes;
	__u64 nanoseconds;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32); /* thread id */
	__type(value, struct started);
} running SEC(".maps");

struct bucket buckets[BUCKETS];

SEC("uprobe.s")
int BPF_UPROBE(on_write, void *loop, void *request, int file, const struct buffer *list, unsigned int count)
{
	__u32 thread = bpf_get_current_pid_tgid();
	struct started started = {};
	struct buffer buffer;

	for (unsigned int i = 0; i < MOST_BUFFERS && i < count; i++) {
		if (bpf_copy_from_user(&buffer, sizeof(buffer), &list[i]))
			return 0; /* the write fails too */
		started.bytes += buffer.size;
	}
	started.time = bpf_ktime_get_ns();
	bpf_map_update_elem(&running, &thread, &started, BPF_ANY);
	return 0;
}

SEC("uretprobe.s")
int on_written(void *ctx)
{
	__u32 thread = bpf_get_current_pid_tgid(), index = 0;
	struct started *started = bpf_map_lookup_elem(&running, &thread);

	if (!started)
		return 0;
	while (index < BUCKETS - 1 && started->bytes >> (index + 1))
		index++;
	__sync_fetch_and_add(&buckets[index].writes, 1);
	__sync_fetch_and_add(&buckets[index].bytes, started->bytes);
	__sync_fetch_and_add(&buckets[index].nanoseconds, bpf_ktime_get_ns() - started->time);
	bpf_map_delete_elem(&running, &thread);
	return 0;
}
