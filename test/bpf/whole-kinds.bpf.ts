// Written by node-libbpf gen from whole-kinds.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in whole-kinds.bpf.o. */
export interface WholeKinds {
  programs: {
    /** SEC("fentry/vfs_read") int fentry(void *ctx) */
    fentry: "fentry";
    /** SEC("fentry/__x64_sys_getpgid") int fentry_call(void *ctx) */
    fentry_call: "fentry";
    /** SEC("fentry.s/__x64_sys_getpgid") int fentry_call_sleepable(void *ctx) */
    fentry_call_sleepable: "fentry";
    /** SEC("fentry/no_such_function_anywhere") int fentry_nowhere(void *ctx) */
    fentry_nowhere: "fentry";
    /** SEC("fentry/security_inode_setattr") int fentry_seven(void *ctx) */
    fentry_seven: "fentry";
    /** SEC("fentry.s/vfs_read") int fentry_sleepable(void *ctx) */
    fentry_sleepable: "fentry";
    /** SEC("fentry/from_kuid") int fentry_struct(void *ctx) */
    fentry_struct: "fentry";
    /** SEC("fentry/in_group_p") int fentry_struct_only(void *ctx) */
    fentry_struct_only: "fentry";
    /** SEC("fentry/make_kuid") int fentry_struct_returned(void *ctx) */
    fentry_struct_returned: "fentry";
    /** SEC("fentry/seq_printf") int fentry_variadic(void *ctx) */
    fentry_variadic: "fentry";
    /** SEC("fexit/vfs_read") int fexit(void *ctx) */
    fexit: "fexit";
    /** SEC("fexit.s/__x64_sys_getpgid") int fexit_call_sleepable(void *ctx) */
    fexit_call_sleepable: "fexit";
    /** SEC("fexit/do_exit") int fexit_noreturn(void *ctx) */
    fexit_noreturn: "fexit";
    /** SEC("fexit/from_kuid") int fexit_struct(void *ctx) */
    fexit_struct: "fexit";
    /** SEC("fexit/make_kuid") int fexit_struct_returned(void *ctx) */
    fexit_struct_returned: "fexit";
    /** SEC("fmod_ret/vfs_read") int fmod_ret(void *ctx) */
    fmod_ret: "fmod_ret";
    /** SEC("fmod_ret/__x64_sys_getpgid") int fmod_ret_call(void *ctx) */
    fmod_ret_call: "fmod_ret";
    /** SEC("fmod_ret.s/__x64_sys_getpgid") int fmod_ret_call_sleepable(void *ctx) */
    fmod_ret_call_sleepable: "fmod_ret";
    /** SEC("fmod_ret/security_bprm_committed_creds") int fmod_ret_security(void *ctx) */
    fmod_ret_security: "fmod_ret";
    /** SEC("fmod_ret.s/security_bprm_committed_creds") int fmod_ret_security_sleepable(void *ctx) */
    fmod_ret_security_sleepable: "fmod_ret";
    /** SEC("fsession/vfs_read") int fsession(void *ctx) */
    fsession: "fsession";
    /** SEC("fsession.s/vfs_read") int fsession_sleepable(void *ctx) */
    fsession_sleepable: "fsession";
    /** SEC("iter/kmem_cache") int iter_cache(void *ctx) */
    iter_cache: "iter";
    /** SEC("iter.s/dmabuf") int iter_dmabuf(void *ctx) */
    iter_dmabuf: "iter";
    /** SEC("iter.s/ksym") int iter_ksym(void *ctx) */
    iter_ksym: "iter";
    /** SEC("iter/bpf_link") int iter_link(void *ctx) */
    iter_link: "iter";
    /** SEC("iter.s/bpf_map") int iter_map_sleepable(void *ctx) */
    iter_map_sleepable: "iter";
    /** SEC("iter/no_such_thing") int iter_nowhere(void *ctx) */
    iter_nowhere: "iter";
    /** SEC("iter/task") int iter_task(void *ctx) */
    iter_task: "iter";
    /** SEC("iter.s/task") int iter_task_sleepable(void *ctx) */
    iter_task_sleepable: "iter";
    /** SEC("kprobe/vfs_read") int kprobe(void *ctx) */
    kprobe: "kprobe";
    /** SEC("kprobe.multi/vfs_read") int kprobe_multi(void *ctx) */
    kprobe_multi: "kprobe.multi";
    /** SEC("kprobe.session/vfs_read") int kprobe_session(void *ctx) */
    kprobe_session: "kprobe.session";
    /** SEC("kretprobe/vfs_read") int kretprobe(void *ctx) */
    kretprobe: "kretprobe";
    /** SEC("kretprobe.multi/vfs_read") int kretprobe_multi(void *ctx) */
    kretprobe_multi: "kretprobe.multi";
    /** SEC("ksyscall/getpgid") int ksyscall(void *ctx) */
    ksyscall: "ksyscall";
    /** SEC("lsm/bprm_committed_creds") int lsm(void *ctx) */
    lsm: "lsm";
    /** SEC("lsm/vm_enough_memory") int lsm_disabled(void *ctx) */
    lsm_disabled: "lsm";
    /** SEC("lsm/key_free") int lsm_gone(void *ctx) */
    lsm_gone: "lsm";
    /** SEC("lsm.s/file_permission") int lsm_never(void *ctx) */
    lsm_never: "lsm";
    /** SEC("lsm/no_such_hook") int lsm_nowhere(void *ctx) */
    lsm_nowhere: "lsm";
    /** SEC("lsm.s/file_open") int lsm_open_sleepable(void *ctx) */
    lsm_open_sleepable: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int lsm_sleepable(void *ctx) */
    lsm_sleepable: "lsm";
    /** SEC("lsm/path_chown") int lsm_struct(void *ctx) */
    lsm_struct: "lsm";
    /** SEC("lsm/socket_getpeersec_stream") int lsm_struct_other(void *ctx) */
    lsm_struct_other: "lsm";
    /** SEC("lsm.s/path_chown") int lsm_struct_sleepable(void *ctx) */
    lsm_struct_sleepable: "lsm";
    /** SEC("lsm/task_fix_setuid") int lsm_struct_third(void *ctx) */
    lsm_struct_third: "lsm";
    /** SEC("lsm.s/userns_create") int lsm_userns(void *ctx) */
    lsm_userns: "lsm";
    /** SEC("raw_tp/sched_switch") int raw_tp(void *ctx) */
    raw_tp: "raw_tp";
    /** SEC("raw_tp/no_such_event") int raw_tp_nowhere(void *ctx) */
    raw_tp_nowhere: "raw_tp";
    /** SEC("tp/sched/sched_switch") int tp(void *ctx) */
    tp: "tracepoint";
    /** SEC("tp_btf/sched_switch") int tp_btf(void *ctx) */
    tp_btf: "tp_btf";
    /** SEC("tp_btf/sys_enter") int tp_btf_enter(void *ctx) */
    tp_btf_enter: "tp_btf";
    /** SEC("tp_btf/no_such_event") int tp_btf_nowhere(void *ctx) */
    tp_btf_nowhere: "tp_btf";
    /** SEC("tp/syscalls/sys_enter_getpgid") int tp_call(void *ctx) */
    tp_call: "tracepoint";
    /** SEC("uprobe//bin/busybox:0x1000") int uprobe(void *ctx) */
    uprobe: "uprobe";
    /** SEC("uprobe.s//bin/busybox:0x1000") int uprobe_sleepable(void *ctx) */
    uprobe_sleepable: "uprobe";
    /** SEC("xdp") int xdp(void *ctx) */
    xdp: "xdp";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** __u64 runtime, in .bss */
    runtime: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens whole-kinds.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<WholeKinds> {
  const source = join(__dirname, "whole-kinds.bpf.o");
  return openObject<WholeKinds>(source, options);
}
