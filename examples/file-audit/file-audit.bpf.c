/*
 * Reports who opens files under a directory. The hook can sleep: there bpf_d_path() returns the file's whole path, and
 * bpf_copy_from_user() reads the command line from the memory of the opening process, even if it is paged out.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define PATH_SIZE 512
#define ARGS_SIZE 512

struct path {
} __attribute__((preserve_access_index));

struct file {
	struct path f_path;
	unsigned int f_flags;
} __attribute__((preserve_access_index));

struct mm_struct {
	unsigned long arg_start, arg_end;
} __attribute__((preserve_access_index));

struct task_struct {
	struct mm_struct *mm;
} __attribute__((preserve_access_index));

struct open_event {
	__u32 pid;
	__u32 uid;
	__u32 flags;     /* flags of open(2) */
	__u32 args_size; /* number of bytes in args */
	char comm[16];
	char path[PATH_SIZE];
	unsigned char args[ARGS_SIZE]; /* each string with its NUL; truncated if they do not fit */
};

const struct open_event *unused_open_event __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps") __attribute__((btf_decl_tag("event:struct open_event")));

/* Set before the load: the prefix of the paths, with a slash at its end. */
const volatile char directory[PATH_SIZE];

__u64 dropped; /* the ring was full, or the path too long */

static __always_inline _Bool is_inside(const char *path)
{
	for (int i = 0; i < PATH_SIZE && directory[i]; i++)
		if (path[i] != directory[i])
			return 0;
	return 1;
}

static __always_inline void read_args(struct open_event *e)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	unsigned long start = BPF_CORE_READ(task, mm, arg_start); /* 0 for a kernel thread */
	__u64 size = BPF_CORE_READ(task, mm, arg_end) - start;

	if (size > ARGS_SIZE)
		size = ARGS_SIZE;
	e->args_size = bpf_copy_from_user(e->args, size, (void *)start) ? 0 : size;
}

SEC("lsm.s/file_open")
int BPF_PROG(on_open, struct file *file)
{
	struct open_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e || bpf_d_path(&file->f_path, e->path, sizeof(e->path)) < 0) {
		__sync_fetch_and_add(&dropped, 1);
		if (e)
			bpf_ringbuf_discard(e, 0);
		return 0;
	}
	if (!is_inside(e->path)) {
		bpf_ringbuf_discard(e, 0);
		return 0;
	}
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->uid = bpf_get_current_uid_gid();
	e->flags = file->f_flags;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	read_args(e);
	bpf_ringbuf_submit(e, 0);
	return 0;
}
