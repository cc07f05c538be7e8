/* Programs that the licence forbids; see refusals.bpf.c. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Proprietary";

SEC("?lsm.s/bprm_committed_creds")
int licence_lsm(void *ctx)
{
	return 0;
}

SEC("?uprobe.s")
int licence_helper(void *ctx)
{
	char byte;

	return bpf_probe_read_kernel(&byte, 1, 0);
}

extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;

SEC("?uprobe.s")
int licence_kfunc(void *ctx)
{
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	return 0;
}

struct bpf_iter_meta {
	__u64 seq_num;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
} __attribute__((preserve_access_index));

/* Reads kernel memory through a pointer. */
SEC("?iter/task")
int plain_licence_iter(struct bpf_iter__task *ctx)
{
	return ctx->meta->seq_num > 100;
}
