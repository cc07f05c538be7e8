/*
 * Denies the execution of listed files. A sleepable program decides, because it may call bpf_d_path() for the file's
 * whole path; a plain program at the same hook counts every exec, to show that both kinds can share a hook.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define PATH_SIZE 256
#define EPERM 1

struct path {
} __attribute__((preserve_access_index));

struct file {
	struct path f_path;
} __attribute__((preserve_access_index));

struct linux_binprm {
	struct file *file;
} __attribute__((preserve_access_index));

/* The list: user space adds a path here to deny it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, char[PATH_SIZE]);
	__type(value, __u64); /* number of denied execs */
} denied SEC(".maps");

/* A buffer for a path, which does not fit on the stack: one for each thread in the hook, because the program may sleep. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, char[PATH_SIZE]);
} paths SEC(".maps");

static const char empty[PATH_SIZE];

__u64 checked;
__u64 unchecked; /* paths that did not fit, or no free buffer: allowed */

SEC("lsm/bprm_check_security")
int BPF_PROG(count_exec)
{
	__sync_fetch_and_add(&checked, 1);
	return 0;
}

SEC("lsm.s/bprm_check_security")
int BPF_PROG(check_exec, struct linux_binprm *bprm)
{
	__u32 thread = bpf_get_current_pid_tgid();
	__u64 *times;
	char *path;
	int result = 0;
	long length;

	bpf_map_update_elem(&paths, &thread, empty, BPF_ANY);
	path = bpf_map_lookup_elem(&paths, &thread);
	length = path ? bpf_d_path(&bprm->file->f_path, path, PATH_SIZE) : -1;
	if (!path || length < 0) {
		__sync_fetch_and_add(&unchecked, 1);
	} else {
		/*
		 * The kernel builds the path at the buffer's end and leaves a copy of parts of it there, which must not be in the
		 * key.
		 */
		for (int i = 0; i < PATH_SIZE; i++)
			if (i >= length)
				path[i] = 0;
		times = bpf_map_lookup_elem(&denied, path);
		if (times) {
			__sync_fetch_and_add(times, 1);
			result = -EPERM;
		}
	}
	bpf_map_delete_elem(&paths, &thread);
	return result;
}
