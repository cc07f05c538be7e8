/* Callbacks for maps that only newer kernels have. */
#include "whole.h"

MAP(USER_RINGBUF, __uint(max_entries, 4096);) records SEC(".maps");

static long record_quiet(struct bpf_dynptr *record, void *data)
{
	runtime++;
	return 0;
}

static long record_sleep(struct bpf_dynptr *record, void *data)
{
	SLEEP();
	return 0;
}

PROGRAM(records__quiet, SLEEPABLE, bpf_user_ringbuf_drain(&records, record_quiet, NULL, 0))
PROGRAM(records__quiet_plain, PLAIN, bpf_user_ringbuf_drain(&records, record_quiet, NULL, 0))
PROGRAM(records__sleep, SLEEPABLE, bpf_user_ringbuf_drain(&records, record_sleep, NULL, 0))
PROGRAM(records__sleep_plain, PLAIN, bpf_user_ringbuf_drain(&records, record_sleep, NULL, 0))

/* task_work callbacks may sleep, whatever program schedules them. Since Linux 6.18. */

struct scheduled {
	struct bpf_task_work work;
};

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

struct bpf_map {
	__u32 id;
} __attribute__((preserve_access_index));

typedef int (*bpf_task_work_callback_t)(struct bpf_map *map, void *key, void *value);
extern int bpf_task_work_schedule_signal(struct task_struct *task, struct bpf_task_work *work, void *map,
					 bpf_task_work_callback_t callback) __ksym __weak;

MAP(ARRAY, ONE(__u32, struct scheduled)) scheduled SEC(".maps");

static int task_quiet(struct bpf_map *map, void *key, void *value)
{
	runtime++;
	return 0;
}

static int task_sleep(struct bpf_map *map, void *key, void *value)
{
	SLEEP();
	return 0;
}

#define SCHEDULE(callback)                                                                                             \
	struct scheduled *value = bpf_map_lookup_elem(&scheduled, &zero);                                              \
	if (!value)                                                                                                    \
		return 0;                                                                                              \
	bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &value->work, &scheduled, callback)

PROGRAM(scheduled__quiet, SLEEPABLE, SCHEDULE(task_quiet))
PROGRAM(scheduled__quiet_plain, PLAIN, SCHEDULE(task_quiet))
PROGRAM(scheduled__sleep, SLEEPABLE, SCHEDULE(task_sleep))
PROGRAM(scheduled__sleep_plain, PLAIN, SCHEDULE(task_sleep))
