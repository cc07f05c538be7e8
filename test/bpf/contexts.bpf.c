/*
 * Programs with a call that may sleep, in every possible context, and after branches that the verifier decides. Each is
 * judged for every kernel, and loaded on the kernels of the tests; none is attached. Kfuncs are weak: otherwise libbpf
 * would load no program of the object on kernels without the kfunc.
 */
#include "common.h"

extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;
extern void bpf_local_irq_save(unsigned long *flags) __ksym __weak;
extern void bpf_local_irq_restore(unsigned long *flags) __ksym __weak;
extern int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags) __ksym __weak;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __ksym __weak;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (*callback)(void *map, int *key, void *value),
				    unsigned int flags, void *aux) __ksym __weak;
extern int bpf_wq_set_callback(struct bpf_wq *wq, int (*callback)(void *map, int *key, void *value),
			       unsigned int flags) __ksym __weak;
extern void bpf_throw(__u64 cookie) __ksym __weak;
extern int of_no_kernel(void) __ksym __weak;

const volatile _Bool enabled;
const volatile __u32 mask = 7;
extern unsigned int LINUX_KERNEL_VERSION __kconfig;
char buffer[8];
__u64 runtime;

struct timed {
	struct bpf_timer timer;
};

struct worked {
	struct bpf_wq work;
};

struct locked {
	struct bpf_spin_lock lock;
	__u32 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct timed);
} timers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct worked);
} works SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct locked);
} locks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} hash SEC(".maps");

static __u32 zero;

static __always_inline void copy(void)
{
	bpf_copy_from_user(buffer, sizeof(buffer), (void *)8);
}

__noinline int sleep_global(__u64 which)
{
	copy();
	return which;
}

__noinline int count_global(__u64 which)
{
	asm volatile("" ::: "memory");
	return which + 1;
}

static __noinline void copy_static(void)
{
	copy();
}

/* Callbacks */

static int on_timer(void *map, int *key, struct timed *value)
{
	copy();
	return 0;
}

static __always_inline void set_timer(void *callback)
{
	struct timed *value = bpf_map_lookup_elem(&timers, &zero);

	if (value == NULL)
		return;
	bpf_timer_init(&value->timer, &timers, 1);
	bpf_timer_set_callback(&value->timer, callback);
}

