/*
 * Plain and sleepable sections whose BPF_F_SLEEPABLE the tests change, and a program that records the flags that the
 * kernel got.
 */
#include "common.h"

SEC("?lsm/bprm_committed_creds")
int BPF_PROG(lsm_plain)
{
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int BPF_PROG(lsm_sleepable)
{
	return 0;
}

SEC("?uprobe")
int uprobe_plain(void *ctx)
{
	return 0;
}

SEC("?uprobe.s")
int uprobe_sleepable(void *ctx)
{
	return 0;
}
