/* One object for old and new kernels: it declares two maps for the same purpose, and user space creates one of them. */
#include "../common.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} perf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 16);
	__type(key, __u64);
	__array(values, struct {
		__uint(type, BPF_MAP_TYPE_HASH);
		__uint(max_entries, 64);
		__uint(map_flags, BPF_F_NO_PREALLOC);
		__type(key, __u32);
		__type(value, __u32);
	});
} per_cgroup SEC(".maps");

const volatile __u32 use;

/* A ring buffer since 5.12; before, a hash that user space empties. */
SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(on_exec, void *bprm)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 value = pid;

	if (use == 1)
		bpf_ringbuf_output(&ring, &value, sizeof(value), 0);
	else
		bpf_map_update_elem(&table, &pid, &value, 0);
	return 0;
}

/* A ring buffer, or a perf buffer, which sleepable programs may not use. */
SEC("uprobe.s")
int on_call(struct pt_regs *ctx)
{
	__u64 value = 1;

	if (use == 1)
		bpf_ringbuf_output(&ring, &value, sizeof(value), 0);
	else
		bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &value, sizeof(value));
	return 0;
}

/* The declared inner map is not preallocated, as sleepable programs require before 6.1. */
SEC("lsm.s/file_open")
int BPF_PROG(on_open, void *file)
{
	__u64 id = bpf_get_current_cgroup_id();
	void *set = bpf_map_lookup_elem(&per_cgroup, &id);
	__u32 key = 0, *value = set ? bpf_map_lookup_elem(set, &key) : 0;

	return value && *value ? -1 : 0;
}
