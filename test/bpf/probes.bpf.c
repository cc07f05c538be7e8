/* One program for each kind that needs no trampoline; each counts its runs and stores its attach cookie. */
#include "common.h"

__u64 kprobes, kretprobes, uprobes, uretprobes, tracepoints, raw_tps, tp_btfs;
__u64 cookie;
char copied[16];

SEC("kprobe/" SYSTEM_CALL(getpriority))
int on_kprobe(void *ctx)
{
	if (is_watched())
		__sync_fetch_and_add(&kprobes, 1);
	return 0;
}

SEC("kretprobe/" SYSTEM_CALL(getpriority))
int on_kretprobe(void *ctx)
{
	if (is_watched())
		__sync_fetch_and_add(&kretprobes, 1);
	return 0;
}

SEC("uprobe")
int on_uprobe(void *ctx)
{
	__sync_fetch_and_add(&uprobes, 1);
	return 0;
}

/* The offset belongs to this function and to no other. */
SEC("?uprobe//bin/true:main+0x10000000")
int on_uprobe_elsewhere(void *ctx)
{
	__sync_fetch_and_add(&uprobes, 1);
	return 0;
}

/* Since Linux 5.15. */
SEC("?uprobe")
int on_uprobe_cookie(void *ctx)
{
	cookie = bpf_get_attach_cookie(ctx);
	return 0;
}

SEC("uretprobe")
int on_uretprobe(void *ctx)
{
	__sync_fetch_and_add(&uretprobes, 1);
	return 0;
}

/* Since Linux 6.0. */
SEC("?uprobe.s")
int BPF_KPROBE(on_uprobe_sleepable)
{
	if (bpf_copy_from_user(copied, sizeof(copied), (void *)PT_REGS_SP(ctx)) == 0)
		__sync_fetch_and_add(&uprobes, 1);
	return 0;
}

SEC("?uretprobe.s")
int on_uretprobe_sleepable(void *ctx)
{
	__sync_fetch_and_add(&uretprobes, 1);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_getpriority")
int on_tracepoint(void *ctx)
{
	if (is_watched())
		__sync_fetch_and_add(&tracepoints, 1);
	return 0;
}

SEC("raw_tp/sys_exit")
int on_raw_tp(void *ctx)
{
	if (is_watched())
		__sync_fetch_and_add(&raw_tps, 1);
	return 0;
}

/* No tracepoint: attach({ target }) names one. */
SEC("?raw_tp/sys_exit:second")
int on_raw_tp_elsewhere(void *ctx)
{
	if (is_watched())
		__sync_fetch_and_add(&raw_tps, 1);
	return 0;
}

SEC("?tp_btf/sys_exit")
int on_tp_btf(void *ctx)
{
	if (is_watched())
		__sync_fetch_and_add(&tp_btfs, 1);
	return 0;
}

/* Sections that libbpf 1.7 does not know; kernels support them since 7.2. */
SEC("?tp.s/syscalls/sys_enter_getpriority")
int on_tracepoint_sleepable(void *ctx)
{
	if (is_watched())
		__sync_fetch_and_add(&tracepoints, 1);
	return 0;
}

SEC("?raw_tp.s/sys_exit")
int on_raw_tp_sleepable(void *ctx)
{
	if (is_watched())
		__sync_fetch_and_add(&raw_tps, 1);
	return 0;
}

SEC("?tp_btf.s/sys_exit")
int on_tp_btf_sleepable(void *ctx)
{
	if (is_watched())
		__sync_fetch_and_add(&tp_btfs, 1);
	return 0;
}
