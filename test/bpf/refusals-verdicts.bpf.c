/* Mistakes that verifiers report in more than one line, or followed by more lines; see refusals.bpf.c. */
#include "common.h"

struct locked {
	struct bpf_spin_lock lock;
};

struct numbers {
	__u32 numbers[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct numbers);
} values SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct locked);
} locks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("?raw_tp/sys_enter")
int plain_verdict_range(void *ctx)
{
	struct numbers *value;
	int key = 0;

	value = bpf_map_lookup_elem(&values, &key);
	return value ? value->numbers[bpf_get_prandom_u32() & 15] : 0;
}

__attribute__((noinline)) int counts(int number)
{
	asm volatile("");
	return number + 1;
}

SEC("?xdp")
int plain_verdict_lock(void *ctx)
{
	struct locked *value;
	int key = 0;

	value = bpf_map_lookup_elem(&locks, &key);
	if (!value)
		return 1;
	bpf_spin_lock(&value->lock);
	key = counts(key);
	bpf_spin_unlock(&value->lock);
	return key;
}

SEC("?raw_tp/sys_enter")
int plain_verdict_reference(void *ctx)
{
	return bpf_ringbuf_reserve(&events, 8, 0) == 0;
}

SEC("?raw_tp/sys_enter")
int plain_verdict_loop(void *ctx)
{
	asm volatile("r0 = 0; if r0 == 0 goto -1" : : : "r0");
	return 0;
}

/* The hook has one argument. */
SEC("?lsm/file_open")
int BPF_PROG(plain_verdict_argument)
{
	return ctx[8] == 1 ? -1 : 0;
}

SEC("?xdp")
int plain_verdict_packet(struct xdp_md *ctx)
{
	return *(char *)(long)ctx->data;
}

SEC("?fentry/vfs_read")
int BPF_PROG(plain_verdict_result)
{
	return 1;
}

__attribute__((noinline)) int reads(const long *number)
{
	return number ? *number : 0;
}

SEC("?xdp")
int plain_verdict_callee(void *ctx)
{
	char byte = 0;

	return reads((long *)&byte);
}
