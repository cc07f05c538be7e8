/* Programs that run on request: a syscall program, which may sleep (since Linux 5.14), and others on test data. */
#include "common.h"

struct arguments {
	__u64 pointer; /* into the caller's memory, which may have to be faulted in */
	__u32 length;
	__u32 sum;
};

SEC("?syscall")
int sum_bytes(struct arguments *args)
{
	unsigned char buffer[64] = {};
	__u32 length = args->length, sum = 0;

	if (length > sizeof(buffer))
		return 22;
	if (bpf_copy_from_user(buffer, length, (void *)args->pointer))
		return 14;
	for (int i = 0; i < sizeof(buffer); i++)
		sum += buffer[i];
	args->sum = sum;
	return 0;
}

SEC("?xdp")
int swap_first(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end, first;

	if (data + 2 > end)
		return XDP_DROP;
	first = data[0];
	data[0] = data[1];
	data[1] = first;
	return XDP_PASS;
}

/* The length of the packet. */
SEC("?xdp")
int measure(struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data;
}

SEC("?tc")
int add_mark(struct __sk_buff *skb)
{
	skb->mark += 5;
	return skb->len;
}

/* The CPU's number, and the tracepoint's second argument in the upper half. */
SEC("?raw_tp/sys_enter")
int on_cpu(struct bpf_raw_tracepoint_args *ctx)
{
	return bpf_get_smp_processor_id() | ctx->args[1] << 16;
}
