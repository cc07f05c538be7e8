/* A program that, when it runs, reads the records that user space submitted. Since Linux 6.1. */
#include "common.h"

struct request {
	__u64 number;
	__u32 value;
} __attribute__((packed));

/* Keeps the struct in BTF: clang writes only types that something refers to, and the ring does not refer to it. */
const struct request *unused_request __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} requests SEC(".maps") __attribute__((btf_decl_tag("event:struct request")));

__u64 taken;
__u64 sum;
__u64 last;

static long on_request(struct bpf_dynptr *record, void *ctx)
{
	const struct request *request = bpf_dynptr_data(record, 0, sizeof(*request));

	if (!request)
		return 1;
	taken++;
	sum += request->value;
	last = request->number;
	return 0;
}

SEC("syscall")
int drain(void *ctx)
{
	return bpf_user_ringbuf_drain(&requests, on_request, NULL, 0);
}
