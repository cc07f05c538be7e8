/* Empty programs at hooks of system calls, and one that reads user memory: loaded plain, then sleepable. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("?fentry/__x64_sys_getpgid")
int BPF_PROG(fentry)
{
	return 0;
}

SEC("?fexit/__x64_sys_getpgid")
int BPF_PROG(fexit)
{
	return 0;
}

SEC("?fmod_ret/__x64_sys_getpgid")
int BPF_PROG(fmod_ret)
{
	return 0;
}

SEC("?lsm/task_prctl")
int BPF_PROG(lsm_prctl)
{
	return 0;
}

SEC("?lsm/file_ioctl")
int BPF_PROG(lsm_ioctl)
{
	return 0;
}

SEC("?tp_btf/sys_enter")
int tp_btf(void *ctx)
{
	return 0;
}

SEC("?raw_tp/sys_enter")
int raw_tp(void *ctx)
{
	return 0;
}

SEC("?tracepoint/syscalls/sys_enter_getpgid")
int tracepoint(void *ctx)
{
	return 0;
}

/*
 * getpgid ignores the second argument: the loop passes an address in it. The program copies to the stack, because
 * hardened kernels take longer to check a copy to a map's value.
 */
SEC("?fentry/__x64_sys_getpgid")
int BPF_PROG(fentry_read, struct pt_regs *regs)
{
	__u8 copy[64];

	bpf_probe_read_user(copy, sizeof(copy), (void *)PT_REGS_PARM2(regs));
	return 0;
}

SEC("?fentry.s/__x64_sys_getpgid")
int BPF_PROG(fentry_copy, struct pt_regs *regs)
{
	__u8 copy[64];

	bpf_copy_from_user(copy, sizeof(copy), (void *)PT_REGS_PARM2(regs));
	return 0;
}
