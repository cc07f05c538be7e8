/* A typical sleepable LSM program: all types from vmlinux.h, relocated by CO-RE. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* Since Linux 5.15. */
struct task_struct___later {
	void *bpf_ctx;
} __attribute__((preserve_access_index));

struct exec_event {
	pid_t pid;
	u32 uid;
	char comm[16];
	char filename[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

/* Keeps the type in BTF: only a ring buffer uses it, so a variable must refer to it. */
const struct exec_event *unused __attribute__((unused));

SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(on_exec, struct linux_binprm *bprm)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task_btf();
	struct exec_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return 0;
	event->pid = task->tgid;
	event->uid = bprm->cred->uid.val;
	BPF_CORE_READ_STR_INTO(&event->comm, task, group_leader, comm);
	bpf_probe_read_kernel_str(event->filename, sizeof(event->filename), bprm->filename);
	if (bpf_core_field_exists(((struct task_struct___later *)task)->bpf_ctx))
		event->pid = BPF_CORE_READ(task, real_parent, tgid);
	bpf_ringbuf_submit(event, 0);
	return 0;
}
