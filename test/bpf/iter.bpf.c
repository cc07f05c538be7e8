/* Iterators: a line or a record for each task, and more output than one read takes. */
#include "common.h"

struct task_struct {
	int pid;
	int tgid;
	char comm[16];
} __attribute__((preserve_access_index));

struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __attribute__((preserve_access_index));

struct bpf_iter__bpf_map {
	struct bpf_iter_meta *meta;
	void *map;
} __attribute__((preserve_access_index));

static __always_inline int print_task(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;

	if (task)
		BPF_SEQ_PRINTF(seq, "%d %d\n", task->tgid, task->pid);
	return 0;
}

SEC("iter/task")
int list_tasks(struct bpf_iter__task *ctx)
{
	return print_task(ctx);
}

/* Since Linux 5.18 the kernel runs these correctly; 5.10 accepts them but should not. */
SEC("?iter.s/task")
int list_tasks_sleepable(struct bpf_iter__task *ctx)
{
	return print_task(ctx);
}

/* A target that can't run sleepable programs: the program loads, and since 5.18 fails to attach. */
SEC("?iter.s/bpf_map")
int list_maps_sleepable(struct bpf_iter__bpf_map *ctx)
{
	return 0;
}

/* Always requests another call for the same element. */
SEC("?iter/task")
int again(struct bpf_iter__task *ctx)
{
	return 1;
}

struct task_record {
	int tgid;
	int pid;
	char comm[16];
};

/* For its type. */
const struct task_record *unused_task_record __attribute__((unused));

static __always_inline int write_task(struct seq_file *seq, struct task_struct *task)
{
	struct task_record record = {};

	record.tgid = task->tgid;
	record.pid = task->pid;
	bpf_probe_read_kernel_str(record.comm, sizeof(record.comm), task->comm);
	bpf_seq_write(seq, &record, sizeof(record));
	return 0;
}

SEC("iter/task")
__attribute__((btf_decl_tag("event:struct task_record")))
int record_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	return task ? write_task(ctx->meta->seq, task) : 0;
}

/* Ends with three bytes that are no record. */
SEC("?iter/task")
__attribute__((btf_decl_tag("event:struct task_record")))
int tear_records(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct seq_file *seq = ctx->meta->seq;
	char torn[3] = {};

	if (task)
		return write_task(seq, task);
	bpf_seq_write(seq, torn, sizeof(torn));
	return 0;
}
