/*
 * Decides on execs, file opens and connects by rules that change while it runs. The programs are sleepable: only
 * sleepable programs may call bpf_d_path() at these hooks on every kernel since 5.12.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "policy.h"

char LICENSE[] SEC("license") = "GPL";

#define EPERM 1
#define AF_INET 2
#define AF_INET6 10
#define PATH_SIZE 4096
#define TICK_NS 10000000
#define TRIES 4
#define BUFFERS_PER_CPU 8 /* policy.ts sizes the map */

struct path {
} __attribute__((preserve_access_index));

struct file {
	struct path f_path;
} __attribute__((preserve_access_index));

struct linux_binprm {
	struct file *file;
} __attribute__((preserve_access_index));

struct sockaddr {
	unsigned short sa_family;
} __attribute__((preserve_access_index));

struct task_struct {
	struct task_struct *group_leader;
	__u64 start_boottime;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct policy);
} policies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} decisions SEC(".maps") __attribute__((btf_decl_tag("event:struct decision")));

const struct decision *unused_decision __attribute__((unused));

/* Buffers for paths, which do not fit on the stack. More than one for each CPU: a sleepable program may be preempted. */
struct text {
	__u64 taken;
	char bytes[PATH_SIZE];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BUFFERS_PER_CPU);
	__type(key, __u32);
	__type(value, struct text);
} buffers SEC(".maps");

struct question {
	enum hook hook;
	__u32 uid;
	__u32 path_size; /* 0: not known */
};

struct answer {
	__s32 rule;
	enum verdict verdict;
	__u32 unresolved;
	__u32 tell;
};

/* Since Linux 6.12. Before, the connecting program can't be determined: mm->exe_file may change during the read. */
extern struct file *bpf_get_task_exe_file(struct task_struct *task) __ksym __weak;
extern void bpf_put_file(struct file *file) __ksym __weak;

/* Global functions, so that the verifier checks each once and not once for each rule. */
__noinline int is_below(struct text *path, struct rule *rule)
{
	__u32 size;

	if (!path || !rule)
		return 0;
	size = rule->path_size;
	for (__u32 i = 0; i < RULE_PATH_SIZE; i++) {
		if (i >= size)
			return size == 0 || path->bytes[i] == '/' || path->bytes[i] == 0;
		if (path->bytes[i] != rule->path[i])
			return 0;
	}
	return 0;
}

enum fit {
	NO,
	YES,
	UNSURE, /* the path decides, and can't be resolved */
};

__noinline int fits(struct rule *rule, struct question *q, struct text *path)
{
	if (!rule || !q)
		return NO;
	if (!(rule->hooks & (1 << (q->hook & 3))))
		return NO;
	if ((rule->conditions & OF_UID) && rule->uid != q->uid)
		return NO;
	if ((rule->conditions & OF_CGROUP) &&
	    bpf_get_current_ancestor_cgroup_id(rule->cgroup_depth) != rule->cgroup)
		return NO;
	if (!(rule->conditions & OF_PATH))
		return YES;
	if (q->path_size == 0)
		return UNSURE;
	return is_below(path, rule) ? YES : NO;
}

/* The first rule that matches decides; if none matches, the operation is allowed. */
__noinline int judge(struct rule_set *set, struct question *q, struct text *path, struct answer *answer)
{
	if (!set || !q || !answer)
		return 0;
	answer->rule = -1;
	answer->verdict = ALLOWED;
	answer->unresolved = 0;
	answer->tell = 0;
	if (!(set->hooks & (1 << (q->hook & 3))))
		return 0;
	for (__u32 i = 0; i < MAX_RULES && i < set->count; i++) {
		struct rule *rule = &set->rules[i];
		int fit = fits(rule, q, path);

		if (fit == NO)
			continue;
		answer->rule = i;
		answer->tell = rule->tell;
		answer->unresolved = fit == UNSURE;
		if (fit == UNSURE ? set->deny_unresolved : rule->deny)
			answer->verdict = set->enforcing ? DENIED : WOULD_DENY;
		break;
	}
	return 0;
}

static __always_inline struct text *take_buffer(void)
{
	__u32 first = bpf_get_smp_processor_id() * BUFFERS_PER_CPU;

	for (__u32 i = 0; i < BUFFERS_PER_CPU; i++) {
		__u32 index = first + i;
		struct text *text = bpf_map_lookup_elem(&buffers, &index);

		if (text && __sync_val_compare_and_swap(&text->taken, 0, 1) == 0)
			return text;
	}
	return NULL;
}

