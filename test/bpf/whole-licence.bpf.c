/* Programs that depend on the licence: this one is not compatible with the GPL. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Proprietary";

#define PROGRAM(name, section, ...)                                                                                    \
	SEC("?" section)                                                                                               \
	int name(void *ctx)                                                                                            \
	{                                                                                                              \
		__VA_ARGS__;                                                                                           \
		return 0;                                                                                              \
	}

struct timed {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct timed);
} timers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 8);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} array SEC(".maps");

static char buffer[8];
static __u32 zero;
__u64 runtime;
const volatile _Bool enabled;
static const char format[] = "%d";

PROGRAM(kprobe_nothing, "kprobe")
PROGRAM(kprobe_pid, "kprobe", runtime = bpf_get_current_pid_tgid())
PROGRAM(kprobe_time, "kprobe", runtime = bpf_ktime_get_ns())
PROGRAM(kprobe_boot_time, "kprobe", runtime = bpf_ktime_get_boot_ns())
PROGRAM(kprobe_task, "kprobe", runtime = bpf_get_current_task())
PROGRAM(kprobe_task_btf, "kprobe", runtime = (__u64)bpf_get_current_task_btf())
PROGRAM(kprobe_read, "kprobe", bpf_probe_read_kernel(buffer, sizeof(buffer), (void *)8))
PROGRAM(kprobe_read_user, "kprobe", bpf_probe_read_user(buffer, sizeof(buffer), (void *)8))
PROGRAM(kprobe_read_user_str, "kprobe", bpf_probe_read_user_str(buffer, sizeof(buffer), (void *)8))
PROGRAM(kprobe_print, "kprobe", bpf_trace_printk(format, sizeof(format), 1))
PROGRAM(kprobe_output, "kprobe", bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, buffer, sizeof(buffer)))
PROGRAM(kprobe_stack_id, "kprobe", bpf_get_stackid(ctx, &stacks, 0))
PROGRAM(kprobe_stack, "kprobe", bpf_get_stack(ctx, buffer, sizeof(buffer), 0))
PROGRAM(kprobe_signal, "kprobe", bpf_send_signal(10))
PROGRAM(kprobe_lookup, "kprobe", bpf_map_lookup_elem(&array, &zero))
PROGRAM(kprobe_name, "kprobe", bpf_get_current_comm(buffer, sizeof(buffer)))
PROGRAM(kprobe_not_taken, "kprobe", if (enabled) runtime = bpf_get_current_task())
PROGRAM(kprobe_maybe, "kprobe", if (runtime == 3) runtime = bpf_get_current_task())
PROGRAM(uprobe_copy, "uprobe.s", bpf_copy_from_user(buffer, sizeof(buffer), (void *)8))
PROGRAM(uprobe_snprintf, "uprobe.s", __u64 number = 1; bpf_snprintf(buffer, sizeof(buffer), format, &number, 8))
PROGRAM(tp_nothing, "tp")
PROGRAM(raw_tp_nothing, "raw_tp")
PROGRAM(xdp_time, "xdp", runtime = bpf_ktime_get_ns())
PROGRAM(xdp_print, "xdp", bpf_trace_printk(format, sizeof(format), 1))
PROGRAM(tc_time, "tc", runtime = bpf_ktime_get_ns())
PROGRAM(tc_timer, "tc", struct timed *value = bpf_map_lookup_elem(&timers, &zero);
	if (value) bpf_timer_init(&value->timer, &timers, 1))
PROGRAM(socket_nothing, "socket")
PROGRAM(syscall_nothing, "syscall")
PROGRAM(syscall_copy, "syscall", bpf_copy_from_user(buffer, sizeof(buffer), (void *)8))
PROGRAM(perf_nothing, "perf_event")
PROGRAM(lsm_nothing, "lsm.s/bprm_committed_creds")
PROGRAM(lsm_plain_nothing, "lsm/bprm_committed_creds")
PROGRAM(fentry_nothing, "fentry/vfs_read")
PROGRAM(fexit_time, "fexit/vfs_read", runtime = bpf_ktime_get_ns())
PROGRAM(tp_btf_nothing, "tp_btf/sched_switch")
PROGRAM(iter_nothing, "iter/task")
PROGRAM(cgroup_nothing, "cgroup_skb/egress")
PROGRAM(sockops_nothing, "sockops")

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
} __attribute__((preserve_access_index));

SEC("?iter/task")
int iter_writes(struct bpf_iter__task *ctx)
{
	bpf_seq_write(ctx->meta->seq, buffer, sizeof(buffer));
	return 0;
}

struct file {
	unsigned int f_flags;
} __attribute__((preserve_access_index));

SEC("?fentry/vfs_read")
int BPF_PROG(fentry_reads, struct file *file)
{
	runtime = file->f_flags;
	return 0;
}

extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;

PROGRAM(kprobe_kfunc, "kprobe", bpf_rcu_read_lock(); bpf_rcu_read_unlock())
PROGRAM(uprobe_kfunc, "uprobe.s", bpf_rcu_read_lock(); bpf_rcu_read_unlock())
PROGRAM(xdp_loop_num, "xdp", int turn; bpf_for(turn, 0, 4) runtime++)
