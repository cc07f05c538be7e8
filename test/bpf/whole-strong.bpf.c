/* Strong kfuncs: without them libbpf loads no program of the object, even if none calls them. */
#include "whole.h"

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

PROGRAM(calls_strong, PLAIN, bpf_rcu_read_lock(); bpf_rcu_read_unlock())
PROGRAM(calls_none, PLAIN)
PROGRAM(calls_none_sleepable, SLEEPABLE)
PROGRAM(calls_none_xdp, "xdp")
