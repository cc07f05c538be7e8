/*
 * Shared by the whole programs (whole-*.bpf.c): test/kernel/whole.test.ts judges each and loads it. Kfuncs are weak:
 * otherwise libbpf would load no program of the object on kernels without the kfunc.
 */
#include "common.h"

/* Newer than the headers here. */
struct bpf_res_spin_lock {
	__u32 value;
} __attribute__((aligned(4)));

/* A program with a section and a body. */
#define PROGRAM(name, section, ...)                                                                                    \
	SEC("?" section)                                                                                               \
	int name(void *ctx)                                                                                            \
	{                                                                                                              \
		__VA_ARGS__;                                                                                           \
		return 0;                                                                                              \
	}

/* Loads on every kernel, sleepable and not. */
#define SLEEPABLE "lsm.s/bprm_committed_creds"
#define PLAIN "lsm/bprm_committed_creds"

#define MAP(map_type, ...)                                                                                             \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_##map_type);                                                                 \
		__VA_ARGS__                                                                                            \
	}
#define ONE(key_type, value_type)                                                                                      \
	__uint(max_entries, 1);                                                                                        \
	__type(key, key_type);                                                                                         \
	__type(value, value_type);

/* The verifier checks the maps that instructions refer to, whatever the program does with them. */
#define NAMES(map) asm volatile("%0 = %0" : : "r"(&map))

static __u32 zero;
static char buffer[8];
/* A run-time value: the verifier does not know it. */
__u64 runtime;

#define SLEEP() bpf_copy_from_user(buffer, sizeof(buffer), (void *)8)
