/*
 * Programs that need no trampoline: uprobes and iterators, and uprobes that read user memory at the address that they
 * get.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

__u64 elements;
__u64 right, wrong, failed;
/* The expected number at the start of the page: pages are numbered. */
__u64 page;

struct copy {
	__u64 page;
	__u8 rest[56];
};

SEC("?uprobe")
int uprobe(void *ctx)
{
	return 0;
}

SEC("?uretprobe")
int uretprobe(void *ctx)
{
	return 0;
}

static __always_inline void count(const struct copy *copy, long error)
{
	if (error)
		failed++;
	else if (copy->page == page)
		right++;
	else
		wrong++;
	page++;
}

SEC("?uprobe")
int BPF_UPROBE(uprobe_read, const void *address)
{
	struct copy copy = {};

	count(&copy, bpf_probe_read_user(&copy, sizeof(copy), address));
	return 0;
}

SEC("?uprobe.s")
int BPF_UPROBE(uprobe_copy, const void *address)
{
	struct copy copy = {};

	count(&copy, bpf_copy_from_user(&copy, sizeof(copy), address));
	return 0;
}

SEC("?iter/ksym")
int iter_ksym(void *ctx)
{
	elements++;
	return 0;
}

SEC("?iter/task")
int iter_task(void *ctx)
{
	elements++;
	return 0;
}
