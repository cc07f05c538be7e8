/* A program of each kind of link. */
#include "common.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

static __always_inline void count(__u32 key)
{
	__u64 *known = bpf_map_lookup_elem(&counts, &key);

	if (known)
		__sync_fetch_and_add(known, 1);
}

SEC("?socket")
int of_socket(struct __sk_buff *skb)
{
	count(0);
	return 0;
}

SEC("?raw_tp/task_newtask")
int of_raw_tp(void *context)
{
	count(1);
	return 0;
}

SEC("?tp/task/task_newtask")
int of_tracepoint(void *context)
{
	count(2);
	return 0;
}

SEC("?kprobe/" SYSTEM_CALL(getpriority))
int of_kprobe(void *context)
{
	count(3);
	return 0;
}

SEC("?uretprobe")
int of_uretprobe(void *context)
{
	count(4);
	return 0;
}

SEC("?kprobe.multi/" SYSTEM_CALL(getpriority))
int of_kprobe_multi(void *context)
{
	count(5);
	return 0;
}

SEC("?uprobe.multi")
int of_uprobe_multi(void *context)
{
	count(6);
	return 0;
}

SEC("?perf_event")
int of_perf_event(void *context)
{
	count(7);
	return 0;
}

SEC("?fentry/" SYSTEM_CALL(getpriority))
int of_fentry_with_a_long_name(void *context)
{
	count(8);
	return 0;
}

SEC("?iter/task")
int of_iter(void *context)
{
	count(9);
	return 0;
}

SEC("?iter/bpf_map_elem")
int of_map_iter(void *context)
{
	return 0;
}

SEC("?xdp")
int of_xdp(struct xdp_md *context)
{
	count(10);
	return XDP_PASS;
}

SEC("?tcx/ingress")
int of_tcx(struct __sk_buff *skb)
{
	count(11);
	return -1; /* TCX_NEXT */
}

SEC("?tcx/ingress")
int of_other_tcx(struct __sk_buff *skb)
{
	return -1; /* TCX_NEXT */
}

SEC("?cgroup_skb/egress")
int of_cgroup(struct __sk_buff *skb)
{
	count(12);
	return 1;
}

SEC("?cgroup_skb/egress")
int of_other_cgroup(struct __sk_buff *skb)
{
	return 1;
}

SEC("?sk_lookup")
int of_sk_lookup(struct bpf_sk_lookup *context)
{
	count(13);
	return SK_PASS;
}

SEC("?netfilter")
int of_netfilter(void *context)
{
	return 1; /* NF_ACCEPT */
}

SEC("?sk_msg")
int of_sk_msg(struct sk_msg_md *message)
{
	return SK_PASS;
}
