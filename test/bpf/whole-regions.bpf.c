/* Regions where nothing may sleep, and calls in them: entered, left and not left, nested, in branches, in functions. */
#include "whole.h"

extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;
extern void bpf_local_irq_save(unsigned long *flags) __ksym __weak;
extern void bpf_local_irq_restore(unsigned long *flags) __ksym __weak;
extern int bpf_res_spin_lock(struct bpf_res_spin_lock *lock) __ksym __weak;
extern void bpf_res_spin_unlock(struct bpf_res_spin_lock *lock) __ksym __weak;
extern int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock *lock, unsigned long *flags) __ksym __weak;
extern void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock *lock, unsigned long *flags) __ksym __weak;
extern int bpf_copy_from_user_str(void *to, __u32 size, const void *from, __u64 flags) __ksym __weak;

struct locked {
	struct bpf_spin_lock lock;
	__u32 count;
};

struct guarded {
	struct bpf_res_spin_lock lock;
	__u32 count;
};

MAP(ARRAY, ONE(__u32, struct locked)) locks SEC(".maps");
MAP(ARRAY, ONE(__u32, struct guarded)) guards SEC(".maps");

static __noinline void quiet_static(void)
{
	asm volatile("" ::: "memory");
}

static __noinline void sleep_static(void)
{
	SLEEP();
}

__noinline int quiet_global(__u64 which)
{
	asm volatile("" ::: "memory");
	return which + 1;
}

__noinline int sleep_global(__u64 which)
{
	SLEEP();
	return which;
}

