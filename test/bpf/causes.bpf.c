/* Programs and maps that libbpf or the kernel refuses for a cause that only libbpf reports, one each: errors.test.ts. */
#include "common.h"

#define MAP(map_type)                                                                                                  \
	struct {                                                                                                       \
		__uint(type, map_type);                                                                                \
		__uint(max_entries, 1);                                                                                \
		__type(key, int);                                                                                      \
		__type(value, int);                                                                                    \
	}

MAP(BPF_MAP_TYPE_HASH) sound SEC(".maps");
MAP(BPF_MAP_TYPE_HASH) odd$name SEC(".maps");
MAP(999) odd_type SEC(".maps");

SEC("?struct_ops/unused")
int BPF_PROG(unused)
{
	return 0;
}

SEC("?freplace/function")
int replacement(void *ctx)
{
	return 0;
}

SEC("?raw_tp/sys_enter")
int odd$program(void *ctx)
{
	return 0;
}

SEC("?socket")
int plain(void *ctx)
{
	return 0;
}

SEC("?uprobe/libc.so.6:getadrrinfo")
int misspelt_symbol(void *ctx)
{
	return 0;
}

SEC("?uprobe/nowhere.so:getaddrinfo")
int misspelt_path(void *ctx)
{
	return 0;
}
