// Written by node-libbpf gen from whole-calls.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in whole-calls.bpf.o. */
export interface WholeCalls {
  programs: {
    /** SEC("kprobe") int branches_kprobe(void *ctx) */
    branches_kprobe: "kprobe";
    /** SEC("iter.s/task") int cgroup_iter(void *ctx) */
    cgroup_iter: "iter";
    /** SEC("kprobe") int cgroup_kprobe(void *ctx) */
    cgroup_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int cgroup_lsm(void *ctx) */
    cgroup_lsm: "lsm";
    /** SEC("uprobe.s") int cgroup_uprobe(void *ctx) */
    cgroup_uprobe: "uprobe";
    /** SEC("xdp") int cgroup_xdp(void *ctx) */
    cgroup_xdp: "xdp";
    /** SEC("iter.s/task") int coarse_iter(void *ctx) */
    coarse_iter: "iter";
    /** SEC("kprobe") int coarse_kprobe(void *ctx) */
    coarse_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int coarse_lsm(void *ctx) */
    coarse_lsm: "lsm";
    /** SEC("uprobe.s") int coarse_uprobe(void *ctx) */
    coarse_uprobe: "uprobe";
    /** SEC("xdp") int coarse_xdp(void *ctx) */
    coarse_xdp: "xdp";
    /** SEC("kprobe") int cookie_kprobe(void *ctx) */
    cookie_kprobe: "kprobe";
    /** SEC("lsm/bprm_committed_creds") int cookie_lsm(void *ctx) */
    cookie_lsm: "lsm";
    /** SEC("perf_event") int cookie_perf(void *ctx) */
    cookie_perf: "perf_event";
    /** SEC("raw_tp") int cookie_raw_tp(void *ctx) */
    cookie_raw_tp: "raw_tp";
    /** SEC("tp") int cookie_tp(void *ctx) */
    cookie_tp: "tracepoint";
    /** SEC("xdp") int cookie_xdp(void *ctx) */
    cookie_xdp: "xdp";
    /** SEC("kprobe") int copy_str_kprobe(void *ctx) */
    copy_str_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int copy_str_lsm(void *ctx) */
    copy_str_lsm: "lsm";
    /** SEC("lsm/bprm_committed_creds") int copy_str_lsm_plain(void *ctx) */
    copy_str_lsm_plain: "lsm";
    /** SEC("syscall") int copy_str_syscall(void *ctx) */
    copy_str_syscall: "syscall";
    /** SEC("tp_btf/sched_switch") int copy_str_tp_btf(void *ctx) */
    copy_str_tp_btf: "tp_btf";
    /** SEC("xdp") int copy_str_xdp(void *ctx) */
    copy_str_xdp: "xdp";
    /** SEC("iter.s/task") int copy_task_iter(void *ctx) */
    copy_task_iter: "iter";
    /** SEC("kprobe") int copy_task_kprobe(void *ctx) */
    copy_task_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int copy_task_lsm(void *ctx) */
    copy_task_lsm: "lsm";
    /** SEC("uprobe.s") int copy_task_uprobe(void *ctx) */
    copy_task_uprobe: "uprobe";
    /** SEC("xdp") int copy_task_xdp(void *ctx) */
    copy_task_xdp: "xdp";
    /** SEC("iter.s/task") int copy_user_iter(void *ctx) */
    copy_user_iter: "iter";
    /** SEC("kprobe") int copy_user_kprobe(void *ctx) */
    copy_user_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int copy_user_lsm(void *ctx) */
    copy_user_lsm: "lsm";
    /** SEC("syscall") int copy_user_syscall(void *ctx) */
    copy_user_syscall: "syscall";
    /** SEC("uprobe.s") int copy_user_uprobe(void *ctx) */
    copy_user_uprobe: "uprobe";
    /** SEC("xdp") int copy_user_xdp(void *ctx) */
    copy_user_xdp: "xdp";
    /** SEC("tc") int dynptr_of_other(void *ctx) */
    dynptr_of_other: "tc";
    /** SEC("tc") int dynptr_tc(void *ctx) */
    dynptr_tc: "tc";
    /** SEC("xdp") int dynptr_xdp(void *ctx) */
    dynptr_xdp: "xdp";
    /** SEC("fentry/vfs_read") int exe_fentry(void *ctx) */
    exe_fentry: "fentry";
    /** SEC("lsm.s/bprm_committed_creds") int exe_lsm(void *ctx) */
    exe_lsm: "lsm";
    /** SEC("lsm/bprm_committed_creds") int exe_lsm_plain(void *ctx) */
    exe_lsm_plain: "lsm";
    /** SEC("syscall") int find_btf_syscall(void *ctx) */
    find_btf_syscall: "syscall";
    /** SEC("fentry/vfs_read") int func_arg_fentry(void *ctx) */
    func_arg_fentry: "fentry";
    /** SEC("fentry/vfs_read") int func_ip_fentry(void *ctx) */
    func_ip_fentry: "fentry";
    /** SEC("kprobe") int func_ip_kprobe(void *ctx) */
    func_ip_kprobe: "kprobe";
    /** SEC("fentry/vfs_read") int func_ret_fentry(void *ctx) */
    func_ret_fentry: "fentry";
    /** SEC("fexit/vfs_read") int func_ret_fexit(void *ctx) */
    func_ret_fexit: "fexit";
    /** SEC("kprobe") int group_kprobe(void *ctx) */
    group_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int group_lsm(void *ctx) */
    group_lsm: "lsm";
    /** SEC("lsm/bprm_committed_creds") int group_lsm_plain(void *ctx) */
    group_lsm_plain: "lsm";
    /** SEC("syscall") int group_syscall(void *ctx) */
    group_syscall: "syscall";
    /** SEC("tp_btf/sched_switch") int group_tp_btf(void *ctx) */
    group_tp_btf: "tp_btf";
    /** SEC("xdp") int group_xdp(void *ctx) */
    group_xdp: "xdp";
    /** SEC("lsm.s/file_open") int hash_file(unsigned long long *ctx) */
    hash_file: "lsm";
    /** SEC("lsm/file_open") int hash_file_plain(unsigned long long *ctx) */
    hash_file_plain: "lsm";
    /** SEC("lsm.s/file_open") int hash_inode(unsigned long long *ctx) */
    hash_inode: "lsm";
    /** SEC("syscall") int kallsyms_syscall(void *ctx) */
    kallsyms_syscall: "syscall";
    /** SEC("kprobe") int key_kprobe(void *ctx) */
    key_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int key_lsm(void *ctx) */
    key_lsm: "lsm";
    /** SEC("lsm/bprm_committed_creds") int key_lsm_plain(void *ctx) */
    key_lsm_plain: "lsm";
    /** SEC("syscall") int key_syscall(void *ctx) */
    key_syscall: "syscall";
    /** SEC("tp_btf/sched_switch") int key_tp_btf(void *ctx) */
    key_tp_btf: "tp_btf";
    /** SEC("xdp") int key_xdp(void *ctx) */
    key_xdp: "xdp";
    /** SEC("kprobe") int length_kprobe(void *ctx) */
    length_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int length_lsm(void *ctx) */
    length_lsm: "lsm";
    /** SEC("lsm/bprm_committed_creds") int length_lsm_plain(void *ctx) */
    length_lsm_plain: "lsm";
    /** SEC("syscall") int length_syscall(void *ctx) */
    length_syscall: "syscall";
    /** SEC("tp_btf/sched_switch") int length_tp_btf(void *ctx) */
    length_tp_btf: "tp_btf";
    /** SEC("xdp") int length_xdp(void *ctx) */
    length_xdp: "xdp";
    /** SEC("socket") int load_bytes_socket(void *ctx) */
    load_bytes_socket: "socket";
    /** SEC("xdp") int load_bytes_xdp(void *ctx) */
    load_bytes_xdp: "xdp";
    /** SEC("lsm.s/bprm_committed_creds") int loop_num_lsm(void *ctx) */
    loop_num_lsm: "lsm";
    /** SEC("xdp") int loop_num_xdp(void *ctx) */
    loop_num_xdp: "xdp";
    /** SEC("kprobe") int mask_kprobe(void *ctx) */
    mask_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int mask_lsm(void *ctx) */
    mask_lsm: "lsm";
    /** SEC("lsm/bprm_committed_creds") int mask_lsm_plain(void *ctx) */
    mask_lsm_plain: "lsm";
    /** SEC("syscall") int mask_syscall(void *ctx) */
    mask_syscall: "syscall";
    /** SEC("tp_btf/sched_switch") int mask_tp_btf(void *ctx) */
    mask_tp_btf: "tp_btf";
    /** SEC("xdp") int mask_xdp(void *ctx) */
    mask_xdp: "xdp";
    /** SEC("sockops") int netns_sockops(void *ctx) */
    netns_sockops: "sockops";
    /** SEC("tc") int netns_tc(void *ctx) */
    netns_tc: "tc";
    /** SEC("lsm.s/bprm_committed_creds") int nowhere_guarded(void *ctx) */
    nowhere_guarded: "lsm";
    /** SEC("kprobe") int nowhere_kprobe(void *ctx) */
    nowhere_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int nowhere_lsm(void *ctx) */
    nowhere_lsm: "lsm";
    /** SEC("lsm/bprm_committed_creds") int nowhere_lsm_plain(void *ctx) */
    nowhere_lsm_plain: "lsm";
    /** SEC("syscall") int nowhere_syscall(void *ctx) */
    nowhere_syscall: "syscall";
    /** SEC("tp_btf/sched_switch") int nowhere_tp_btf(void *ctx) */
    nowhere_tp_btf: "tp_btf";
    /** SEC("xdp") int nowhere_xdp(void *ctx) */
    nowhere_xdp: "xdp";
    /** SEC("kprobe") int override_kprobe(void *ctx) */
    override_kprobe: "kprobe";
    /** SEC("fentry/filp_close") int path_function(unsigned long long *ctx) */
    path_function: "fentry";
    /** SEC("lsm/file_permission") int path_hook(unsigned long long *ctx) */
    path_hook: "lsm";
    /** SEC("fentry/vfs_read") int path_other_function(unsigned long long *ctx) */
    path_other_function: "fentry";
    /** SEC("lsm/file_open") int path_plain(unsigned long long *ctx) */
    path_plain: "lsm";
    /** SEC("lsm.s/file_open") int path_sleepable(unsigned long long *ctx) */
    path_sleepable: "lsm";
    /** SEC("iter.s/task") int pid_iter(void *ctx) */
    pid_iter: "iter";
    /** SEC("kprobe") int pid_kprobe(void *ctx) */
    pid_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int pid_lsm(void *ctx) */
    pid_lsm: "lsm";
    /** SEC("uprobe.s") int pid_uprobe(void *ctx) */
    pid_uprobe: "uprobe";
    /** SEC("xdp") int pid_xdp(void *ctx) */
    pid_xdp: "xdp";
    /** SEC("iter.s/task") int probe_user_iter(void *ctx) */
    probe_user_iter: "iter";
    /** SEC("kprobe") int probe_user_kprobe(void *ctx) */
    probe_user_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int probe_user_lsm(void *ctx) */
    probe_user_lsm: "lsm";
    /** SEC("uprobe.s") int probe_user_uprobe(void *ctx) */
    probe_user_uprobe: "uprobe";
    /** SEC("xdp") int probe_user_xdp(void *ctx) */
    probe_user_xdp: "xdp";
    /** SEC("iter.s/task") int random_iter(void *ctx) */
    random_iter: "iter";
    /** SEC("kprobe") int random_kprobe(void *ctx) */
    random_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int random_lsm(void *ctx) */
    random_lsm: "lsm";
    /** SEC("uprobe.s") int random_uprobe(void *ctx) */
    random_uprobe: "uprobe";
    /** SEC("xdp") int random_xdp(void *ctx) */
    random_xdp: "xdp";
    /** SEC("kprobe") int rcu_kprobe(void *ctx) */
    rcu_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int rcu_lsm(void *ctx) */
    rcu_lsm: "lsm";
    /** SEC("lsm/bprm_committed_creds") int rcu_lsm_plain(void *ctx) */
    rcu_lsm_plain: "lsm";
    /** SEC("syscall") int rcu_syscall(void *ctx) */
    rcu_syscall: "syscall";
    /** SEC("tp_btf/sched_switch") int rcu_tp_btf(void *ctx) */
    rcu_tp_btf: "tp_btf";
    /** SEC("xdp") int rcu_xdp(void *ctx) */
    rcu_xdp: "xdp";
    /** SEC("tc") int redirect_peer_tc(void *ctx) */
    redirect_peer_tc: "tc";
    /** SEC("xdp") int redirect_peer_xdp(void *ctx) */
    redirect_peer_xdp: "xdp";
    /** SEC("iter.s/task") int regs_iter(void *ctx) */
    regs_iter: "iter";
    /** SEC("kprobe") int regs_kprobe(void *ctx) */
    regs_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int regs_lsm(void *ctx) */
    regs_lsm: "lsm";
    /** SEC("uprobe.s") int regs_uprobe(void *ctx) */
    regs_uprobe: "uprobe";
    /** SEC("xdp") int regs_xdp(void *ctx) */
    regs_xdp: "xdp";
    /** SEC("cgroup/connect4") int retval_connect(void *ctx) */
    retval_connect: "cgroup";
    /** SEC("cgroup/setsockopt") int retval_setsockopt(void *ctx) */
    retval_setsockopt: "cgroup";
    /** SEC("cgroup_skb/egress") int retval_skb(void *ctx) */
    retval_skb: "cgroup_skb";
    /** SEC("iter.s/task") int signal_iter(void *ctx) */
    signal_iter: "iter";
    /** SEC("kprobe") int signal_kprobe(void *ctx) */
    signal_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int signal_lsm(void *ctx) */
    signal_lsm: "lsm";
    /** SEC("uprobe.s") int signal_uprobe(void *ctx) */
    signal_uprobe: "uprobe";
    /** SEC("xdp") int signal_xdp(void *ctx) */
    signal_xdp: "xdp";
    /** SEC("iter.s/task") int snprintf_iter(void *ctx) */
    snprintf_iter: "iter";
    /** SEC("kprobe") int snprintf_kprobe(void *ctx) */
    snprintf_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int snprintf_lsm(void *ctx) */
    snprintf_lsm: "lsm";
    /** SEC("uprobe.s") int snprintf_uprobe(void *ctx) */
    snprintf_uprobe: "uprobe";
    /** SEC("xdp") int snprintf_xdp(void *ctx) */
    snprintf_xdp: "xdp";
    /** SEC("lsm.s/bprm_committed_creds") int str_or_not(void *ctx) */
    str_or_not: "lsm";
    /** SEC("lsm/bprm_committed_creds") int str_or_not_plain(void *ctx) */
    str_or_not_plain: "lsm";
    /** SEC("iter.s/task") int strncmp_iter(void *ctx) */
    strncmp_iter: "iter";
    /** SEC("kprobe") int strncmp_kprobe(void *ctx) */
    strncmp_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int strncmp_lsm(void *ctx) */
    strncmp_lsm: "lsm";
    /** SEC("uprobe.s") int strncmp_uprobe(void *ctx) */
    strncmp_uprobe: "uprobe";
    /** SEC("xdp") int strncmp_xdp(void *ctx) */
    strncmp_xdp: "xdp";
    /** SEC("syscall") int sys_bpf_syscall(void *ctx) */
    sys_bpf_syscall: "syscall";
    /** SEC("lsm.s/bprm_committed_creds") int sys_close_lsm(void *ctx) */
    sys_close_lsm: "lsm";
    /** SEC("syscall") int sys_close_syscall(void *ctx) */
    sys_close_syscall: "syscall";
    /** SEC("iter.s/task") int tai_iter(void *ctx) */
    tai_iter: "iter";
    /** SEC("kprobe") int tai_kprobe(void *ctx) */
    tai_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int tai_lsm(void *ctx) */
    tai_lsm: "lsm";
    /** SEC("uprobe.s") int tai_uprobe(void *ctx) */
    tai_uprobe: "uprobe";
    /** SEC("xdp") int tai_xdp(void *ctx) */
    tai_xdp: "xdp";
    /** SEC("iter.s/task") int task_btf_iter(void *ctx) */
    task_btf_iter: "iter";
    /** SEC("kprobe") int task_btf_kprobe(void *ctx) */
    task_btf_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int task_btf_lsm(void *ctx) */
    task_btf_lsm: "lsm";
    /** SEC("uprobe.s") int task_btf_uprobe(void *ctx) */
    task_btf_uprobe: "uprobe";
    /** SEC("xdp") int task_btf_xdp(void *ctx) */
    task_btf_xdp: "xdp";
    /** SEC("lsm.s/bprm_committed_creds") int task_guarded(void *ctx) */
    task_guarded: "lsm";
    /** SEC("kprobe") int task_kprobe(void *ctx) */
    task_kprobe: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int task_lsm(void *ctx) */
    task_lsm: "lsm";
    /** SEC("lsm/bprm_committed_creds") int task_lsm_plain(void *ctx) */
    task_lsm_plain: "lsm";
    /** SEC("syscall") int task_syscall(void *ctx) */
    task_syscall: "syscall";
    /** SEC("tp_btf/sched_switch") int task_tp_btf(void *ctx) */
    task_tp_btf: "tp_btf";
    /** SEC("xdp") int task_xdp(void *ctx) */
    task_xdp: "xdp";
    /** SEC("lsm.s/bprm_committed_creds") int tasks_lsm(void *ctx) */
    tasks_lsm: "lsm";
    /** SEC("kprobe") int vprintk_kprobe(void *ctx) */
    vprintk_kprobe: "kprobe";
    /** SEC("xdp") int xdp_length(void *ctx) */
    xdp_length: "xdp";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** char buffer[8], in .bss */
    buffer: string;
    /** const char format[3], in .rodata */
    readonly format: string;
    /** __u64 runtime, in .bss */
    runtime: bigint;
    /** const char text[5], in .rodata */
    readonly text: string;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens whole-calls.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<WholeCalls> {
  const source = join(__dirname, "whole-calls.bpf.o");
  return openObject<WholeCalls>(source, options);
}
