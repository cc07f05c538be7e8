/* Kfuncs that kernels have with another prototype: libbpf treats a weak one as missing. */
#include "whole.h"

extern void bpf_rcu_read_lock(int much) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;

PROGRAM(calls_changed, PLAIN, bpf_rcu_read_lock(1); bpf_rcu_read_unlock())
PROGRAM(calls_changed_guarded, PLAIN, if (bpf_ksym_exists(bpf_rcu_read_lock)) { bpf_rcu_read_lock(1); SLEEP(); })
PROGRAM(calls_changed_or_sleeps, PLAIN, if (bpf_ksym_exists(bpf_rcu_read_lock)) runtime++; else SLEEP())
PROGRAM(calls_other, PLAIN)
