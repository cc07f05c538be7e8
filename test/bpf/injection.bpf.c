/* Sleepable programs on functions of the error-injection list that are not system calls: block layer and btrfs. */
#include "common.h"

__u64 bios;
__u64 mounts;
__u64 mounted;
__s32 mount_error;

SEC("fentry.s/should_fail_bio")
int BPF_PROG(bio_entry)
{
	__sync_fetch_and_add(&bios, 1);
	return 0;
}

SEC("fexit.s/should_fail_bio")
int BPF_PROG(bio_exit)
{
	__sync_fetch_and_add(&bios, 1);
	return 0;
}

SEC("fmod_ret.s/should_fail_bio")
int BPF_PROG(bio_modify)
{
	__sync_fetch_and_add(&bios, 1);
	return 0;
}

SEC("fentry.s/open_ctree")
int BPF_PROG(btrfs_entry)
{
	__sync_fetch_and_add(&mounts, 1);
	return 0;
}

SEC("fexit.s/open_ctree")
int BPF_PROG(btrfs_exit)
{
	__sync_fetch_and_add(&mounted, 1);
	return 0;
}

SEC("fmod_ret.s/open_ctree")
int BPF_PROG(btrfs_modify)
{
	return mount_error;
}
