/* A program, a map, events and settings, whose types are generated. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct event {
	__u32 pid;
	char comm[16];
};

const struct event *unused_event __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps") __attribute__((btf_decl_tag("event:struct event")));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

const volatile __u32 watched;

SEC("uprobe")
int on_call(void *ctx)
{
	struct event event = {.pid = bpf_get_current_pid_tgid() >> 32};
	__u64 *times = bpf_map_lookup_elem(&calls, &event.pid);

	if (watched && event.pid != watched)
		return 0;
	if (times)
		++*times;
	bpf_get_current_comm(event.comm, sizeof(event.comm));
	return bpf_ringbuf_output(&events, &event, sizeof(event), 0);
}
