/* What the command run loads: a tracepoint whose records go to a ring buffer and a perf buffer, a map and variables. */
#include "common.h"

struct umask_call {
	__u64 number;
	__u32 mask;
	char comm[16];
};

const struct umask_call *unused_umask_call __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} calls SEC(".maps") __attribute__((btf_decl_tag("event:struct umask_call")));

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} masks SEC(".maps");

const volatile __u32 wanted = 0;
const volatile char label[8] = "";
__u64 seen;

/* struct trace_event_raw_sys_enter, whose fields no kernel changes. */
struct sys_enter {
	__u64 common;
	long id;
	unsigned long args[6];
};

SEC("tp/syscalls/sys_enter_umask")
int on_umask(struct sys_enter *ctx)
{
	struct umask_call call = { .mask = ctx->args[0] };

	if (call.mask != wanted)
		return 0;
	call.number = ++seen;
	bpf_get_current_comm(call.comm, sizeof(call.comm));
	bpf_map_update_elem(&masks, &call.mask, &call.number, BPF_ANY);
	bpf_ringbuf_output(&calls, &call, sizeof(call), 0);
	bpf_perf_event_output(ctx, &numbers, BPF_F_CURRENT_CPU, &call.number, sizeof(call.number));
	return 0;
}

/* Its section does not say where to attach it. */
SEC("?uprobe")
int elsewhere(void *ctx)
{
	return 0;
}
