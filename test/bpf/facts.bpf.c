/* Programs that refer to helpers, kfuncs and maps in every possible way. Never loaded: the tests only read their facts. */
#include "common.h"

extern unsigned int CONFIG_HZ __kconfig;
extern void strong_kfunc(void) __ksym;
extern void weak_kfunc___v2(void) __ksym __weak;

const volatile _Bool enabled;
const volatile struct {
	_Bool nested;
} settings;
static const volatile char label[4] = "abc";
const char greeting[8] = "hello";
char buffer[8];
__u64 runtime;

struct task_struct {
	int tgid;
	int gone;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__type(value, __u32);
} queue SEC(".maps");

struct locked {
	__u32 count;
	struct {
		struct bpf_spin_lock lock;
	} inner;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct locked);
} locked SEC(".maps");

struct timed {
	struct bpf_timer timers[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct timed);
} timed SEC(".maps");

struct trie {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8);
	__uint(key_size, 8);
	__uint(value_size, 8);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct trie);
} tries SEC(".maps");

SEC(".data.lock") struct bpf_spin_lock data_lock;

static __u32 zero;

static __always_inline void copy(void)
{
	bpf_copy_from_user(buffer, sizeof(buffer), (void *)8);
}

static __noinline void copy_static(void)
{
	copy();
	bpf_map_pop_elem(&queue, &zero);
}

__noinline int copy_global(__u64 which)
{
	if (which == 5)
		copy();
	return 0;
}

static __noinline int copy_if(void *ctx, int wanted)
{
	/* Prevents clang from merging the two functions. */
	asm volatile("" ::: "memory");
	if (wanted)
		copy();
	return 0;
}

static int on_timer(void *map, int *key, struct timed *value)
{
	copy_static();
	return 0;
}

SEC("?lsm/file_open")
int direct(void *ctx)
{
	copy();
	bpf_printk("hello %d", 1);
	return 0;
}

SEC("?lsm/file_open")
int in_static(void *ctx)
{
	copy_static();
	return 0;
}

SEC("?lsm/file_open")
int in_global(void *ctx)
{
	return copy_global(runtime);
}

SEC("?lsm/file_open")
int in_callback(void *ctx)
{
	struct timed *value = bpf_map_lookup_elem(&timed, &zero);

	if (value)
		bpf_timer_set_callback(&value->timers[0], on_timer);
	return 0;
}

SEC("?lsm/file_open")
int runtime_branch(void *ctx)
{
	if (runtime == 7)
		copy();
	return greeting[runtime & 7];
}

SEC("?lsm/file_open")
int constant_branch(void *ctx)
{
	bpf_get_current_pid_tgid();
	if (enabled)
		copy();
	return 0;
}

SEC("?lsm/file_open")
int constant_both(void *ctx)
{
	if (enabled)
		copy();
	else
		copy_static();
	copy_static();
	return 0;
}

SEC("?lsm/file_open")
int constant_struct(void *ctx)
{
	if (settings.nested)
		copy();
	return 0;
}

SEC("?lsm/file_open")
int constant_text(void *ctx)
{
	if (label[1] == 'x')
		copy();
	return 0;
}

SEC("?lsm/file_open")
int constant_kconfig(void *ctx)
{
	if (CONFIG_HZ == 250)
		copy();
	return 0;
}

SEC("?lsm/file_open")
int constant_core(struct task_struct *task)
{
	if (bpf_core_field_exists(task->gone))
		copy();
	return 0;
}

SEC("?lsm/file_open")
int field_offset(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];

	if (task->gone)
		copy();
	return 0;
}

SEC("?lsm/file_open")
int constant_argument(void *ctx)
{
	return copy_if(ctx, 0);
}

SEC("?lsm.s/file_open")
int other_argument(void *ctx)
{
	return copy_if(ctx, 1);
}

SEC("?lsm/file_open")
int unreachable(void *ctx)
{
	asm volatile("goto +5;"
		     "r1 = %[buffer] ll;"
		     "r2 = 0;"
		     "call 148;"
		     "call 6;"
		     :: [buffer]"i"(&hash) : "r0", "r1", "r2", "r3", "r4", "r5");
	return 0;
}

SEC("?lsm/file_open")
int kfuncs(void *ctx)
{
	strong_kfunc();
	if (weak_kfunc___v2)
		weak_kfunc___v2();
	return 0;
}

SEC("?lsm/file_open")
int maps(void *ctx)
{
	bpf_map_lookup_elem(&hash, &zero);
	bpf_map_lookup_elem(&locked, &zero);
	bpf_map_lookup_elem(&tries, &zero);
	bpf_spin_lock(&data_lock);
	bpf_spin_unlock(&data_lock);
	copy_static();
	return 0;
}

struct sock;

struct tcp_congestion_ops___small {
	void (*init)(struct sock *sk);
	__u32 flags;
	__u32 (*ssthresh)(struct sock *sk);
};

SEC("struct_ops/misleading")
void start(void *ctx)
{
	copy();
}

SEC("struct_ops/ssthresh")
int threshold(void *ctx)
{
	return 0;
}

SEC("struct_ops/none")
int orphan(void *ctx)
{
	return 0;
}

SEC(".struct_ops")
struct tcp_congestion_ops___small congestion = {
	.init = (void *)start,
	.ssthresh = (void *)threshold,
};
