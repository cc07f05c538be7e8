/*
 * Programs that kernels refuse as sleepable, one reason each. refusals.ts loads them one by one: all as sleepable,
 * except those named plain_; those named attach_ are attached too. test/logs has each kernel's answers.
 */
#include "common.h"

struct path {
	void *dentry;
} __attribute__((preserve_access_index));

struct file {
	struct path f_path;
} __attribute__((preserve_access_index));

/* LSM hooks */

SEC("?lsm.s/task_free")
int BPF_PROG(hook_not_sleepable)
{
	return 0;
}

/* In the set of sleepable hooks, but disabled. */
SEC("?lsm.s/inode_need_killpriv")
int BPF_PROG(hook_disabled)
{
	return 0;
}

SEC("?lsm/ismaclabel")
int BPF_PROG(plain_hook_disabled)
{
	return 0;
}

/* bpf_lsm_verify_prog() is a function of the BPF LSM, not a hook. */
SEC("?lsm/verify_prog")
int BPF_PROG(plain_not_a_hook)
{
	return 0;
}

/* Takes a struct by value on 5.10. */
SEC("?lsm.s/path_chown")
int BPF_PROG(hook_signature)
{
	return 0;
}

SEC("?lsm_cgroup/socket_bind")
int BPF_PROG(lsm_cgroup)
{
	return 1;
}

/* Functions */

SEC("?fentry.s/vfs_read")
int BPF_PROG(function_not_sleepable)
{
	return 0;
}

/* On the error injection list, and on the list of functions that must not sleep. */
SEC("?fentry.s/should_failslab")
int BPF_PROG(function_must_not_sleep)
{
	return 0;
}

SEC("?fexit.s/__x64_sys_exit_group")
int BPF_PROG(function_noreturn)
{
	return 0;
}

SEC("?fexit/do_exit")
int BPF_PROG(plain_function_noreturn)
{
	return 0;
}

SEC("?fentry/migrate_disable")
int BPF_PROG(plain_function_denied)
{
	return 0;
}

SEC("?fsession.s/vfs_read")
int BPF_PROG(session)
{
	return 0;
}

SEC("?fmod_ret/vfs_read")
int BPF_PROG(plain_function_not_modifiable)
{
	return 0;
}

/* The function of an LSM hook, traced like any other. */
SEC("?fentry.s/bpf_lsm_file_open")
int BPF_PROG(function_of_hook)
{
	return 0;
}

/* Tracepoints and iterators */

SEC("?tp_btf.s/sched_switch")
int BPF_PROG(tp_btf)
{
	return 0;
}

SEC("?raw_tp.s/sched_switch")
int attach_raw_tp(void *ctx)
{
	return 0;
}

SEC("?tp.s/sched/sched_switch")
int attach_tracepoint(void *ctx)
{
	return 0;
}

SEC("?iter.s/bpf_map")
int attach_iter(void *ctx)
{
	return 0;
}

/* Requires a cgroup walk order, sleepable or not. */
SEC("?iter.s/cgroup")
int attach_cgroup_iter(void *ctx)
{
	return 0;
}

/* Kinds without a sleepable section; the flag is set explicitly. */

SEC("?xdp")
int kind_xdp(void *ctx)
{
	return 2;
}

SEC("?syscall")
int plain_syscall(void *ctx)
{
	return 0;
}

SEC("?kprobe/vfs_read")
int attach_kprobe(void *ctx)
{
	return 0;
}

SEC("?kprobe.multi/vfs_read")
int attach_kprobe_multi(void *ctx)
{
	return 0;
}

/* Helpers */

SEC("?lsm/bprm_committed_creds")
int BPF_PROG(plain_helper)
{
	char byte;

	return bpf_copy_from_user(&byte, 1, 0);
}

SEC("?uprobe")
int plain_uprobe_helper(void *ctx)
{
	char byte;

	return bpf_copy_from_user(&byte, 1, 0);
}

SEC("?uprobe")
int plain_task_helper(void *ctx)
{
	char byte;

	return bpf_copy_from_user_task(&byte, 1, 0, bpf_get_current_task_btf(), 0);
}

/* Sleepable, but of a kind that may not call it. */
SEC("?lsm.s/bprm_committed_creds")
int BPF_PROG(helper_of_another_kind)
{
	return bpf_sys_close(1000);
}

/* Of a kind that never sleeps: the flag would not help. */
SEC("?xdp")
int plain_helper_of_another_kind(void *ctx)
{
	char byte;

	return bpf_copy_from_user(&byte, 1, 0);
}

