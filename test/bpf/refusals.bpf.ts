// Written by node-libbpf gen from refusals.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in refusals.bpf.o. */
export interface Refusals {
  programs: {
    /** SEC("iter.s/cgroup") int attach_cgroup_iter(void *ctx) */
    attach_cgroup_iter: "iter";
    /** SEC("iter.s/bpf_map") int attach_iter(void *ctx) */
    attach_iter: "iter";
    /** SEC("kprobe/vfs_read") int attach_kprobe(void *ctx) */
    attach_kprobe: "kprobe";
    /** SEC("kprobe.multi/vfs_read") int attach_kprobe_multi(void *ctx) */
    attach_kprobe_multi: "kprobe.multi";
    /** SEC("raw_tp.s/sched_switch") int attach_raw_tp(void *ctx) */
    attach_raw_tp: "raw_tp";
    /** SEC("tp.s/sched/sched_switch") int attach_tracepoint(void *ctx) */
    attach_tracepoint: "tracepoint";
    /** SEC("fentry.s/should_failslab") int function_must_not_sleep(unsigned long long *ctx) */
    function_must_not_sleep: "fentry";
    /** SEC("fexit.s/__x64_sys_exit_group") int function_noreturn(unsigned long long *ctx) */
    function_noreturn: "fexit";
    /** SEC("fentry.s/vfs_read") int function_not_sleepable(unsigned long long *ctx) */
    function_not_sleepable: "fentry";
    /** SEC("fentry.s/bpf_lsm_file_open") int function_of_hook(unsigned long long *ctx) */
    function_of_hook: "fentry";
    /** SEC("lsm.s/bprm_committed_creds") int helper_of_another_kind(unsigned long long *ctx) */
    helper_of_another_kind: "lsm";
    /** SEC("lsm.s/inode_need_killpriv") int hook_disabled(unsigned long long *ctx) */
    hook_disabled: "lsm";
    /** SEC("lsm.s/task_free") int hook_not_sleepable(unsigned long long *ctx) */
    hook_not_sleepable: "lsm";
    /** SEC("lsm.s/path_chown") int hook_signature(unsigned long long *ctx) */
    hook_signature: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int irq_helper(unsigned long long *ctx) */
    irq_helper: "lsm";
    /** SEC("xdp") int kind_xdp(void *ctx) */
    kind_xdp: "xdp";
    /** SEC("lsm_cgroup/socket_bind") int lsm_cgroup(unsigned long long *ctx) */
    lsm_cgroup: "lsm_cgroup";
    /** SEC("fentry/vfs_read") int plain_css_iterator(unsigned long long *ctx) */
    plain_css_iterator: "fentry";
    /** SEC("fentry/migrate_disable") int plain_function_denied(unsigned long long *ctx) */
    plain_function_denied: "fentry";
    /** SEC("fexit/do_exit") int plain_function_noreturn(unsigned long long *ctx) */
    plain_function_noreturn: "fexit";
    /** SEC("fmod_ret/vfs_read") int plain_function_not_modifiable(unsigned long long *ctx) */
    plain_function_not_modifiable: "fmod_ret";
    /** SEC("lsm/bprm_committed_creds") int plain_global_function(unsigned long long *ctx) */
    plain_global_function: "lsm";
    /** SEC("lsm/bprm_committed_creds") int plain_helper(unsigned long long *ctx) */
    plain_helper: "lsm";
    /** SEC("xdp") int plain_helper_of_another_kind(void *ctx) */
    plain_helper_of_another_kind: "xdp";
    /** SEC("lsm/ismaclabel") int plain_hook_disabled(unsigned long long *ctx) */
    plain_hook_disabled: "lsm";
    /** SEC("lsm/file_open") int plain_ima_helper(unsigned long long *ctx) */
    plain_ima_helper: "lsm";
    /** SEC("lsm/bprm_committed_creds") int plain_kfunc(unsigned long long *ctx) */
    plain_kfunc: "lsm";
    /** SEC("lsm/verify_prog") int plain_not_a_hook(unsigned long long *ctx) */
    plain_not_a_hook: "lsm";
    /** SEC("lsm/file_permission") int plain_path_helper(unsigned long long *ctx) */
    plain_path_helper: "lsm";
    /** SEC("syscall") int plain_syscall(void *ctx) */
    plain_syscall: "syscall";
    /** SEC("uprobe") int plain_task_helper(void *ctx) */
    plain_task_helper: "uprobe";
    /** SEC("uprobe") int plain_uprobe_helper(void *ctx) */
    plain_uprobe_helper: "uprobe";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_helper(unsigned long long *ctx) */
    preempt_helper: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int preempt_kfunc(unsigned long long *ctx) */
    preempt_kfunc: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_global_function(unsigned long long *ctx) */
    rcu_global_function: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_helper(unsigned long long *ctx) */
    rcu_helper: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_kfunc(unsigned long long *ctx) */
    rcu_kfunc: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_pointer(unsigned long long *ctx) */
    rcu_pointer: "lsm";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_untrusted_pointer(unsigned long long *ctx) */
    rcu_untrusted_pointer: "lsm";
    /** SEC("fsession.s/vfs_read") int session(unsigned long long *ctx) */
    session: "fsession";
    /** SEC("tp_btf.s/sched_switch") int tp_btf(unsigned long long *ctx) */
    tp_btf: "tp_btf";
  };
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens refusals.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Refusals> {
  const source = join(__dirname, "refusals.bpf.o");
  return openObject<Refusals>(source, options);
}
