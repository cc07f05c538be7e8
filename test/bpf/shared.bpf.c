/* A map for the programs of several objects, or for one program alone. */
#include "common.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

__u32 runs;

SEC("xdp")
int count(struct xdp_md *ctx)
{
	__u32 key = 1;
	__u64 first = 1, *value = bpf_map_lookup_elem(&counts, &key);

	if (value)
		__sync_fetch_and_add(value, 1);
	else
		bpf_map_update_elem(&counts, &key, &first, BPF_ANY);
	runs++;
	return XDP_PASS;
}

SEC("?xdp")
int also(struct xdp_md *ctx)
{
	__u32 key = 2;

	return bpf_map_lookup_elem(&counts, &key) ? XDP_DROP : XDP_PASS;
}
