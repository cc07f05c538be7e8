/* Users who may not run programs, and a record of each attempt. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define EPERM 1

struct attempt {
	__u32 pid;
	__u32 uid;
	char file[64];
};

/* clang writes only the types of globals and maps. */
const struct attempt *unused_attempt __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64); /* number of attempts */
} banned SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} attempts SEC(".maps") __attribute__((btf_decl_tag("event:struct attempt")));

SEC("lsm/bprm_check_security")
int BPF_PROG(keep_door, struct linux_binprm *bprm)
{
	__u32 uid = bpf_get_current_uid_gid();
	__u64 *count = bpf_map_lookup_elem(&banned, &uid);
	struct attempt *attempt;

	if (!count)
		return 0;
	__sync_fetch_and_add(count, 1);
	attempt = bpf_ringbuf_reserve(&attempts, sizeof(*attempt), 0);
	if (attempt) {
		attempt->pid = bpf_get_current_pid_tgid() >> 32;
		attempt->uid = uid;
		bpf_probe_read_kernel_str(attempt->file, sizeof(attempt->file), bprm->filename);
		bpf_ringbuf_submit(attempt, 0);
	}
	return -EPERM;
}

__u64 started;

SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(count_started, struct linux_binprm *bprm)
{
	__sync_fetch_and_add(&started, 1);
	return 0;
}
