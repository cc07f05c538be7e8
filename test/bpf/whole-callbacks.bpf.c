/* Callbacks: the context of each kind, tested by a call in it. */
#include "whole.h"

extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;
extern int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags) __ksym __weak;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __ksym __weak;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (*callback)(void *map, int *key, void *value),
				    unsigned int flags, void *aux) __ksym __weak;
extern int bpf_wq_set_callback(struct bpf_wq *wq, int (*callback)(void *map, int *key, void *value),
			       unsigned int flags) __ksym __weak;
extern int bpf_copy_from_user_str(void *to, __u32 size, const void *from, __u64 flags) __ksym __weak;

struct timed {
	struct bpf_timer timer;
};

struct worked {
	struct bpf_wq work;
};

MAP(ARRAY, ONE(__u32, struct timed)) timers SEC(".maps");
MAP(ARRAY, ONE(__u32, struct worked)) works SEC(".maps");
MAP(ARRAY, ONE(__u32, __u64)) array SEC(".maps");
MAP(PERCPU_ARRAY, ONE(__u32, __u64)) percpu_array SEC(".maps");
MAP(HASH, ONE(__u32, __u64)) hash SEC(".maps");
MAP(LRU_HASH, ONE(__u32, __u64)) lru_hash SEC(".maps");

__noinline int sleep_global(__u64 which)
{
	SLEEP();
	return which;
}

