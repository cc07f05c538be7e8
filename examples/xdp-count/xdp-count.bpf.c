/*
 * Counts the packets that an interface receives, by protocol. Each CPU has its own counters, so no CPU waits for
 * another.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct counter {
	__u64 packets;
	__u64 bytes;
};

/* By IP protocol number; 255, which IP does not assign, for packets that are not IP. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct counter);
} counters SEC(".maps");

static __always_inline __u32 protocol_of(const void *data, const void *end)
{
	const struct ethhdr *frame = data;
	const struct iphdr *four = (const void *)(frame + 1);
	const struct ipv6hdr *six = (const void *)(frame + 1);

	if ((const void *)(frame + 1) > end)
		return 255;
	if (frame->h_proto == bpf_htons(ETH_P_IP) && (const void *)(four + 1) <= end)
		return four->protocol;
	if (frame->h_proto == bpf_htons(ETH_P_IPV6) && (const void *)(six + 1) <= end)
		return six->nexthdr;
	return 255;
}

SEC("xdp")
int count_packet(struct xdp_md *ctx)
{
	const void *data = (const void *)(long)ctx->data, *end = (const void *)(long)ctx->data_end;
	__u32 protocol = protocol_of(data, end);
	struct counter *counter = bpf_map_lookup_elem(&counters, &protocol);

	if (counter) {
		counter->packets++;
		counter->bytes += end - data;
	}
	return XDP_PASS;
}
