// Written by node-libbpf gen from whole-licence.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type BpfMap,
  type KernelMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type PerfBuffer,
} from "node-libbpf";

/** struct timed: 16 bytes */
export type timed = Record<string, never>;

/** What is in whole-licence.bpf.o. */
export interface WholeLicence {
  programs: {
    /** SEC("cgroup_skb/egress") int cgroup_nothing(void *ctx) */
    cgroup_nothing: "cgroup_skb";
    /** SEC("fentry/vfs_read") int fentry_nothing(void *ctx) */
    fentry_nothing: "fentry";
    /** SEC("fentry/vfs_read") int fentry_reads(unsigned long long *ctx) */
    fentry_reads: "fentry";
    /** SEC("fexit/vfs_read") int fexit_time(void *ctx) */
    fexit_time: "fexit";
    /** SEC("iter/task") int iter_nothing(void *ctx) */
    iter_nothing: "iter";
    /** SEC("iter/task") int iter_writes(struct bpf_iter__task *ctx) */
    iter_writes: "iter";
    /** SEC("kprobe") int kprobe_boot_time(void *ctx) */
    kprobe_boot_time: "kprobe";
    /** SEC("kprobe") int kprobe_kfunc(void *ctx) */
    kprobe_kfunc: "kprobe";
    /** SEC("kprobe") int kprobe_lookup(void *ctx) */
    kprobe_lookup: "kprobe";
    /** SEC("kprobe") int kprobe_maybe(void *ctx) */
    kprobe_maybe: "kprobe";
    /** SEC("kprobe") int kprobe_name(void *ctx) */
    kprobe_name: "kprobe";
    /** SEC("kprobe") int kprobe_not_taken(void *ctx) */
    kprobe_not_taken: "kprobe";
    /** SEC("kprobe") int kprobe_nothing(void *ctx) */
    kprobe_nothing: "kprobe";
    /** SEC("kprobe") int kprobe_output(void *ctx) */
    kprobe_output: "kprobe";
    /** SEC("kprobe") int kprobe_pid(void *ctx) */
    kprobe_pid: "kprobe";
    /** SEC("kprobe") int kprobe_print(void *ctx) */
    kprobe_print: "kprobe";
    /** SEC("kprobe") int kprobe_read(void *ctx) */
    kprobe_read: "kprobe";
    /** SEC("kprobe") int kprobe_read_user(void *ctx) */
    kprobe_read_user: "kprobe";
    /** SEC("kprobe") int kprobe_read_user_str(void *ctx) */
    kprobe_read_user_str: "kprobe";
    /** SEC("kprobe") int kprobe_signal(void *ctx) */
    kprobe_signal: "kprobe";
    /** SEC("kprobe") int kprobe_stack(void *ctx) */
    kprobe_stack: "kprobe";
    /** SEC("kprobe") int kprobe_stack_id(void *ctx) */
    kprobe_stack_id: "kprobe";
    /** SEC("kprobe") int kprobe_task(void *ctx) */
    kprobe_task: "kprobe";
    /** SEC("kprobe") int kprobe_task_btf(void *ctx) */
    kprobe_task_btf: "kprobe";
    /** SEC("kprobe") int kprobe_time(void *ctx) */
    kprobe_time: "kprobe";
    /** SEC("lsm.s/bprm_committed_creds") int lsm_nothing(void *ctx) */
    lsm_nothing: "lsm";
    /** SEC("lsm/bprm_committed_creds") int lsm_plain_nothing(void *ctx) */
    lsm_plain_nothing: "lsm";
    /** SEC("perf_event") int perf_nothing(void *ctx) */
    perf_nothing: "perf_event";
    /** SEC("raw_tp") int raw_tp_nothing(void *ctx) */
    raw_tp_nothing: "raw_tp";
    /** SEC("socket") int socket_nothing(void *ctx) */
    socket_nothing: "socket";
    /** SEC("sockops") int sockops_nothing(void *ctx) */
    sockops_nothing: "sockops";
    /** SEC("syscall") int syscall_copy(void *ctx) */
    syscall_copy: "syscall";
    /** SEC("syscall") int syscall_nothing(void *ctx) */
    syscall_nothing: "syscall";
    /** SEC("tc") int tc_time(void *ctx) */
    tc_time: "tc";
    /** SEC("tc") int tc_timer(void *ctx) */
    tc_timer: "tc";
    /** SEC("tp_btf/sched_switch") int tp_btf_nothing(void *ctx) */
    tp_btf_nothing: "tp_btf";
    /** SEC("tp") int tp_nothing(void *ctx) */
    tp_nothing: "tracepoint";
    /** SEC("uprobe.s") int uprobe_copy(void *ctx) */
    uprobe_copy: "uprobe";
    /** SEC("uprobe.s") int uprobe_kfunc(void *ctx) */
    uprobe_kfunc: "uprobe";
    /** SEC("uprobe.s") int uprobe_snprintf(void *ctx) */
    uprobe_snprintf: "uprobe";
    /** SEC("xdp") int xdp_loop_num(void *ctx) */
    xdp_loop_num: "xdp";
    /** SEC("xdp") int xdp_print(void *ctx) */
    xdp_print: "xdp";
    /** SEC("xdp") int xdp_time(void *ctx) */
    xdp_time: "xdp";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value __u64 */
    array: ArrayMap<bigint>;
    /** BPF_MAP_TYPE_PERF_EVENT_ARRAY, max_entries 0 */
    events: PerfBuffer<Uint8Array>;
    /** BPF_MAP_TYPE_STACK_TRACE, max_entries 1 */
    stacks: KernelMap<Uint8Array, Uint8Array>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct timed */
    timers: ArrayMap<timed>;
  };
  variables: {
    /** char buffer[8], in .bss */
    buffer: string;
    /** const volatile _Bool enabled, in .rodata */
    readonly enabled: boolean;
    /** const char format[3], in .rodata */
    readonly format: string;
    /** __u64 runtime, in .bss */
    runtime: bigint;
    /** __u32 zero, in .bss */
    zero: number;
  };
}

/** Opens whole-licence.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<WholeLicence> {
  const source = join(__dirname, "whole-licence.bpf.o");
  return openObject<WholeLicence>(source, options);
}
