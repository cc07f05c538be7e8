/* One program for each kind of tracing program: each counts its runs for the watched process. */
#include "common.h"
#include <stdbool.h>
#include <bpf/usdt.bpf.h>

__u64 runs;
__u64 cookie;

static __always_inline int count(void)
{
	if (is_watched())
		__sync_fetch_and_add(&runs, 1);
	return 0;
}

/* A program, and one that reads its cookie: the helper is newer than the kinds. */
#define COUNTS(name, section)                                                                                          \
	SEC("?" section)                                                                                               \
	int name(void *ctx)                                                                                            \
	{                                                                                                              \
		return count();                                                                                        \
	}
#define COUNTS_WITH_COOKIE(name, section)                                                                              \
	COUNTS(name, section)                                                                                          \
	SEC("?" section)                                                                                               \
	int name##_cookie(void *ctx)                                                                                   \
	{                                                                                                              \
		if (is_watched())                                                                                      \
			cookie = bpf_get_attach_cookie(ctx);                                                           \
		return count();                                                                                        \
	}

COUNTS_WITH_COOKIE(kprobe, "kprobe/" SYSTEM_CALL(getpriority))
COUNTS_WITH_COOKIE(kretprobe, "kretprobe/" SYSTEM_CALL(getpriority))
COUNTS_WITH_COOKIE(ksyscall, "ksyscall/getpriority")
COUNTS_WITH_COOKIE(kretsyscall, "kretsyscall/getpriority")
COUNTS_WITH_COOKIE(kprobe_multi, "kprobe.multi/" SYSTEM_CALL(getpriorit?))
COUNTS_WITH_COOKIE(kretprobe_multi, "kretprobe.multi/" SYSTEM_CALL(getpriorit?))
COUNTS_WITH_COOKIE(kprobe_session, "kprobe.session/" SYSTEM_CALL(getpriorit?))
COUNTS_WITH_COOKIE(uprobe, "uprobe")
COUNTS_WITH_COOKIE(uretprobe, "uretprobe")
COUNTS_WITH_COOKIE(uprobe_multi, "uprobe.multi")
COUNTS_WITH_COOKIE(uretprobe_multi, "uretprobe.multi")
COUNTS_WITH_COOKIE(uprobe_session, "uprobe.session")
COUNTS_WITH_COOKIE(tracepoint, "tracepoint/syscalls/sys_enter_getpriority")
COUNTS_WITH_COOKIE(raw_tp, "raw_tp/sys_enter")
COUNTS_WITH_COOKIE(raw_tp_writable, "raw_tp.w/bpf_test_finish")
COUNTS_WITH_COOKIE(tp_btf, "tp_btf/sys_enter")
COUNTS_WITH_COOKIE(fentry, "fentry/" SYSTEM_CALL(getpriority))
COUNTS_WITH_COOKIE(fexit, "fexit/" SYSTEM_CALL(getpriority))
COUNTS_WITH_COOKIE(fmod_ret, "fmod_ret/security_file_open")
COUNTS(fsession, "fsession/" SYSTEM_CALL(getpriority))
COUNTS(fentry_multi, "fentry.multi/" SYSTEM_CALL(getpriorit?))
COUNTS(fexit_multi, "fexit.multi/" SYSTEM_CALL(getpriorit?))
COUNTS(fsession_multi, "fsession.multi/" SYSTEM_CALL(getpriorit?))
COUNTS_WITH_COOKIE(lsm, "lsm/file_open")
COUNTS_WITH_COOKIE(perf_event, "perf_event")

/* Programs of other processes fire it: the test starts one. */
SEC("?usdt")
int usdt(struct pt_regs *ctx)
{
	cookie = bpf_usdt_cookie(ctx);
	__sync_fetch_and_add(&runs, 1);
	return 0;
}

/* A function of a BPF program: freplace replaces it, fentry and fexit trace it. */
__noinline int answer(struct __sk_buff *skb)
{
	volatile int value = 1;
	return value;
}

/* Its return value is that of answer(). */
SEC("?tc")
int target(struct __sk_buff *skb)
{
	return answer(skb);
}

SEC("?freplace/answer")
int freplace(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&runs, 1);
	return 42;
}

COUNTS(fentry_program, "fentry/answer")
COUNTS(fexit_program, "fexit/answer")

/* Iterators that count what they visit. */
struct task_struct {
	int pid;
	int tgid;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	void *meta;
	struct task_struct *task;
} __attribute__((preserve_access_index));

int last_pid;

SEC("?iter/task")
int iter_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (!task)
		return 0;
	last_pid = task->pid;
	__sync_fetch_and_add(&runs, 1);
	return 0;
}

struct bpf_iter__bpf_map_elem {
	void *meta;
	void *map;
	void *key;
	void *value;
} __attribute__((preserve_access_index));

SEC("?iter/bpf_map_elem")
int iter_map_elem(struct bpf_iter__bpf_map_elem *ctx)
{
	if (ctx->key)
		__sync_fetch_and_add(&runs, 1);
	return 0;
}

struct bpf_iter__cgroup {
	void *meta;
	void *cgroup;
} __attribute__((preserve_access_index));

SEC("?iter/cgroup")
int iter_cgroup(struct bpf_iter__cgroup *ctx)
{
	if (ctx->cgroup)
		__sync_fetch_and_add(&runs, 1);
	return 0;
}
