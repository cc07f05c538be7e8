// Written by node-libbpf gen from targets.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in targets.bpf.o. */
export interface Targets {
  programs: {
    /** SEC("cgroup/connect_unix") int connect_unix_there(void *context) */
    connect_unix_there: "cgroup";
    /** SEC("fentry/do_execve") int fentry_inlined(void *context) */
    fentry_inlined: "fentry";
    /** SEC("fentry/nomodule:nofunction") int fentry_no_module(void *context) */
    fentry_no_module: "fentry";
    /** SEC("fentry/no_such_function_anywhere") int fentry_nowhere(void *context) */
    fentry_nowhere: "fentry";
    /** SEC("fexit.s/nomodule:nofunction") int fexit_no_module(void *context) */
    fexit_no_module: "fexit";
    /** SEC("iter/no_such_iterator") int iter_nowhere(void *context) */
    iter_nowhere: "iter";
    /** SEC("kprobe.multi/do_nanosleep") int kprobe_multi_there(void *context) */
    kprobe_multi_there: "kprobe.multi";
    /** SEC("kprobe/no_such_function_anywhere") int kprobe_nowhere(void *context) */
    kprobe_nowhere: "kprobe";
    /** SEC("kprobe.session/do_nanosleep") int kprobe_session_there(void *context) */
    kprobe_session_there: "kprobe.session";
    /** SEC("kprobe/do_nanosleep") int kprobe_there(void *context) */
    kprobe_there: "kprobe";
    /** SEC("lsm_cgroup/socket_bind") int lsm_cgroup_there(void *context) */
    lsm_cgroup_there: "lsm_cgroup";
    /** SEC("lsm/no_such_hook") int lsm_nowhere(void *context) */
    lsm_nowhere: "lsm";
    /** SEC("lsm/task_free") int lsm_there(void *context) */
    lsm_there: "lsm";
    /** SEC("netfilter") int netfilter_there(void *context) */
    netfilter_there: "netfilter";
    /** SEC("raw_tp/no_such_tracepoint") int raw_tp_nowhere(void *context) */
    raw_tp_nowhere: "raw_tp";
    /** SEC("raw_tp/sched_switch") int raw_tp_there(void *context) */
    raw_tp_there: "raw_tp";
    /** SEC("sk_lookup") int sk_lookup_there(void *context) */
    sk_lookup_there: "sk_lookup";
    /** SEC("tcx/ingress") int tcx_there(void *context) */
    tcx_there: "tcx";
    /** SEC("tp_btf/no_such_tracepoint") int tp_btf_nowhere(void *context) */
    tp_btf_nowhere: "tp_btf";
    /** SEC("tp_btf/sched_switch") int tp_btf_there(void *context) */
    tp_btf_there: "tp_btf";
    /** SEC("tp/syscalls/sys_enter_no_such") int tp_nowhere(void *context) */
    tp_nowhere: "tracepoint";
    /** SEC("uprobe.multi//proc/self/exe:uv_os_getpriority") int uprobe_multi_there(void *context) */
    uprobe_multi_there: "uprobe.multi";
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

/** Opens targets.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Targets> {
  const source = join(__dirname, "targets.bpf.o");
  return openObject<Targets>(source, options);
}
