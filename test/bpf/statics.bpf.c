/* Sections with only static variables, and bpf_printk()'s format string, which is one. */
#include "common.h"

static volatile int level SEC(".data.level") = 3;
static const volatile int mode = 2;
static volatile int first SEC(".data.pair") = 1;
static volatile int second SEC(".data.pair") = 2;
static volatile int calls;
/* The kernel maps no memory with a lock. */
static struct bpf_spin_lock lock SEC(".bss.locked");
static int locked SEC(".bss.locked");

SEC("socket")
int run(void *ctx)
{
	calls++;
	if (mode > 100)
		bpf_printk("called %d times", calls);
	return level * 10 + mode + first + second;
}

SEC("?tc")
int lock_and_count(void *ctx)
{
	int count;

	bpf_spin_lock(&lock);
	count = ++locked;
	bpf_spin_unlock(&lock);
	return count;
}
