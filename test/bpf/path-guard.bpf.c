/* The program of docs/sleepable.md. */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define PATH_SIZE 256

struct path {
} __attribute__((preserve_access_index));

struct file {
	struct path f_path;
} __attribute__((preserve_access_index));

struct linux_binprm {
	struct file *file;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, char[PATH_SIZE]);
	__type(value, __u64); /* how often it was denied */
} denied SEC(".maps");

SEC("lsm.s/bprm_check_security")
int BPF_PROG(check_exec, struct linux_binprm *bprm)
{
	char path[PATH_SIZE] = {}; /* before 6.3 the verifier requires initialized memory */
	long length = bpf_d_path(&bprm->file->f_path, path, sizeof(path)); /* includes the NUL */
	__u64 *times;

	if (length < 0)
		return -EPERM; /* longer than PATH_SIZE: can't be looked up, so deny it */
	for (int i = 0; i < PATH_SIZE; i++)
		if (i >= length)
			path[i] = 0;
	times = bpf_map_lookup_elem(&denied, path);
	if (!times)
		return 0;
	__sync_fetch_and_add(times, 1);
	return -EPERM;
}

char LICENSE[] SEC("license") = "GPL";
