/*
 * Replaces a list as a whole. A syscall program runs when user space requests it. It may sleep, and so may call bpf(2)
 * itself: this one creates a map, fills it, stores it where other programs find it, and closes its descriptor, all in
 * one call. A program that looks a port up finds the old list or the new one, and never half of it.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define MOST_PORTS 256

struct list {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MOST_PORTS);
	__type(key, __u32); /* port */
	__type(value, __u32); /* generation */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct list);
} current SEC(".maps");

/* The program's input. */
struct request {
	__u32 current; /* descriptor of the map */
	__u32 count;   /* number of ports in wanted */
	__u32 generation;
};

__u32 wanted[MOST_PORTS];

static long set(__u32 map, const void *key, const void *value)
{
	union bpf_attr attr = {};

	attr.map_fd = map;
	attr.key = (__u64)key;
	attr.value = (__u64)value;
	return bpf_sys_bpf(BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

SEC("syscall")
int replace(struct request *request)
{
	union bpf_attr attr = {};
	__u32 zero = 0, generation = request->generation;
	long list, error = 0;

	attr.map_type = BPF_MAP_TYPE_HASH;
	attr.key_size = attr.value_size = sizeof(__u32);
	attr.max_entries = MOST_PORTS;
	list = bpf_sys_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
	if (list < 0)
		return list;
	for (__u32 i = 0; i < MOST_PORTS && i < request->count && !error; i++)
		error = set(list, &wanted[i], &generation);
	if (!error)
		error = set(request->current, &zero, &list);
	/* The array now holds a reference to the map. */
	bpf_sys_close(list);
	return error;
}
