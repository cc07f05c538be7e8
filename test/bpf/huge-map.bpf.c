/* A map that is larger than any machine's memory. */
#include "common.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 0xffffffff);
	__type(key, __u64);
	__type(value, char[4096]);
} huge SEC(".maps");