SEC("?lsm/file_open")
int BPF_PROG(plain_ima_helper, struct file *file)
{
	char hash[32];

	return bpf_ima_file_hash(file, hash, sizeof(hash));
}

SEC("?lsm/file_permission")
int BPF_PROG(plain_path_helper, struct file *file)
{
	char name[32] = {};

	return bpf_d_path(&file->f_path, name, sizeof(name)) < 0 ? -1 : 0;
}

__attribute__((noinline)) int copies(__u64 from)
{
	char byte;

	return bpf_copy_from_user(&byte, 1, (void *)from);
}

SEC("?lsm/bprm_committed_creds")
int BPF_PROG(plain_global_function)
{
	return copies(0);
}

/* Regions of a sleepable program where it must not sleep */

extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;
extern void bpf_local_irq_save(unsigned long *flags) __ksym __weak;
extern void bpf_local_irq_restore(unsigned long *flags) __ksym __weak;

SEC("?lsm.s/bprm_committed_creds")
int BPF_PROG(rcu_helper)
{
	char byte;

	bpf_rcu_read_lock();
	bpf_copy_from_user(&byte, 1, 0);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int BPF_PROG(preempt_helper)
{
	char byte;

	bpf_preempt_disable();
	bpf_copy_from_user(&byte, 1, 0);
	bpf_preempt_enable();
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int BPF_PROG(irq_helper)
{
	unsigned long flags;
	char byte;

	bpf_local_irq_save(&flags);
	bpf_copy_from_user(&byte, 1, 0);
	bpf_local_irq_restore(&flags);
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int BPF_PROG(rcu_global_function)
{
	bpf_rcu_read_lock();
	copies(0);
	bpf_rcu_read_unlock();
	return 0;
}

/* Kfuncs that sleep. Since Linux 6.12. */

extern int bpf_copy_from_user_str(void *to, __u32 size, const void *from, __u64 flags) __ksym __weak;

SEC("?lsm/bprm_committed_creds")
int BPF_PROG(plain_kfunc)
{
	char byte;

	return bpf_copy_from_user_str(&byte, 1, 0, 0) < 0 ? -1 : 0;
}

SEC("?lsm.s/bprm_committed_creds")
int BPF_PROG(rcu_kfunc)
{
	char byte;

	bpf_rcu_read_lock();
	bpf_copy_from_user_str(&byte, 1, 0, 0);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int BPF_PROG(preempt_kfunc)
{
	char byte;

	bpf_preempt_disable();
	bpf_copy_from_user_str(&byte, 1, 0, 0);
	bpf_preempt_enable();
	return 0;
}

/* An iterator that takes a lock, and is not for every kind. Since Linux 6.7. */

struct bpf_iter_css_task {
	__u64 opaque[1];
};

struct cgroup_subsys_state {
	int id;
} __attribute__((preserve_access_index));

extern int bpf_iter_css_task_new(struct bpf_iter_css_task *iterator, struct cgroup_subsys_state *css,
				 unsigned int flags) __ksym __weak;
extern void bpf_iter_css_task_destroy(struct bpf_iter_css_task *iterator) __ksym __weak;

SEC("?fentry/vfs_read")
int BPF_PROG(plain_css_iterator)
{
	struct bpf_iter_css_task iterator;

	bpf_iter_css_task_new(&iterator, 0, 0);
	bpf_iter_css_task_destroy(&iterator);
	return 0;
}

/* Pointers that only RCU protects: a sleepable program may not use them outside of bpf_rcu_read_lock(). */

struct task_struct {
	struct task_struct *real_parent;
	struct task_struct *last_wakee;
} __attribute__((preserve_access_index));

extern struct task_struct *bpf_task_acquire(struct task_struct *task) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;

SEC("?lsm.s/bprm_committed_creds")
int BPF_PROG(rcu_pointer)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *parent = bpf_task_acquire(task->real_parent);

	if (parent)
		bpf_task_release(parent);
	return 0;
}

/* A pointer that nothing protects, not even RCU. */
SEC("?lsm.s/bprm_committed_creds")
int BPF_PROG(rcu_untrusted_pointer)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *other;

	bpf_rcu_read_lock();
	other = bpf_task_acquire(task->last_wakee);
	if (other)
		bpf_task_release(other);
	bpf_rcu_read_unlock();
	return 0;
}
