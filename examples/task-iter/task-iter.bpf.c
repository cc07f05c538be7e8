/*
 * Lists processes with their command lines. The kernel runs an iterator program for each element while user space reads
 * its output. A sleepable one may read the user memory of another process, with bpf_copy_from_user_task(): this memory
 * has the command line, and the process may change it.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define ARGS_SIZE 256

typedef struct {
	__u32 val;
} kuid_t;

struct cred {
	kuid_t uid;
} __attribute__((preserve_access_index));

struct mm_struct {
	unsigned long arg_start, arg_end;
} __attribute__((preserve_access_index));

struct task_struct {
	int pid;
	int tgid;
	struct task_struct *real_parent;
	const struct cred *cred;
	struct mm_struct *mm;
	char comm[16];
} __attribute__((preserve_access_index));

struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __attribute__((preserve_access_index));

/* The record of each process. */
struct process {
	__u32 pid;
	__u32 ppid;
	__u32 uid;
	__u32 args_size; /* number of bytes in args; 0 for a kernel thread */
	char comm[16];
	unsigned char args[ARGS_SIZE];
};

const struct process *unused_process __attribute__((unused));

SEC("iter.s/task")
int list_processes(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct process process = {};
	__u64 start, size;

	/* NULL marks the end. The first of a process's threads represents the process. */
	if (!task || task->pid != task->tgid)
		return 0;
	process.pid = task->tgid;
	process.ppid = task->real_parent->tgid;
	process.uid = task->cred->uid.val;
	__builtin_memcpy(process.comm, task->comm, sizeof(process.comm));
	if (task->mm) {
		start = task->mm->arg_start;
		size = task->mm->arg_end - start;
		if (size > ARGS_SIZE)
			size = ARGS_SIZE;
		if (!bpf_copy_from_user_task(process.args, size, (void *)start, task, 0))
			process.args_size = size;
	}
	bpf_seq_write(ctx->meta->seq, &process, sizeof(process));
	return 0;
}