/* The same programs for each region: ENTER and LEAVE are in one function, and DECLARE declares what they need. */
#define REGION(region, DECLARE, ENTER, LEAVE)                                                                          \
	PROGRAM(region##_quiet, SLEEPABLE, DECLARE; ENTER; runtime++; LEAVE)                                           \
	PROGRAM(region##_helper, SLEEPABLE, DECLARE; ENTER; runtime = bpf_get_current_pid_tgid(); LEAVE)               \
	PROGRAM(region##_sleep, SLEEPABLE, DECLARE; ENTER; SLEEP(); LEAVE)                                             \
	PROGRAM(region##_sleep_kfunc, SLEEPABLE, DECLARE; ENTER;                                                       \
		bpf_copy_from_user_str(buffer, sizeof(buffer), (void *)8, 0); LEAVE)                                   \
	PROGRAM(region##_after, SLEEPABLE, DECLARE; ENTER; runtime++; LEAVE; SLEEP())                                  \
	PROGRAM(region##_never_left, SLEEPABLE, DECLARE; ENTER; runtime++)                                             \
	PROGRAM(region##_left_twice, SLEEPABLE, DECLARE; ENTER; runtime++; LEAVE; LEAVE)                               \
	PROGRAM(region##_not_entered, SLEEPABLE, DECLARE; runtime++; LEAVE)                                            \
	PROGRAM(region##_left_sometimes, SLEEPABLE, DECLARE; ENTER; if (runtime != 3) LEAVE)                           \
	PROGRAM(region##_early_return, SLEEPABLE, DECLARE; ENTER; if (runtime == 3) return 0; LEAVE)                   \
	PROGRAM(region##_branch, SLEEPABLE, DECLARE;                                                                   \
		if (runtime == 3) { ENTER; runtime++; LEAVE; } SLEEP())                                                \
	PROGRAM(region##_branch_sleep, SLEEPABLE, DECLARE;                                                             \
		if (runtime == 3) { ENTER; SLEEP(); LEAVE; })                                                          \
	PROGRAM(region##_static, SLEEPABLE, DECLARE; ENTER; quiet_static(); LEAVE)                                     \
	PROGRAM(region##_static_sleep, SLEEPABLE, DECLARE; ENTER; sleep_static(); LEAVE)                               \
	PROGRAM(region##_global, SLEEPABLE, DECLARE; ENTER; quiet_global(runtime); LEAVE)                              \
	PROGRAM(region##_global_sleep, SLEEPABLE, DECLARE; ENTER; sleep_global(runtime); LEAVE)

#define LOCKED                                                                                                         \
	struct locked *value = bpf_map_lookup_elem(&locks, &zero);                                                     \
	if (!value)                                                                                                    \
		return 0
#define GUARDED                                                                                                        \
	struct guarded *value = bpf_map_lookup_elem(&guards, &zero);                                                   \
	if (!value)                                                                                                    \
		return 0

REGION(rcu, , bpf_rcu_read_lock(), bpf_rcu_read_unlock())
REGION(preempt, , bpf_preempt_disable(), bpf_preempt_enable())
REGION(irq, unsigned long flags, bpf_local_irq_save(&flags), bpf_local_irq_restore(&flags))
REGION(lock, LOCKED, bpf_spin_lock(&value->lock), bpf_spin_unlock(&value->lock))
REGION(guard, GUARDED, if (bpf_res_spin_lock(&value->lock)) return 0, bpf_res_spin_unlock(&value->lock))
REGION(guard_irq, GUARDED; unsigned long flags,
       if (bpf_res_spin_lock_irqsave(&value->lock, &flags)) return 0,
       bpf_res_spin_unlock_irqrestore(&value->lock, &flags))

/* Nested */

PROGRAM(rcu_rcu, SLEEPABLE, bpf_rcu_read_lock(); bpf_rcu_read_lock(); bpf_rcu_read_unlock(); bpf_rcu_read_unlock())
PROGRAM(preempt_preempt, SLEEPABLE, bpf_preempt_disable(); bpf_preempt_disable(); bpf_preempt_enable();
	bpf_preempt_enable(); SLEEP())
PROGRAM(preempt_preempt_sleep, SLEEPABLE, bpf_preempt_disable(); bpf_preempt_disable(); bpf_preempt_enable(); SLEEP();
	bpf_preempt_enable())
PROGRAM(irq_irq, SLEEPABLE, unsigned long one; unsigned long other; bpf_local_irq_save(&one);
	bpf_local_irq_save(&other); bpf_local_irq_restore(&other); bpf_local_irq_restore(&one); SLEEP())
PROGRAM(irq_irq_disorder, SLEEPABLE, unsigned long one; unsigned long other; bpf_local_irq_save(&one);
	bpf_local_irq_save(&other); bpf_local_irq_restore(&one); bpf_local_irq_restore(&other))
PROGRAM(lock_lock, SLEEPABLE, LOCKED; bpf_spin_lock(&value->lock); bpf_spin_lock(&value->lock);
	bpf_spin_unlock(&value->lock); bpf_spin_unlock(&value->lock))
PROGRAM(rcu_preempt, SLEEPABLE, bpf_rcu_read_lock(); bpf_preempt_disable(); runtime++; bpf_preempt_enable();
	bpf_rcu_read_unlock(); SLEEP())
PROGRAM(rcu_preempt_sleep, SLEEPABLE, bpf_rcu_read_lock(); bpf_preempt_disable(); bpf_preempt_enable(); SLEEP();
	bpf_rcu_read_unlock())
PROGRAM(preempt_rcu_crossed, SLEEPABLE, bpf_preempt_disable(); bpf_rcu_read_lock(); bpf_preempt_enable(); runtime++;
	bpf_rcu_read_unlock(); SLEEP())
PROGRAM(rcu_lock, SLEEPABLE, LOCKED; bpf_rcu_read_lock(); bpf_spin_lock(&value->lock); value->count++;
	bpf_spin_unlock(&value->lock); bpf_rcu_read_unlock(); SLEEP())
PROGRAM(lock_rcu, SLEEPABLE, LOCKED; bpf_spin_lock(&value->lock); bpf_rcu_read_lock(); bpf_rcu_read_unlock();
	bpf_spin_unlock(&value->lock))

/* Entered in a static function, and left by its caller */

static __noinline void rcu_enter(void)
{
	bpf_rcu_read_lock();
}

static __noinline void rcu_leave(void)
{
	bpf_rcu_read_unlock();
}

static __noinline void preempt_enter(void)
{
	bpf_preempt_disable();
}

static __noinline void preempt_leave(void)
{
	bpf_preempt_enable();
}

__noinline int rcu_enter_global(__u64 which)
{
	bpf_rcu_read_lock();
	return which;
}

PROGRAM(rcu_entered_static, SLEEPABLE, rcu_enter(); runtime++; rcu_leave(); SLEEP())
PROGRAM(rcu_entered_static_sleep, SLEEPABLE, rcu_enter(); SLEEP(); rcu_leave())
PROGRAM(rcu_entered_static_never_left, SLEEPABLE, rcu_enter(); runtime++)
PROGRAM(rcu_entered_global, SLEEPABLE, rcu_enter_global(runtime); bpf_rcu_read_unlock())
PROGRAM(preempt_entered_static, SLEEPABLE, preempt_enter(); runtime++; preempt_leave(); SLEEP())
PROGRAM(preempt_entered_static_sleep, SLEEPABLE, preempt_enter(); SLEEP(); preempt_leave())

/* In loops */

static int rcu_turn(__u32 index, void *data)
{
	bpf_rcu_read_lock();
	runtime++;
	bpf_rcu_read_unlock();
	return 0;
}

static int rcu_turn_never_left(__u32 index, void *data)
{
	bpf_rcu_read_lock();
	return 0;
}

static int quiet_turn(__u32 index, void *data)
{
	runtime++;
	return 0;
}

static int sleep_turn(__u32 index, void *data)
{
	SLEEP();
	return 0;
}

PROGRAM(rcu_loop, SLEEPABLE, for (__u32 turn = 0; turn < 4; turn++) { bpf_rcu_read_lock(); runtime++;
	bpf_rcu_read_unlock(); SLEEP(); })
PROGRAM(rcu_turns, SLEEPABLE, bpf_loop(4, rcu_turn, NULL, 0); SLEEP())
PROGRAM(rcu_turns_never_left, SLEEPABLE, bpf_loop(4, rcu_turn_never_left, NULL, 0))
PROGRAM(rcu_over_turns, SLEEPABLE, bpf_rcu_read_lock(); bpf_loop(4, quiet_turn, NULL, 0); bpf_rcu_read_unlock())
PROGRAM(rcu_over_turns_sleep, SLEEPABLE, bpf_rcu_read_lock(); bpf_loop(4, sleep_turn, NULL, 0); bpf_rcu_read_unlock())
PROGRAM(preempt_over_turns, SLEEPABLE, bpf_preempt_disable(); bpf_loop(4, quiet_turn, NULL, 0); bpf_preempt_enable())
PROGRAM(lock_over_turns, SLEEPABLE, LOCKED; bpf_spin_lock(&value->lock); bpf_loop(4, quiet_turn, NULL, 0);
	bpf_spin_unlock(&value->lock))
