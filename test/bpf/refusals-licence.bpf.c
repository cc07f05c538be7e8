/* What the licence forbids; see refusals.bpf.c. */
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

SEC("?uprobe.s")
int licence_kfunc(void *ctx)
{
	bpf_rcu_read_lock();
	return 0;
}
