/* Helpers and kfuncs: the release that added each, and the kinds of programs that may call it. */
#include "whole.h"

struct dentry;

struct path {
	struct dentry *dentry;
} __attribute__((preserve_access_index));

struct inode {
	unsigned long i_ino;
} __attribute__((preserve_access_index));

struct file {
	struct path f_path;
	struct inode *f_inode;
} __attribute__((preserve_access_index));

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

struct cgroup {
	int level;
} __attribute__((preserve_access_index));

struct cgroup_subsys_state {
	struct cgroup *cgroup;
} __attribute__((preserve_access_index));

struct bpf_key {
	_Bool has_ref;
} __attribute__((preserve_access_index));

struct bpf_cpumask {
	int usage;
} __attribute__((preserve_access_index));

struct bpf_iter_task {
	__u64 opaque[3];
} __attribute__((aligned(8)));

struct bpf_iter_css_task {
	__u64 opaque;
} __attribute__((aligned(8)));

static const char text[] = "text";
static const char format[] = "%d";

/* Helpers for all kinds of programs, by release */

#define IN_KINDS(name, ...)                                                                                            \
	PROGRAM(name##_lsm, SLEEPABLE, __VA_ARGS__)                                                                    \
	PROGRAM(name##_xdp, "xdp", __VA_ARGS__)                                                                        \
	PROGRAM(name##_kprobe, "kprobe", __VA_ARGS__)                                                                  \
	PROGRAM(name##_uprobe, "uprobe.s", __VA_ARGS__)                                                                \
	PROGRAM(name##_iter, "iter.s/task", __VA_ARGS__)

IN_KINDS(strncmp, bpf_strncmp(buffer, sizeof(buffer), text))
IN_KINDS(tai, runtime = bpf_ktime_get_tai_ns())
IN_KINDS(coarse, runtime = bpf_ktime_get_coarse_ns())
IN_KINDS(task_btf, runtime = (__u64)bpf_get_current_task_btf())
IN_KINDS(snprintf, __u64 number = 1; bpf_snprintf(buffer, sizeof(buffer), format, &number, sizeof(number)))
IN_KINDS(probe_user, bpf_probe_read_user(buffer, sizeof(buffer), (void *)8))
IN_KINDS(copy_user, bpf_copy_from_user(buffer, sizeof(buffer), (void *)8))
IN_KINDS(copy_task, bpf_copy_from_user_task(buffer, sizeof(buffer), (void *)8, bpf_get_current_task_btf(), 0))
IN_KINDS(pid, runtime = bpf_get_current_pid_tgid())
IN_KINDS(cgroup, runtime = bpf_get_current_cgroup_id())
IN_KINDS(signal, bpf_send_signal(10))
IN_KINDS(random, runtime = bpf_get_prandom_u32())
IN_KINDS(regs, runtime = (__u64)bpf_task_pt_regs(bpf_get_current_task_btf()))

/* Helpers for some kinds only */

PROGRAM(cookie_kprobe, "kprobe", runtime = bpf_get_attach_cookie(ctx))
PROGRAM(cookie_tp, "tp", runtime = bpf_get_attach_cookie(ctx))
PROGRAM(cookie_perf, "perf_event", runtime = bpf_get_attach_cookie(ctx))
PROGRAM(cookie_lsm, PLAIN, runtime = bpf_get_attach_cookie(ctx))
PROGRAM(cookie_raw_tp, "raw_tp", runtime = bpf_get_attach_cookie(ctx))
PROGRAM(cookie_xdp, "xdp", runtime = bpf_get_attach_cookie(ctx))
PROGRAM(func_ip_kprobe, "kprobe", runtime = bpf_get_func_ip(ctx))
PROGRAM(func_ip_fentry, "fentry/vfs_read", runtime = bpf_get_func_ip(ctx))
PROGRAM(func_arg_fentry, "fentry/vfs_read", __u64 value; bpf_get_func_arg(ctx, 0, &value))
PROGRAM(func_ret_fexit, "fexit/vfs_read", __u64 value; bpf_get_func_ret(ctx, &value))
PROGRAM(func_ret_fentry, "fentry/vfs_read", __u64 value; bpf_get_func_ret(ctx, &value))
PROGRAM(override_kprobe, "kprobe", bpf_override_return(ctx, 0))
PROGRAM(sys_bpf_syscall, "syscall", __u64 attr = 0; bpf_sys_bpf(0, &attr, sizeof(attr)))
PROGRAM(sys_close_syscall, "syscall", bpf_sys_close(1000))
PROGRAM(sys_close_lsm, SLEEPABLE, bpf_sys_close(1000))
PROGRAM(find_btf_syscall, "syscall", bpf_btf_find_by_name_kind((char *)text, sizeof(text), 4, 0))
PROGRAM(copy_user_syscall, "syscall", SLEEP())
PROGRAM(kallsyms_syscall, "syscall", __u64 value; bpf_kallsyms_lookup_name(text, sizeof(text), 0, &value))
PROGRAM(retval_setsockopt, "cgroup/setsockopt", runtime = bpf_get_retval(); return 1)
PROGRAM(retval_connect, "cgroup/connect4", runtime = bpf_get_retval(); return 1)
PROGRAM(retval_skb, "cgroup_skb/egress", runtime = bpf_get_retval(); return 1)
PROGRAM(netns_tc, "tc", runtime = bpf_get_netns_cookie(ctx))
PROGRAM(netns_sockops, "sockops", runtime = bpf_get_netns_cookie(ctx))
PROGRAM(redirect_peer_tc, "tc", return bpf_redirect_peer(1, 0))
PROGRAM(redirect_peer_xdp, "xdp", return bpf_redirect_peer(1, 0))
PROGRAM(xdp_length, "xdp", runtime = bpf_xdp_get_buff_len(ctx))
PROGRAM(load_bytes_socket, "socket", bpf_skb_load_bytes(ctx, 0, buffer, sizeof(buffer)))
PROGRAM(load_bytes_xdp, "xdp", bpf_xdp_load_bytes(ctx, 0, buffer, sizeof(buffer)))
PROGRAM(branches_kprobe, "kprobe", bpf_get_branch_snapshot(buffer, 0, 0))
PROGRAM(vprintk_kprobe, "kprobe", __u64 number = 1; bpf_trace_vprintk(format, sizeof(format), &number, sizeof(number)))

SEC("?lsm.s/file_open")
int BPF_PROG(path_sleepable, struct file *file)
{
	bpf_d_path(&file->f_path, buffer, sizeof(buffer));
	return 0;
}

SEC("?lsm/file_open")
int BPF_PROG(path_plain, struct file *file)
{
	bpf_d_path(&file->f_path, buffer, sizeof(buffer));
	return 0;
}

SEC("?lsm/file_permission")
int BPF_PROG(path_hook, struct file *file)
{
	bpf_d_path(&file->f_path, buffer, sizeof(buffer));
	return 0;
}

SEC("?fentry/filp_close")
int BPF_PROG(path_function, struct file *file)
{
	bpf_d_path(&file->f_path, buffer, sizeof(buffer));
	return 0;
}

SEC("?fentry/vfs_read")
int BPF_PROG(path_other_function, struct file *file)
{
	bpf_d_path(&file->f_path, buffer, sizeof(buffer));
	return 0;
}

SEC("?lsm.s/file_open")
int BPF_PROG(hash_inode, struct file *file)
{
	bpf_ima_inode_hash(file->f_inode, buffer, sizeof(buffer));
	return 0;
}

SEC("?lsm.s/file_open")
int BPF_PROG(hash_file, struct file *file)
{
	bpf_ima_file_hash(file, buffer, sizeof(buffer));
	return 0;
}

SEC("?lsm/file_open")
int BPF_PROG(hash_file_plain, struct file *file)
{
	bpf_ima_file_hash(file, buffer, sizeof(buffer));
	return 0;
}

/* Kfuncs */

extern struct task_struct *bpf_task_from_pid(int pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;
extern struct bpf_cpumask *bpf_cpumask_create(void) __ksym __weak;
extern void bpf_cpumask_release(struct bpf_cpumask *mask) __ksym __weak;
extern struct cgroup *bpf_cgroup_from_id(__u64 id) __ksym __weak;
extern void bpf_cgroup_release(struct cgroup *cgroup) __ksym __weak;
extern struct file *bpf_get_task_exe_file(struct task_struct *task) __ksym __weak;
extern void bpf_put_file(struct file *file) __ksym __weak;
extern struct bpf_key *bpf_lookup_user_key(__s32 serial, __u64 flags) __ksym __weak;
extern struct bpf_key *bpf_lookup_system_key(__u64 id) __ksym __weak;
extern void bpf_key_put(struct bpf_key *key) __ksym __weak;
extern int bpf_copy_from_user_str(void *to, __u32 size, const void *from, __u64 flags) __ksym __weak;
extern int bpf_strcmp(const char *one, const char *other) __ksym __weak;
extern int bpf_strlen(const char *string) __ksym __weak;
extern int bpf_dynptr_from_xdp(struct xdp_md *xdp, __u64 flags, struct bpf_dynptr *dynptr) __ksym __weak;
extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *dynptr) __ksym __weak;
extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task, unsigned int flags) __ksym __weak;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym __weak;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;
extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym __weak;
extern int of_no_kernel(void) __ksym __weak;

#define TASK                                                                                                           \
	struct task_struct *task = bpf_task_from_pid(1);                                                               \
	if (task)                                                                                                      \
	bpf_task_release(task)
#define MASK                                                                                                           \
	struct bpf_cpumask *mask = bpf_cpumask_create();                                                               \
	if (mask)                                                                                                      \
	bpf_cpumask_release(mask)
#define GROUP                                                                                                          \
	struct cgroup *group = bpf_cgroup_from_id(1);                                                                  \
	if (group)                                                                                                     \
	bpf_cgroup_release(group)
#define EXE                                                                                                            \
	struct file *file = bpf_get_task_exe_file(bpf_get_current_task_btf());                                         \
	if (file)                                                                                                      \
	bpf_put_file(file)
#define KEY                                                                                                            \
	struct bpf_key *key = bpf_lookup_user_key(1, 0);                                                               \
	if (key)                                                                                                       \
	bpf_key_put(key)
#define RCU                                                                                                            \
	bpf_rcu_read_lock();                                                                                           \
	bpf_rcu_read_unlock()
#define TASKS                                                                                                          \
	struct bpf_iter_task it;                                                                                       \
	RCU_LOCKED(bpf_iter_task_new(&it, NULL, 0); while (bpf_iter_task_next(&it)) runtime++; bpf_iter_task_destroy(&it))
#define RCU_LOCKED(...)                                                                                                \
	bpf_rcu_read_lock();                                                                                           \
	__VA_ARGS__;                                                                                                   \
	bpf_rcu_read_unlock()

#define KFUNC_IN_KINDS(name, ...)                                                                                      \
	PROGRAM(name##_lsm, SLEEPABLE, __VA_ARGS__)                                                                    \
	PROGRAM(name##_lsm_plain, PLAIN, __VA_ARGS__)                                                                  \
	PROGRAM(name##_xdp, "xdp", __VA_ARGS__)                                                                        \
	PROGRAM(name##_kprobe, "kprobe", __VA_ARGS__)                                                                  \
	PROGRAM(name##_tp_btf, "tp_btf/sched_switch", __VA_ARGS__)                                                     \
	PROGRAM(name##_syscall, "syscall", __VA_ARGS__)

KFUNC_IN_KINDS(task, TASK)
KFUNC_IN_KINDS(mask, MASK)
KFUNC_IN_KINDS(group, GROUP)
KFUNC_IN_KINDS(key, KEY)
KFUNC_IN_KINDS(rcu, RCU)
KFUNC_IN_KINDS(copy_str, bpf_copy_from_user_str(buffer, sizeof(buffer), (void *)8, 0))
KFUNC_IN_KINDS(length, runtime = bpf_strlen(text))
KFUNC_IN_KINDS(nowhere, of_no_kernel())

PROGRAM(exe_lsm, SLEEPABLE, EXE)
PROGRAM(exe_lsm_plain, PLAIN, EXE)
PROGRAM(exe_fentry, "fentry/vfs_read", EXE)
PROGRAM(tasks_lsm, SLEEPABLE, TASKS)
PROGRAM(dynptr_xdp, "xdp", struct bpf_dynptr dynptr; bpf_dynptr_from_xdp(ctx, 0, &dynptr))
PROGRAM(dynptr_tc, "tc", struct bpf_dynptr dynptr; bpf_dynptr_from_skb(ctx, 0, &dynptr))
PROGRAM(dynptr_of_other, "tc", struct bpf_dynptr dynptr; bpf_dynptr_from_xdp(ctx, 0, &dynptr))
PROGRAM(loop_num_lsm, SLEEPABLE, int turn; bpf_for(turn, 0, 4) runtime++)
PROGRAM(loop_num_xdp, "xdp", int turn; bpf_for(turn, 0, 4) runtime++)
PROGRAM(task_guarded, SLEEPABLE, if (bpf_ksym_exists(bpf_task_from_pid)) { TASK; })
PROGRAM(nowhere_guarded, SLEEPABLE, if (bpf_ksym_exists(of_no_kernel)) of_no_kernel())
PROGRAM(str_or_not, SLEEPABLE, if (bpf_ksym_exists(bpf_copy_from_user_str))
	bpf_copy_from_user_str(buffer, sizeof(buffer), (void *)8, 0); else SLEEP())
PROGRAM(str_or_not_plain, PLAIN, if (bpf_ksym_exists(bpf_copy_from_user_str))
	bpf_copy_from_user_str(buffer, sizeof(buffer), (void *)8, 0))
