/* Sleepable LSM programs: count, read user memory, deny. */
#include "common.h"

struct linux_binprm {
	unsigned long p;
	const char *filename;
} __attribute__((preserve_access_index));

__u64 execs;
__u64 opens;
__u64 copied;
__u8 first_argument[64]; /* several strings, so bytes */

/* Selects the execs of the watched process's children: exec does not change a process's parent. */
struct task_struct {
	int tgid;
	struct task_struct *real_parent;
} __attribute__((preserve_access_index));

static __always_inline int is_child(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	return BPF_CORE_READ(task, real_parent, tgid) == watched;
}

SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(on_exec, struct linux_binprm *bprm)
{
	if (!is_child())
		return 0;
	__sync_fetch_and_add(&execs, 1);
	if (bpf_copy_from_user(first_argument, sizeof(first_argument), (void *)bprm->p) == 0)
		__sync_fetch_and_add(&copied, 1);
	return 0;
}

/* Since Linux 5.11. */
SEC("?lsm.s/file_open")
int BPF_PROG(on_open)
{
	if (is_watched())
		__sync_fetch_and_add(&opens, 1);
	return 0;
}

/* Set if a denied call fails in the caller. Since Linux 5.11. */
SEC("?lsm.s/bprm_check_security")
int BPF_PROG(deny_exec)
{
	return is_child() ? -13 : 0;
}
