/* Kernel functions that vmlinux.h declares; this file declares one of them too, and so does libbpf. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

extern void bpf_rcu_read_lock(void) __weak __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

SEC("tp_btf/task_newtask")
int BPF_PROG(on_task, struct task_struct *task, u64 flags)
{
	struct task_struct *same;
	int i, sum = 0;

	bpf_rcu_read_lock();
	same = bpf_task_from_pid(task->pid);
	bpf_rcu_read_unlock();
	if (!same)
		return 0;
	bpf_for(i, 0, 3)
		sum += i;
	bpf_task_release(same);
	return sum;
}
