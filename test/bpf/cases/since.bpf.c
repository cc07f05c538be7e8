/* Helpers that are newer than the first sleepable programs. */
#include "../common.h"

struct linux_binprm {
	unsigned long p;
} __attribute__((preserve_access_index));

static char buffer[64];

static long each(__u32 i, void *context)
{
	bpf_copy_from_user(buffer + (i & 31), 8, *(void **)context);
	return 0;
}

/* bpf_loop: Linux 5.17 */
SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(with_loop, struct linux_binprm *bprm)
{
	void *address = (void *)bprm->p;

	bpf_loop(4, each, &address, 0);
	return 0;
}

/* bpf_copy_from_user_task: Linux 5.18 */
SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(of_task, struct linux_binprm *bprm)
{
	bpf_copy_from_user_task(buffer, 8, (void *)bprm->p, bpf_get_current_task_btf(), 0);
	return 0;
}