SEC("?lsm.s/bprm_committed_creds")
int timer(void *ctx)
{
	set_timer(on_timer);
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int timer_plain(void *ctx)
{
	set_timer(on_timer);
	return 0;
}

static int on_timer_global(void *map, int *key, struct timed *value)
{
	return sleep_global(runtime) & 0;
}

SEC("?lsm.s/bprm_committed_creds")
int timer_global(void *ctx)
{
	set_timer(on_timer_global);
	return 0;
}

static int on_work(void *map, int *key, void *value)
{
	copy();
	return 0;
}

static __always_inline void set_work(void)
{
	struct worked *value = bpf_map_lookup_elem(&works, &zero);

	if (value == NULL)
		return;
	bpf_wq_init(&value->work, &works, 0);
	if (bpf_wq_set_callback_impl)
		bpf_wq_set_callback_impl(&value->work, on_work, 0, NULL);
	else if (bpf_wq_set_callback)
		bpf_wq_set_callback(&value->work, on_work, 0);
	bpf_wq_start(&value->work, 0);
}

SEC("?lsm.s/bprm_committed_creds")
int work(void *ctx)
{
	set_work();
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int work_plain(void *ctx)
{
	set_work();
	return 0;
}

static int on_element(void *map, __u32 *key, __u64 *value, void *data)
{
	copy();
	return 0;
}

static int on_turn(__u32 index, void *data)
{
	copy();
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int walk_hash(void *ctx)
{
	bpf_for_each_map_elem(&hash, on_element, NULL, 0);
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int walk_array(void *ctx)
{
	bpf_for_each_map_elem(&array, on_element, NULL, 0);
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int walk_plain(void *ctx)
{
	bpf_for_each_map_elem(&array, on_element, NULL, 0);
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int loop(void *ctx)
{
	bpf_loop(4, on_turn, NULL, 0);
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int loop_plain(void *ctx)
{
	bpf_loop(4, on_turn, NULL, 0);
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int loop_never(void *ctx)
{
	bpf_loop(0, on_turn, NULL, 0);
	return 0;
}

/* Regions */

SEC("?lsm.s/bprm_committed_creds")
int rcu(void *ctx)
{
	bpf_rcu_read_lock();
	copy();
	bpf_rcu_read_unlock();
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int rcu_static(void *ctx)
{
	bpf_rcu_read_lock();
	copy_static();
	bpf_rcu_read_unlock();
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int rcu_over(void *ctx)
{
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	copy();
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int rcu_either(void *ctx)
{
	if (runtime == 3) {
		bpf_rcu_read_lock();
		copy();
		bpf_rcu_read_unlock();
	} else {
		copy();
	}
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int rcu_global(void *ctx)
{
	bpf_rcu_read_lock();
	sleep_global(runtime);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int rcu_count(void *ctx)
{
	bpf_rcu_read_lock();
	count_global(runtime);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int preempt(void *ctx)
{
	bpf_preempt_disable();
	copy();
	bpf_preempt_enable();
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int preempt_twice(void *ctx)
{
	bpf_preempt_disable();
	bpf_preempt_disable();
	bpf_preempt_enable();
	copy();
	bpf_preempt_enable();
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int preempt_count_global(void *ctx)
{
	bpf_preempt_disable();
	count_global(runtime);
	bpf_preempt_enable();
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int irq(void *ctx)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	copy();
	bpf_local_irq_restore(&flags);
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int lock(void *ctx)
{
	struct locked *value = bpf_map_lookup_elem(&locks, &zero);

	if (value == NULL)
		return 0;
	bpf_spin_lock(&value->lock);
	copy();
	bpf_spin_unlock(&value->lock);
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int lock_over(void *ctx)
{
	struct locked *value = bpf_map_lookup_elem(&locks, &zero);

	if (value == NULL)
		return 0;
	bpf_spin_lock(&value->lock);
	value->count++;
	bpf_spin_unlock(&value->lock);
	copy();
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int lock_global(void *ctx)
{
	struct locked *value = bpf_map_lookup_elem(&locks, &zero);

	if (value == NULL)
		return 0;
	bpf_spin_lock(&value->lock);
	count_global(runtime);
	bpf_spin_unlock(&value->lock);
	return 0;
}

/* Branches on constants */

SEC("?lsm/bprm_committed_creds")
int constant(void *ctx)
{
	if (enabled)
		copy();
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int constant_mask(void *ctx)
{
	if ((mask & 8) || mask > 9)
		copy();
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int version(void *ctx)
{
	if (LINUX_KERNEL_VERSION >= (6 << 16))
		copy();
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int weak(void *ctx)
{
	if (of_no_kernel) {
		of_no_kernel();
		copy();
	}
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int unmade(void *ctx)
{
	if (enabled)
		bpf_map_lookup_elem(&hash, &zero);
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int made(void *ctx)
{
	bpf_map_lookup_elem(&hash, &zero);
	return 0;
}

/* Branches that only the verifier decides */

SEC("?lsm/bprm_committed_creds")
int pruned_mask(void *ctx)
{
	__u64 which = runtime & 7;

	asm volatile("" : "+r"(which));
	if (which > 8)
		copy();
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int pruned_local(void *ctx)
{
	volatile int never = 0;

	if (never)
		copy();
	return 0;
}

SEC("?lsm/file_open")
int BPF_PROG(pruned_null, void *file)
{
	if (file == NULL)
		copy();
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int pruned_range(void *ctx)
{
	if (bpf_get_smp_processor_id() > 1 << 30)
		copy();
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int pruned_twice(void *ctx)
{
	__u64 which = runtime;

	if (which > 3)
		return 0;
	asm volatile("" : "+r"(which));
	if (which > 5)
		copy();
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int pruned_loop(void *ctx)
{
	for (__u32 turn = 0; turn < 4; turn++) {
		asm volatile("" : "+r"(turn));
		if (turn > 8)
			copy();
	}
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int thrown(void *ctx)
{
	bpf_throw(0);
	copy();
	return 0;
}

/* Calls that the verifier always reaches */

SEC("?lsm/bprm_committed_creds")
int seen_both(void *ctx)
{
	if (runtime == 3)
		return 0;
	copy();
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int seen_found(void *ctx)
{
	__u64 *value = bpf_map_lookup_elem(&hash, &zero);

	if (value == NULL)
		return 0;
	copy();
	return 0;
}

SEC("?lsm/bprm_committed_creds")
int seen_after(void *ctx)
{
	volatile int never = 0;

	if (never)
		bpf_get_prandom_u32();
	copy();
	return 0;
}
