/* A kfunc that no kernel has; see refusals.bpf.c. In its own file, because libbpf resolves all externs of an object. */
#include "common.h"

extern void bpf_no_such_kfunc(void) __ksym;

SEC("?lsm.s/bprm_committed_creds")
int BPF_PROG(missing_kfunc)
{
	bpf_no_such_kfunc();
	return 0;
}
