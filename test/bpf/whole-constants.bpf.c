/*
 * Branches on values that are constant after the load, and so decide what the verifier checks. None of these programs
 * may sleep.
 */
#include "whole.h"

const volatile _Bool enabled;
const volatile __u32 mask = 7;
const volatile __s32 level = -1;
const volatile __u64 wide = 1ull << 40;
extern unsigned int LINUX_KERNEL_VERSION __kconfig;
extern const void no_such_symbol __ksym __weak;
extern int of_no_kernel(void) __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;

struct task_struct {
	int pid;
	int no_such_field;
} __attribute__((preserve_access_index));

struct task_struct___other {
	long long no_such_pid;
} __attribute__((preserve_access_index));

struct task_struct___odd {
	void *pid;
} __attribute__((preserve_access_index));

struct no_such_struct {
	int field;
} __attribute__((preserve_access_index));

/* Since Linux 5.11 and 6.2 */
struct bpf_local_storage_cache {
	int idx;
} __attribute__((preserve_access_index));

enum bpf_map_type___here {
	BPF_MAP_TYPE_HASH___here = 1,
	BPF_MAP_TYPE_CGRP_STORAGE___here = 32,
	NO_SUCH_ENUMERATOR___here = 999,
};

enum no_such_enum {
	NOTHING,
};

#define IF(name, condition) PROGRAM(name, PLAIN, if (condition) SLEEP())
#define UNLESS(name, condition) PROGRAM(name, PLAIN, if (!(condition)) SLEEP())

IF(enabled_false, enabled)
UNLESS(enabled_true, enabled)
IF(mask_bit, mask & 8)
IF(mask_more, mask > 7)
IF(mask_less, mask < 8)
IF(level_below, level < 0)
IF(level_above, level >= 0)
IF(wide_set, wide >> 40)
IF(wide_small, wide < 100)
IF(version_old, LINUX_KERNEL_VERSION < (4 << 16))
IF(version_new, LINUX_KERNEL_VERSION >= (4 << 16))
IF(version_6, LINUX_KERNEL_VERSION >= (6 << 16))
IF(version_odd, (LINUX_KERNEL_VERSION >> 16) == 6)
IF(symbol_none, &no_such_symbol)
IF(kfunc_none, bpf_ksym_exists(of_no_kernel))
IF(kfunc_rcu, bpf_ksym_exists(bpf_rcu_read_lock))
UNLESS(kfunc_no_rcu, bpf_ksym_exists(bpf_rcu_read_lock))

IF(type_here, bpf_core_type_exists(struct task_struct))
IF(type_none, bpf_core_type_exists(struct no_such_struct))
UNLESS(type_not_none, bpf_core_type_exists(struct no_such_struct))
IF(type_since, bpf_core_type_exists(struct bpf_local_storage_cache))
IF(field_here, bpf_core_field_exists(struct task_struct, pid))
IF(field_none, bpf_core_field_exists(struct task_struct, no_such_field))
IF(field_of_flavor, bpf_core_field_exists(struct task_struct___other, no_such_pid))
IF(field_of_other_kind, bpf_core_field_exists(struct task_struct___odd, pid))
IF(field_size, bpf_core_field_size(struct task_struct, pid) == 8)
IF(field_size_right, bpf_core_field_size(struct task_struct, pid) == 4)
IF(type_size, bpf_core_type_size(struct task_struct) < 8)
IF(enumerator_here, bpf_core_enum_value_exists(enum bpf_map_type___here, BPF_MAP_TYPE_HASH___here))
IF(enumerator_since, bpf_core_enum_value_exists(enum bpf_map_type___here, BPF_MAP_TYPE_CGRP_STORAGE___here))
IF(enumerator_none, bpf_core_enum_value_exists(enum bpf_map_type___here, NO_SUCH_ENUMERATOR___here))
IF(enumerator_value, bpf_core_enum_value(enum bpf_map_type___here, BPF_MAP_TYPE_HASH___here) == 1)
IF(enumerator_other, bpf_core_enum_value(enum bpf_map_type___here, BPF_MAP_TYPE_HASH___here) != 1)
IF(enum_none, bpf_core_enum_value_exists(enum no_such_enum, NOTHING))

/* Fields that do not exist */

PROGRAM(reads, PLAIN, struct task_struct *task = bpf_get_current_task_btf(); runtime = task->pid)
PROGRAM(reads_none, PLAIN, struct task_struct *task = bpf_get_current_task_btf(); runtime = task->no_such_field)
PROGRAM(reads_none_guarded, PLAIN, struct task_struct *task = bpf_get_current_task_btf();
	if (bpf_core_field_exists(task->no_such_field)) runtime = task->no_such_field)
PROGRAM(reads_none_maybe, PLAIN, struct task_struct *task = bpf_get_current_task_btf();
	if (runtime == 3) runtime = task->no_such_field)
PROGRAM(copies_none, "kprobe", struct task_struct *task = (void *)bpf_get_current_task();
	runtime = BPF_CORE_READ(task, no_such_field))
PROGRAM(copies_other, "kprobe", struct no_such_struct *thing = (void *)runtime; runtime = BPF_CORE_READ(thing, field))
PROGRAM(size_of_none, PLAIN, runtime = bpf_core_type_size(struct no_such_struct))

/* Values at run time */

IF(run_time, runtime == 3)
IF(run_time_bits, (runtime & 4) == 4)
IF(run_time_pid, bpf_get_current_pid_tgid() >> 32 == 3)
PROGRAM(never_returned, PLAIN, if (enabled) return 0; SLEEP())
PROGRAM(both_ways, PLAIN, if (runtime == 3) { SLEEP(); runtime = 4; } else SLEEP())
PROGRAM(loop_none, PLAIN, for (__u32 turn = 0; turn < mask - 7; turn++) SLEEP())
