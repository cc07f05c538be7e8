/* Records the bpf(2) calls of the watched process, as the kernel has copied them: command and program flags by name. */
#include <sys/syscall.h>
#include "common.h"

struct request {
	__u32 flags;
	__u32 type;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, char[16]);
	__type(value, struct request);
} loads SEC(".maps");

static __always_inline void note(__u32 flags, __u32 type, char *name)
{
	struct request request = { flags, type };

	bpf_map_update_elem(&loads, name, &request, BPF_ANY);
}

/* The kernel's copy of the request. */
SEC("?kprobe/security_bpf")
int BPF_KPROBE(on_security_bpf, int cmd, union bpf_attr *attr)
{
	char name[16] = {};
	__u32 flags, type;

	if (!is_watched() || cmd != BPF_PROG_LOAD)
		return 0;
	bpf_probe_read_kernel(&flags, sizeof(flags), &attr->prog_flags);
	bpf_probe_read_kernel(&type, sizeof(type), &attr->prog_type);
	bpf_probe_read_kernel(name, sizeof(name), attr->prog_name);
	note(flags, type, name);
	return 0;
}

/* The registers of a system call. On arm64 user space knows only the first ones, under another name. */
#ifdef __TARGET_ARCH_arm64
typedef struct user_pt_regs registers;
#else
typedef struct pt_regs registers;
#endif

/* For kernels without kprobes: the request in the caller's memory. */
SEC("?raw_tp/sys_enter")
int on_system_call(struct bpf_raw_tracepoint_args *ctx)
{
	registers regs;
	union bpf_attr *attr;
	char name[16] = {};
	__u32 flags, type;

	if (!is_watched() || ctx->args[1] != __NR_bpf)
		return 0;
	bpf_probe_read_kernel(&regs, sizeof(regs), (void *)ctx->args[0]);
	if (PT_REGS_PARM1(&regs) != BPF_PROG_LOAD)
		return 0;
	attr = (void *)PT_REGS_PARM2(&regs);
	bpf_probe_read_user(&flags, sizeof(flags), &attr->prog_flags);
	bpf_probe_read_user(&type, sizeof(type), &attr->prog_type);
	bpf_probe_read_user(name, sizeof(name), attr->prog_name);
	note(flags, type, name);
	return 0;
}
