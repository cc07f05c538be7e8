/* The maps of maps.c, as an object. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define FEW 10000
#define MANY 100000

struct key {
	__u64 high, low;
};

struct value {
	__u64 count, bytes;
	__u32 uid, pid;
	char comm[16];
	double load;
	__u64 reserved[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * MANY);
	__type(key, __u32);
	__type(value, __u64);
} few SEC(".maps"), many SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * MANY);
	__type(key, struct key);
	__type(value, struct value);
} few_large SEC(".maps"), many_large SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FEW);
	__type(key, __u32);
	__type(value, __u64);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FEW);
	__type(key, __u32);
	__type(value, __u64);
} percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FEW);
	__type(key, __u32);
	__type(value, double);
} doubles SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FEW);
	__type(key, __u32);
	__type(value, __u64);
} integers SEC(".maps");
