/*
 * Watches execs. Reads the arguments from the new process's own memory with bpf_copy_from_user(), which may fault the
 * page in, and so needs a sleepable program.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "exec-watch.h"

char LICENSE[] SEC("license") = "GPL";

struct task_struct {
	int tgid;
	struct task_struct *real_parent;
} __attribute__((preserve_access_index));

struct linux_binprm {
	unsigned long p;    /* lowest argument string, in the new process's memory */
	unsigned long exec; /* the file name, above the arguments and the environment */
	int argc;
	const char *filename;
} __attribute__((preserve_access_index));

/* The caller of execve; on_check stores it for on_exec. */
struct caller {
	__u32 uid;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32); /* thread id */
	__type(value, struct caller);
} callers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps") __attribute__((btf_decl_tag("event:struct exec_event")));

/* On Linux 5.10 sleepable programs can use neither ring buffers nor per-CPU maps: events wait here until they are read. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64); /* time of the exec */
	__type(value, struct exec_event);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exec_event);
} empty SEC(".maps");

__u64 dropped;

static __always_inline void fill(struct exec_event *e, struct linux_binprm *bprm)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 size = bprm->exec - bprm->p;
	struct caller *caller;

	e->ppid = BPF_CORE_READ(task, real_parent, tgid);
	e->uid = bpf_get_current_uid_gid();
	e->argc = bprm->argc;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_probe_read_kernel_str(e->filename, sizeof(e->filename), bprm->filename);

	caller = bpf_map_lookup_elem(&callers, &tid);
	e->from_uid = caller ? caller->uid : e->uid;
	if (caller)
		__builtin_memcpy(e->from, caller->comm, sizeof(e->from));
	else
		e->from[0] = 0;
	bpf_map_delete_elem(&callers, &tid);

	if (size > ARGS_SIZE)
		size = ARGS_SIZE;
	e->args_size = bpf_copy_from_user(e->args, size, (void *)bprm->p) ? 0 : size;
	/* Set last: an event in the queue is complete once it has a pid. */
	barrier();
	e->pid = bpf_get_current_pid_tgid() >> 32;
}

SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(on_exec, struct linux_binprm *bprm)
{
	struct exec_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	fill(e, bprm);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/* The variant for Linux 5.10, loaded instead of on_exec. */
SEC("?lsm.s/bprm_committed_creds")
int BPF_PROG(on_exec_queue, struct linux_binprm *bprm)
{
	__u64 key = bpf_ktime_get_ns();
	__u32 zero = 0;
	struct exec_event *e = bpf_map_lookup_elem(&empty, &zero);

	if (!e || bpf_map_update_elem(&queue, &key, e, BPF_NOEXIST)) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	e = bpf_map_lookup_elem(&queue, &key);
	if (!e)
		return 0;
	fill(e, bprm);
	return 0;
}

/* Runs before the credentials change. This hook can sleep since Linux 5.11; on 5.10 the program is not loaded. */
SEC("lsm.s/bprm_check_security")
int BPF_PROG(on_check, struct linux_binprm *bprm)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct caller caller = {};

	caller.uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(caller.comm, sizeof(caller.comm));
	bpf_map_update_elem(&callers, &tid, &caller, BPF_ANY);
	return 0;
}
