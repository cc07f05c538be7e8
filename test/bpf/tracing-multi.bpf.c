/* One program for many functions of the kernel, through trampolines (Linux 7.2). */
#include "common.h"

__u64 hits;
__u64 cookie;

SEC("?fentry.multi")
int on_entries(void *context)
{
	if (is_watched()) {
		__sync_fetch_and_add(&hits, 1);
		cookie = bpf_get_attach_cookie(context);
	}
	return 0;
}

SEC("?fexit.multi.s/" SYSTEM_CALL(getpriority))
int on_exits(void *context)
{
	if (is_watched())
		__sync_fetch_and_add(&hits, 1);
	return 0;
}

SEC("?fsession.multi")
int on_session(void *context)
{
	if (is_watched())
		__sync_fetch_and_add(&hits, 1);
	return 0;
}
