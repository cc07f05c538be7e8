/* Records to and from user space without a ring buffer, and a program that prints. */
#include "common.h"

/* The test sets the length, to see how the kernel pads. */
struct message {
	__u32 length;
	__u8 bytes[252];
};

struct request {
	__u64 number;
	__u32 value;
} __attribute__((packed));

/* Keeps the structs in BTF: clang writes only types that something refers to, and the maps do not refer to them. */
const struct message *unused_message __attribute__((unused));
const struct request *unused_request __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} messages SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} requests SEC(".maps") __attribute__((btf_decl_tag("event:struct request")));

__u32 length;
__u64 number;
__u64 refused;

SEC("uprobe")
int send_message(void *ctx)
{
	struct message message = {};
	__u32 size = length & 255;

	message.length = size;
	__builtin_memset(message.bytes, 0x5a, sizeof(message.bytes));
	if (size < 4 || bpf_perf_event_output(ctx, &messages, BPF_F_CURRENT_CPU, &message, size))
		__sync_fetch_and_add(&refused, 1);
	return 0;
}

SEC("uprobe")
int send_request(void *ctx)
{
	struct request request = {};

	request.number = number++;
	request.value = bpf_get_current_pid_tgid() >> 32;
	if (bpf_perf_event_output(ctx, &requests, BPF_F_CURRENT_CPU, &request, sizeof(request)))
		__sync_fetch_and_add(&refused, 1);
	return 0;
}

SEC("uprobe")
int print(void *ctx)
{
	bpf_printk("node-libbpf prints %d", length);
	return 0;
}
