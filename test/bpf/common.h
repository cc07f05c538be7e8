/* Shared by all test programs. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* The kernel function of a system call. */
#ifdef __TARGET_ARCH_arm64
#define SYSTEM_CALL(name) "__arm64_sys_" #name
#else
#define SYSTEM_CALL(name) "__x64_sys_" #name
#endif

char LICENSE[] SEC("license") = "GPL";

/* Set before the load: the programs ignore other processes. */
const volatile __u32 watched;

static __always_inline int is_watched(void)
{
	return bpf_get_current_pid_tgid() >> 32 == watched;
}
