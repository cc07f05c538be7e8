/* Programs that run on request: a syscall program, which may sleep (since Linux 5.14), and an XDP program on test data. */
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
