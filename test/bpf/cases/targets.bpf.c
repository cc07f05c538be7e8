/* Kinds and targets that only some kernels have, or none. */
#include "../common.h"

#define PLAIN(name, section) \
	SEC(section) int name(void *context) { return 1; }

PLAIN(fentry_nowhere, "fentry/no_such_function_anywhere")
PLAIN(fentry_inlined, "fentry/do_execve")
PLAIN(fentry_no_module, "fentry/nomodule:nofunction")
PLAIN(fexit_no_module, "fexit.s/nomodule:nofunction")
PLAIN(tp_btf_nowhere, "tp_btf/no_such_tracepoint")
PLAIN(raw_tp_nowhere, "raw_tp/no_such_tracepoint")
PLAIN(tp_nowhere, "tp/syscalls/sys_enter_no_such")
PLAIN(kprobe_nowhere, "kprobe/no_such_function_anywhere")
PLAIN(iter_nowhere, "iter/no_such_iterator")
PLAIN(lsm_nowhere, "lsm/no_such_hook")
PLAIN(tp_btf_there, "tp_btf/sched_switch")
PLAIN(raw_tp_there, "raw_tp/sched_switch")
PLAIN(kprobe_there, "kprobe/do_nanosleep")
PLAIN(lsm_there, "lsm/task_free")
PLAIN(lsm_cgroup_there, "lsm_cgroup/socket_bind")
PLAIN(netfilter_there, "netfilter")
PLAIN(tcx_there, "tcx/ingress")
PLAIN(kprobe_multi_there, "kprobe.multi/do_nanosleep")
PLAIN(kprobe_session_there, "kprobe.session/do_nanosleep")
PLAIN(uprobe_multi_there, "uprobe.multi//proc/self/exe:uv_os_getpriority")
PLAIN(sk_lookup_there, "sk_lookup")
PLAIN(connect_unix_there, "cgroup/connect_unix")
