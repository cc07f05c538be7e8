/* Ten programs that follow pointers through the kernel's structs: some sixty CO-RE relocations each. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 10);
	__type(key, u32);
	__type(value, u64);
} sums SEC(".maps");

static __always_inline u64 of_file(struct file *file)
{
	return BPF_CORE_READ(file, f_flags) + BPF_CORE_READ(file, f_path.dentry, d_name.len) +
	       BPF_CORE_READ(file, f_path.dentry, d_parent, d_name.len) + BPF_CORE_READ(file, f_inode, i_ino) +
	       BPF_CORE_READ(file, f_inode, i_size) + BPF_CORE_READ(file, f_inode, i_sb, s_dev) +
	       BPF_CORE_READ(file, f_inode, i_sb, s_magic) + BPF_CORE_READ(file, f_inode, i_mapping, nrpages);
}

static __always_inline u64 of_task(struct task_struct *task)
{
	return task->pid + task->tgid + task->start_time + task->flags + task->prio + task->utime + task->stime +
	       BPF_CORE_READ(task, real_parent, pid) + BPF_CORE_READ(task, real_parent, real_parent, pid) +
	       BPF_CORE_READ(task, group_leader, pid) + BPF_CORE_READ(task, cred, uid.val) +
	       BPF_CORE_READ(task, cred, gid.val) + BPF_CORE_READ(task, cred, user_ns, level) +
	       BPF_CORE_READ(task, nsproxy, uts_ns, ns.inum) + BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum) +
	       BPF_CORE_READ(task, nsproxy, net_ns, ns.inum) + BPF_CORE_READ(task, mm, total_vm) +
	       BPF_CORE_READ(task, mm, start_stack) + BPF_CORE_READ(task, signal, nr_threads) +
	       BPF_CORE_READ(task, files, fdt, max_fds);
}

#define PROGRAM(number)                                                                        \
	SEC("raw_tp/task_rename")                                                              \
	int read_##number(struct bpf_raw_tracepoint_args *ctx)                                 \
	{                                                                                      \
		struct task_struct *task = (void *)bpf_get_current_task_btf();                 \
		u32 key = number;                                                              \
		u64 *sum = bpf_map_lookup_elem(&sums, &key);                                   \
											       \
		if (sum)                                                                       \
			*sum += of_task(task) + of_file(BPF_CORE_READ(task, mm, exe_file));    \
		return 0;                                                                      \
	}

PROGRAM(0)
PROGRAM(1)
PROGRAM(2)
PROGRAM(3)
PROGRAM(4)
PROGRAM(5)
PROGRAM(6)
PROGRAM(7)
PROGRAM(8)
PROGRAM(9)

char LICENSE[] SEC("license") = "GPL";
