/* A kfunc that is not weak: if the kernel lacks it, libbpf loads no program of the object. */
#include "../common.h"

struct linux_binprm {
	unsigned long p;
} __attribute__((preserve_access_index));

static char buffer[64];

/* Linux 6.12 */
extern int bpf_copy_from_user_str(void *dst, __u32 size, const void *from, __u64 flags) __ksym;

SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(calls_it, struct linux_binprm *bprm)
{
	bpf_copy_from_user_str(buffer, sizeof(buffer), (void *)bprm->p, 0);
	return 0;
}

SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(does_without, struct linux_binprm *bprm)
{
	bpf_copy_from_user(buffer, sizeof(buffer), (void *)bprm->p);
	return 0;
}