/* The verdict if the rules changed during every attempt to evaluate them. */
static __always_inline void give_up(struct rule_set *set, struct answer *answer)
{
	answer->rule = -1;
	answer->unresolved = 1;
	answer->tell = 1;
	answer->verdict = !set->deny_unresolved ? ALLOWED : set->enforcing ? DENIED : WOULD_DENY;
}

static __always_inline int is_service(struct policy *policy)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return bpf_get_current_pid_tgid() >> 32 == policy->service_pid &&
	       task->group_leader->start_boottime / TICK_NS == policy->service_start;
}

/* Returns the path's length, or 0 if it can't be resolved. The buffer has garbage after the path. */
static __always_inline __u32 path_of(struct file *file, struct text *text)
{
	long size = bpf_d_path(&file->f_path, text->bytes, PATH_SIZE);

	return size > 1 ? size - 1 : 0;
}

static __always_inline __u32 path_of_program(struct text *text)
{
	struct file *file;
	__u32 size;

	if (!bpf_ksym_exists(bpf_get_task_exe_file))
		return 0;
	file = bpf_get_task_exe_file(bpf_get_current_task_btf());
	if (!file)
		return 0;
	size = path_of(file, text);
	bpf_put_file(file);
	return size;
}

static __always_inline void tell(struct counters *counted, struct question *q, struct answer *answer, __u64 generation,
				 struct text *path, struct sockaddr *address)
{
	struct decision *d = bpf_ringbuf_reserve(&decisions, sizeof(*d), 0);

	if (!d) {
		__sync_fetch_and_add(&counted->lost, 1);
		return;
	}
	d->time = bpf_ktime_get_ns();
	d->generation = generation;
	d->cgroup = bpf_get_current_cgroup_id();
	d->pid = bpf_get_current_pid_tgid() >> 32;
	d->uid = q->uid;
	d->rule = answer->rule;
	d->hook = q->hook;
	d->verdict = answer->verdict;
	d->unresolved = answer->unresolved;
	bpf_get_current_comm(d->comm, sizeof(d->comm));
	if (!address || bpf_probe_read_kernel(d->address, sizeof(d->address), address))
		__builtin_memset(d->address, 0, sizeof(d->address));
	d->path_size = q->path_size;
	d->path[0] = 0;
	if (path && q->path_size)
		bpf_probe_read_kernel_str(d->path, sizeof(d->path), path->bytes);
	bpf_ringbuf_submit(d, 0);
}

/* The file that is executed or opened; or an address, and then the connecting program. */
static __always_inline int decide(enum hook hook, struct file *file, struct sockaddr *address)
{
	struct question q = { .hook = hook, .uid = bpf_get_current_uid_gid() };
	struct answer answer = {};
	struct text *path = NULL;
	struct counters *counted;
	struct policy *policy;
	__u64 generation = 0;
	__u32 zero = 0;

	policy = bpf_map_lookup_elem(&policies, &zero);
	counted = bpf_map_lookup_elem(&counters, &zero);
	if (!policy || !counted || is_service(policy))
		return 0;
	for (int i = 0; i < TRIES; i++) {
		struct rule_set *set;
		__u64 barrier = 0;

		generation = *(volatile __u64 *)&policy->generation;
		set = &policy->sets[generation & 1];
		if (!path && set->hooks & (1 << hook)) {
			path = take_buffer();
			if (path)
				q.path_size = file ? path_of(file, path) : path_of_program(path);
		}
		judge(set, &q, path, &answer);
		/* The atomic exchange is a full barrier; without it Arm would reorder the reads. */
		__sync_lock_test_and_set(&barrier, 1);
		if (*(volatile __u64 *)&policy->generation == generation)
			break;
		/* The service may have overwritten the rules during the evaluation. */
		give_up(set, &answer);
	}
	__sync_fetch_and_add(&counted->decisions[hook][answer.verdict < VERDICTS ? answer.verdict : ALLOWED], 1);
	if (answer.unresolved)
		__sync_fetch_and_add(&counted->unresolved[hook], 1);
	if (answer.tell)
		tell(counted, &q, &answer, generation, path, address);
	if (path)
		__sync_lock_test_and_set(&path->taken, 0);
	return answer.verdict == DENIED ? -EPERM : 0;
}

SEC("lsm.s/bprm_check_security")
int BPF_PROG(check_exec, struct linux_binprm *bprm)
{
	return decide(EXEC, bprm->file, NULL);
}

SEC("lsm.s/file_open")
int BPF_PROG(check_open, struct file *file)
{
	return decide(OPEN, file, NULL);
}

/* Unix sockets are not checked: the service's own API is one. */
SEC("lsm.s/socket_connect")
int BPF_PROG(check_connect, struct socket *socket, struct sockaddr *address)
{
	if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
		return 0;
	return decide(CONNECT, NULL, address);
}
