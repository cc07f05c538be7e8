/* Maps that kernels refuse to sleepable programs; see refusals.bpf.c. Linux 5.10 can create them all. */
#include "common.h"

#define MAP(map_type, ...)                                                                                             \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_##map_type);                                                                 \
		__VA_ARGS__                                                                                            \
	}
#define ONE(key_type, value_type)                                                                                      \
	__uint(max_entries, 1);                                                                                        \
	__type(key, key_type);                                                                                         \
	__type(value, value_type);

struct locked {
	struct bpf_spin_lock lock;
	int number;
};

struct timed {
	struct bpf_timer timer;
};

struct queued {
	struct bpf_wq work;
};

struct item {
	struct bpf_list_node node;
};

/* Keeps the struct in BTF: the list's BTF has only its name. */
struct item *first;

struct listed {
	struct bpf_spin_lock lock;
	struct bpf_list_head items __attribute__((btf_decl_tag("contains:item:node")));
};

struct prefix {
	__u32 bits;
	__u32 address;
};

MAP(HASH, ONE(int, int) __uint(map_flags, BPF_F_NO_PREALLOC);) hash SEC(".maps");
MAP(PERCPU_ARRAY, ONE(int, int)) percpu_array SEC(".maps");
MAP(RINGBUF, __uint(max_entries, 4096);) ringbuf SEC(".maps");
MAP(INODE_STORAGE, __uint(map_flags, BPF_F_NO_PREALLOC); __type(key, int); __type(value, int);) storage SEC(".maps");
MAP(QUEUE, __uint(max_entries, 1); __type(value, int);) queue SEC(".maps");
MAP(PROG_ARRAY, ONE(int, int)) programs SEC(".maps");
MAP(LPM_TRIE, ONE(struct prefix, int) __uint(map_flags, BPF_F_NO_PREALLOC);) trie SEC(".maps");
MAP(PERF_EVENT_ARRAY, __type(key, int); __type(value, int);) perf SEC(".maps");
MAP(STACK_TRACE, __uint(max_entries, 1); __uint(key_size, 4); __uint(value_size, 8);) stacks SEC(".maps");
MAP(ARRAY, ONE(int, struct locked)) locks SEC(".maps");
MAP(ARRAY, ONE(int, struct timed)) timers SEC(".maps");
MAP(ARRAY, ONE(int, struct queued)) works SEC(".maps");
MAP(ARRAY, ONE(int, struct listed)) lists SEC(".maps");

/* The verifier checks the maps that instructions refer to, whatever the program does with them. */
#define NAMES(map) asm volatile("%0 = %0" : : "r"(&map))

#define SLEEPABLE_LSM(map)                                                                                             \
	SEC("?lsm.s/bprm_committed_creds")                                                                             \
	int BPF_PROG(map_##map)                                                                                        \
	{                                                                                                              \
		NAMES(map);                                                                                            \
		return 0;                                                                                              \
	}

SLEEPABLE_LSM(hash)
SLEEPABLE_LSM(percpu_array)
SLEEPABLE_LSM(ringbuf)
SLEEPABLE_LSM(storage)
SLEEPABLE_LSM(queue)
SLEEPABLE_LSM(programs)
SLEEPABLE_LSM(trie)
SLEEPABLE_LSM(perf)
SLEEPABLE_LSM(stacks)
SLEEPABLE_LSM(locks)
SLEEPABLE_LSM(timers)

/* The verifier treats a uprobe as a tracing program. */
#define SLEEPABLE_UPROBE(map)                                                                                          \
	SEC("?uprobe.s")                                                                                               \
	int uprobe_##map(void *ctx)                                                                                    \
	{                                                                                                              \
		NAMES(map);                                                                                            \
		return 0;                                                                                              \
	}

SLEEPABLE_UPROBE(locks)
SLEEPABLE_UPROBE(timers)
SLEEPABLE_UPROBE(works)
SLEEPABLE_UPROBE(lists)

/* Kinds that can't use some map values, sleepable or not */

SEC("?socket")
int plain_socket_locks(void *ctx)
{
	NAMES(locks);
	return 0;
}

SEC("?perf_event")
int plain_perf_hash(void *ctx)
{
	NAMES(hash);
	return 0;
}

SEC("?lsm.s/bprm_committed_creds")
int BPF_PROG(lock_helper)
{
	struct locked *locked;
	int key = 0;
	char byte;

	locked = bpf_map_lookup_elem(&locks, &key);
	if (!locked)
		return 0;
	bpf_spin_lock(&locked->lock);
	bpf_copy_from_user(&byte, 1, 0);
	bpf_spin_unlock(&locked->lock);
	return 0;
}

static int on_timer(void *map, int *key, struct timed *timed)
{
	char byte;

	bpf_copy_from_user(&byte, 1, 0);
	return 0;
}

/* A sleepable program's timer callback does not sleep. */
SEC("?lsm.s/bprm_committed_creds")
int BPF_PROG(timer_helper)
{
	struct timed *timed;
	int key = 0;

	timed = bpf_map_lookup_elem(&timers, &key);
	if (timed)
		bpf_timer_set_callback(&timed->timer, on_timer);
	return 0;
}