/* Callback bodies. Each fits every kind, because it ignores its arguments. */
#define CALLBACKS(DO, ...)                                                                                             \
	DO(quiet, runtime++, ##__VA_ARGS__)                                                                            \
	DO(sleep, SLEEP(), ##__VA_ARGS__)                                                                              \
	DO(sleep_kfunc, bpf_copy_from_user_str(buffer, sizeof(buffer), (void *)8, 0), ##__VA_ARGS__)                   \
	DO(sleep_global, sleep_global(runtime), ##__VA_ARGS__)                                                         \
	DO(rcu_sleep, bpf_rcu_read_lock(); SLEEP(); bpf_rcu_read_unlock(), ##__VA_ARGS__)

#define LATER(does, body)                                                                                              \
	static int later_##does(void *map, int *key, void *value)                                                      \
	{                                                                                                              \
		body;                                                                                                  \
		return 0;                                                                                              \
	}
#define TURN(does, body)                                                                                               \
	static int turn_##does(__u32 index, void *data)                                                                \
	{                                                                                                              \
		body;                                                                                                  \
		return 0;                                                                                              \
	}
#define ELEMENT(does, body)                                                                                            \
	static int element_##does(void *map, __u32 *key, __u64 *value, void *data)                                     \
	{                                                                                                              \
		body;                                                                                                  \
		return 0;                                                                                              \
	}
CALLBACKS(LATER)
CALLBACKS(TURN)
CALLBACKS(ELEMENT)

#define TIMER(does, body)                                                                                              \
	struct timed *value = bpf_map_lookup_elem(&timers, &zero);                                                     \
	if (!value)                                                                                                    \
		return 0;                                                                                              \
	bpf_timer_init(&value->timer, &timers, 1);                                                                     \
	bpf_timer_set_callback(&value->timer, later_##does);                                                           \
	bpf_timer_start(&value->timer, 1000, 0)
#define WORK(does, body)                                                                                               \
	struct worked *value = bpf_map_lookup_elem(&works, &zero);                                                     \
	if (!value)                                                                                                    \
		return 0;                                                                                              \
	bpf_wq_init(&value->work, &works, 0);                                                                          \
	if (bpf_ksym_exists(bpf_wq_set_callback))                                                                      \
		bpf_wq_set_callback(&value->work, later_##does, 0);                                                    \
	else                                                                                                           \
		bpf_wq_set_callback_impl(&value->work, later_##does, 0, NULL);                                         \
	bpf_wq_start(&value->work, 0)
#define LOOP(does, body) bpf_loop(4, turn_##does, NULL, 0)
#define WALK_ARRAY(does, body) bpf_for_each_map_elem(&array, element_##does, NULL, 0)
#define WALK_HASH(does, body) bpf_for_each_map_elem(&hash, element_##does, NULL, 0)

#define PROGRAMS(does, body, kind, DO)                                                                                 \
	PROGRAM(kind##_##does, SLEEPABLE, DO(does, body))                                                              \
	PROGRAM(kind##_##does##_plain, PLAIN, DO(does, body))

CALLBACKS(PROGRAMS, timer, TIMER)
CALLBACKS(PROGRAMS, work, WORK)
CALLBACKS(PROGRAMS, loop, LOOP)
CALLBACKS(PROGRAMS, walk_array, WALK_ARRAY)
CALLBACKS(PROGRAMS, walk_hash, WALK_HASH)

PROGRAM(walk_percpu_array, SLEEPABLE, bpf_for_each_map_elem(&percpu_array, element_quiet, NULL, 0))
PROGRAM(walk_lru_hash, SLEEPABLE, bpf_for_each_map_elem(&lru_hash, element_quiet, NULL, 0))
PROGRAM(walk_lru_hash_sleep, SLEEPABLE, bpf_for_each_map_elem(&lru_hash, element_sleep, NULL, 0))

/* A callback within another */

static int turn_loops(__u32 index, void *data)
{
	bpf_loop(4, turn_sleep, NULL, 0);
	return 0;
}

static int turn_walks(__u32 index, void *data)
{
	bpf_for_each_map_elem(&array, element_sleep, NULL, 0);
	return 0;
}

static int later_loops(void *map, int *key, void *value)
{
	bpf_loop(4, turn_sleep, NULL, 0);
	return 0;
}

static int element_sets_timer(void *map, __u32 *key, __u64 *value, void *data)
{
	struct timed *timed = bpf_map_lookup_elem(&timers, &zero);

	if (timed)
		bpf_timer_set_callback(&timed->timer, later_sleep);
	return 0;
}

PROGRAM(loop_in_loop, SLEEPABLE, bpf_loop(4, turn_loops, NULL, 0))
PROGRAM(loop_in_loop_plain, PLAIN, bpf_loop(4, turn_loops, NULL, 0))
PROGRAM(walk_in_loop, SLEEPABLE, bpf_loop(4, turn_walks, NULL, 0))
PROGRAM(loop_in_work, SLEEPABLE, WORK(loops, ))
PROGRAM(loop_in_work_plain, PLAIN, WORK(loops, ))
PROGRAM(loop_in_timer, SLEEPABLE, TIMER(loops, ))
PROGRAM(timer_in_walk, SLEEPABLE, bpf_for_each_map_elem(&array, element_sets_timer, NULL, 0))
PROGRAM(loop_of_run_time, SLEEPABLE, bpf_loop(runtime, turn_sleep, NULL, 0))
PROGRAM(loop_of_run_time_plain, PLAIN, bpf_loop(runtime, turn_sleep, NULL, 0))

/* Work on a task's memory */

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

struct vm_area_struct {
	unsigned long vm_start;
} __attribute__((preserve_access_index));

static long area_quiet(struct task_struct *task, struct vm_area_struct *area, void *data)
{
	runtime++;
	return 0;
}

static long area_sleep(struct task_struct *task, struct vm_area_struct *area, void *data)
{
	SLEEP();
	return 0;
}

PROGRAM(area_quiet_plain, PLAIN, bpf_find_vma(bpf_get_current_task_btf(), 0, area_quiet, NULL, 0))
PROGRAM(area_sleep_plain, PLAIN, bpf_find_vma(bpf_get_current_task_btf(), 0, area_sleep, NULL, 0))
PROGRAM(area_quiet_sleepable, SLEEPABLE, bpf_find_vma(bpf_get_current_task_btf(), 0, area_quiet, NULL, 0))
