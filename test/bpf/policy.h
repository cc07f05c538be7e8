/* A policy in two versions, whose programs and maps differ: policy-old.bpf.c and policy-new.bpf.c. */
#include "common.h"

#define EPERM 1

struct super_block {
	__u32 s_dev;
} __attribute__((preserve_access_index));

struct inode {
	struct super_block *i_sb;
	unsigned long i_ino;
} __attribute__((preserve_access_index));

struct file {
	struct inode *f_inode;
} __attribute__((preserve_access_index));

struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 seq_num;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
} __attribute__((preserve_access_index));

/* The files that nobody may open: device << 32 | inode. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u64);
	__type(value, __u32);
} forbidden SEC(".maps");

struct told {
	__u64 inode;
	__u32 version;
};
const struct told *unused_told __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} denials SEC(".maps") __attribute__((btf_decl_tag("event:struct told")));

/* The layout of its values is that of the version. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counts);
} counts SEC(".maps");

/* Larger in the new version. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VERSION * 64);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

__u64 runs;
const volatile __u32 limit = 10;

static __always_inline void count(void)
{
	__u32 zero = 0;
	struct counts *found = bpf_map_lookup_elem(&counts, &zero);

	if (found)
		__sync_fetch_and_add(&found->denied, 1);
}

/* Not sleepable, so that Linux 5.10 loads it too. */
SEC("lsm/file_open")
int BPF_PROG(deny_open, struct file *file)
{
	__u64 inode = (__u64)file->f_inode->i_sb->s_dev << 32 | (__u32)file->f_inode->i_ino;

	if (!bpf_map_lookup_elem(&forbidden, &inode))
		return 0;
	struct told told = { .inode = inode, .version = VERSION };
	bpf_ringbuf_output(&denials, &told, sizeof(told), 0);
	count();
	return -EPERM;
}

/* The same in both versions. */
SEC("raw_tp/task_newtask")
int on_task(void *ctx)
{
	__u64 id = bpf_get_current_uid_gid();

	bpf_map_lookup_elem(&forbidden, &id);
	return 0;
}

/* Its link can be updated. */
SEC("iter/task")
int list(struct bpf_iter__task *ctx)
{
	char version = '0' + VERSION;

	__sync_fetch_and_add(&runs, limit);
	if (ctx->meta->seq_num == 0)
		bpf_seq_write(ctx->meta->seq, &version, 1);
	return 0;
}
