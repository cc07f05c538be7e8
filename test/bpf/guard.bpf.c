/* Denies programs to users: the policy of docs/getting-started.md. */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct linux_binprm {
	const char *filename;
} __attribute__((preserve_access_index));

struct attempt {
	__u32 uid;
	char path[256];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);   /* user id */
	__type(value, __u64); /* how often it was denied */
} denied SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} attempts SEC(".maps") __attribute__((btf_decl_tag("event:struct attempt")));
const struct attempt *unused __attribute__((unused));

__u64 lost; /* attempts that were dropped because the ring was full */

SEC("lsm.s/bprm_check_security")
int BPF_PROG(on_exec, struct linux_binprm *bprm)
{
	__u32 uid = bpf_get_current_uid_gid();
	__u64 *count = bpf_map_lookup_elem(&denied, &uid);
	struct attempt *attempt;

	if (!count)
		return 0;
	__sync_fetch_and_add(count, 1);
	attempt = bpf_ringbuf_reserve(&attempts, sizeof(*attempt), 0);
	if (attempt) {
		attempt->uid = uid;
		bpf_probe_read_kernel_str(attempt->path, sizeof(attempt->path), bprm->filename);
		bpf_ringbuf_submit(attempt, 0);
	} else {
		__sync_fetch_and_add(&lost, 1);
	}
	return -EPERM;
}

char LICENSE[] SEC("license") = "GPL";
