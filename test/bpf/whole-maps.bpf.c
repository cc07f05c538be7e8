/* Maps of every type, and special fields of their values, used by programs of several kinds. */
#include "whole.h"

extern int bpf_res_spin_lock(struct bpf_res_spin_lock *lock) __ksym __weak;

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

struct prefix {
	__u32 bits;
	__u32 address;
};

struct locked {
	struct bpf_spin_lock lock;
	__u32 count;
};

struct guarded {
	struct bpf_res_spin_lock lock;
	__u32 count;
};

struct timed {
	struct bpf_timer timer;
};

struct locked_timed {
	struct bpf_spin_lock lock;
	struct bpf_timer timer;
};

struct worked {
	struct bpf_wq work;
};

struct held {
	struct task_struct __kptr *task;
};

struct scheduled {
	struct bpf_task_work work;
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

struct nested {
	__u32 number;
	struct locked inner;
};

#define SIZES(entries, key, value)                                                                                     \
	__uint(max_entries, entries);                                                                                  \
	__uint(key_size, key);                                                                                         \
	__uint(value_size, value);
#define ON_DEMAND __uint(map_flags, BPF_F_NO_PREALLOC);
#define STORAGE                                                                                                        \
	ON_DEMAND                                                                                                      \
	__type(key, int);                                                                                              \
	__type(value, int);

MAP(HASH, ONE(int, int)) hash SEC(".maps");
MAP(HASH, ONE(int, int) ON_DEMAND) hash_on_demand SEC(".maps");
MAP(PERCPU_HASH, ONE(int, int)) percpu_hash SEC(".maps");
MAP(PERCPU_HASH, ONE(int, int) ON_DEMAND) percpu_hash_on_demand SEC(".maps");
MAP(LRU_HASH, ONE(int, int)) lru_hash SEC(".maps");
MAP(LRU_PERCPU_HASH, ONE(int, int)) lru_percpu_hash SEC(".maps");
MAP(ARRAY, ONE(int, int)) array SEC(".maps");
MAP(PERCPU_ARRAY, ONE(int, int)) percpu_array SEC(".maps");
MAP(PROG_ARRAY, SIZES(1, 4, 4)) programs SEC(".maps");
MAP(PERF_EVENT_ARRAY, SIZES(0, 4, 4)) events SEC(".maps");
MAP(STACK_TRACE, SIZES(1, 4, 8)) stacks SEC(".maps");
MAP(CGROUP_ARRAY, SIZES(1, 4, 4)) cgroups SEC(".maps");
MAP(LPM_TRIE, ONE(struct prefix, int) ON_DEMAND) trie SEC(".maps");
MAP(QUEUE, __uint(max_entries, 1); __type(value, int);) queue SEC(".maps");
MAP(STACK, __uint(max_entries, 1); __type(value, int);) stack SEC(".maps");
MAP(BLOOM_FILTER, __uint(max_entries, 1); __type(value, int);) bloom SEC(".maps");
MAP(RINGBUF, __uint(max_entries, 4096);) ring SEC(".maps");
MAP(USER_RINGBUF, __uint(max_entries, 4096);) user_ring SEC(".maps");
MAP(SK_STORAGE, STORAGE) sk_storage SEC(".maps");
MAP(INODE_STORAGE, STORAGE) inode_storage SEC(".maps");
MAP(TASK_STORAGE, STORAGE) task_storage SEC(".maps");
MAP(CGRP_STORAGE, STORAGE) cgrp_storage SEC(".maps");
MAP(DEVMAP, SIZES(1, 4, 4)) devmap SEC(".maps");
MAP(DEVMAP_HASH, SIZES(1, 4, 4)) devmap_hash SEC(".maps");
MAP(CPUMAP, SIZES(1, 4, 4)) cpumap SEC(".maps");
MAP(XSKMAP, SIZES(1, 4, 4)) xskmap SEC(".maps");
MAP(SOCKMAP, SIZES(1, 4, 4)) sockmap SEC(".maps");
MAP(SOCKHASH, SIZES(1, 4, 4)) sockhash SEC(".maps");
MAP(REUSEPORT_SOCKARRAY, SIZES(1, 4, 4)) reuseport SEC(".maps");
MAP(CGROUP_STORAGE, __type(key, struct bpf_cgroup_storage_key); __type(value, int);) cgroup_storage SEC(".maps");

struct inner_array {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	ONE(int, int)
} inner_array SEC(".maps");

struct inner_on_demand {
	__uint(type, BPF_MAP_TYPE_HASH);
	ONE(int, int)
	ON_DEMAND
} inner_on_demand SEC(".maps");

struct inner_trie {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	ONE(struct prefix, int)
	ON_DEMAND
} inner_trie SEC(".maps");

#define OUTER(outer, inner_type)                                                                                       \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_##outer);                                                                    \
		__uint(max_entries, 1);                                                                                \
		__type(key, int);                                                                                      \
		__array(values, inner_type);                                                                           \
	}

OUTER(ARRAY_OF_MAPS, struct inner_array) array_of_arrays SEC(".maps");
OUTER(ARRAY_OF_MAPS, struct inner_on_demand) array_of_hashes SEC(".maps");
OUTER(ARRAY_OF_MAPS, struct inner_trie) array_of_tries SEC(".maps");
OUTER(HASH_OF_MAPS, struct inner_array) hash_of_arrays SEC(".maps");
OUTER(HASH_OF_MAPS, struct inner_on_demand) hash_of_hashes SEC(".maps");

MAP(ARRAY, ONE(int, struct locked)) locks SEC(".maps");
MAP(HASH, ONE(int, struct nested)) nested_locks SEC(".maps");
MAP(ARRAY, ONE(int, struct guarded)) guards SEC(".maps");
MAP(ARRAY, ONE(int, struct timed)) timers SEC(".maps");
MAP(PERCPU_ARRAY, ONE(int, struct timed)) percpu_timers SEC(".maps");
MAP(ARRAY, ONE(int, struct worked)) works SEC(".maps");
MAP(ARRAY, ONE(int, struct scheduled)) schedules SEC(".maps");
MAP(ARRAY, ONE(int, struct held)) tasks SEC(".maps");
MAP(ARRAY, ONE(int, struct listed)) lists SEC(".maps");

/* A type whose values can have one of the fields, and not the other. */
MAP(LRU_HASH, ONE(int, struct locked_timed)) lru_locked_timers SEC(".maps");

/* Since Linux 7.2. */
#define BPF_MAP_TYPE_RHASH 35
MAP(RHASH, ONE(int, int) ON_DEMAND) rhash SEC(".maps");
MAP(RHASH, ONE(int, struct locked) ON_DEMAND) rhash_locks SEC(".maps");
MAP(RHASH, ONE(int, struct timed) ON_DEMAND) rhash_timers SEC(".maps");
MAP(RHASH, ONE(int, struct worked) ON_DEMAND) rhash_works SEC(".maps");
MAP(RHASH, ONE(int, struct scheduled) ON_DEMAND) rhash_schedules SEC(".maps");
MAP(RHASH, ONE(int, struct held) ON_DEMAND) rhash_tasks SEC(".maps");
MAP(RHASH, ONE(int, struct listed) ON_DEMAND) rhash_lists SEC(".maps");

#define SLEEPABLE_USE(map) PROGRAM(map##__sleepable, SLEEPABLE, NAMES(map))
#define PLAIN_USE(map) PROGRAM(map##__plain, PLAIN, NAMES(map))
#define PERF_EVENT_USE(map) PROGRAM(map##__perf_event, "perf_event", NAMES(map))

SLEEPABLE_USE(hash)
SLEEPABLE_USE(hash_on_demand)
SLEEPABLE_USE(percpu_hash)
SLEEPABLE_USE(percpu_hash_on_demand)
SLEEPABLE_USE(lru_hash)
SLEEPABLE_USE(lru_percpu_hash)
SLEEPABLE_USE(array)
SLEEPABLE_USE(percpu_array)
SLEEPABLE_USE(programs)
SLEEPABLE_USE(events)
SLEEPABLE_USE(stacks)
SLEEPABLE_USE(cgroups)
SLEEPABLE_USE(trie)
SLEEPABLE_USE(queue)
SLEEPABLE_USE(stack)
SLEEPABLE_USE(bloom)
SLEEPABLE_USE(ring)
SLEEPABLE_USE(user_ring)
SLEEPABLE_USE(sk_storage)
SLEEPABLE_USE(inode_storage)
SLEEPABLE_USE(task_storage)
SLEEPABLE_USE(cgrp_storage)
SLEEPABLE_USE(devmap)
SLEEPABLE_USE(devmap_hash)
SLEEPABLE_USE(cpumap)
SLEEPABLE_USE(xskmap)
SLEEPABLE_USE(sockmap)
SLEEPABLE_USE(sockhash)
SLEEPABLE_USE(reuseport)
SLEEPABLE_USE(cgroup_storage)
SLEEPABLE_USE(array_of_arrays)
SLEEPABLE_USE(array_of_hashes)
SLEEPABLE_USE(array_of_tries)
SLEEPABLE_USE(hash_of_arrays)
SLEEPABLE_USE(hash_of_hashes)

PLAIN_USE(hash_on_demand)
PLAIN_USE(bloom)
PLAIN_USE(user_ring)
PLAIN_USE(inode_storage)
PLAIN_USE(task_storage)
PLAIN_USE(cgrp_storage)
PLAIN_USE(array_of_tries)
PLAIN_USE(trie)
PLAIN_USE(events)

PERF_EVENT_USE(hash)
PERF_EVENT_USE(hash_on_demand)
PERF_EVENT_USE(percpu_hash_on_demand)
PERF_EVENT_USE(array_of_hashes)
PERF_EVENT_USE(hash_of_hashes)
PERF_EVENT_USE(trie)
PERF_EVENT_USE(lru_hash)

/* Special fields of values, by the kind of the program */
#define FIELD(map)                                                                                                     \
	SLEEPABLE_USE(map)                                                                                             \
	PLAIN_USE(map)                                                                                                 \
	PERF_EVENT_USE(map)                                                                                            \
	PROGRAM(map##__kprobe, "kprobe", NAMES(map))                                                                   \
	PROGRAM(map##__uprobe, "uprobe.s", NAMES(map))                                                                 \
	PROGRAM(map##__socket, "socket", NAMES(map))                                                                   \
	PROGRAM(map##__raw_tp, "raw_tp", NAMES(map))

FIELD(locks)
FIELD(nested_locks)
FIELD(guards)
FIELD(timers)
FIELD(percpu_timers)
FIELD(works)
FIELD(schedules)
FIELD(tasks)
FIELD(lists)
FIELD(lru_locked_timers)
FIELD(rhash)
FIELD(rhash_locks)
FIELD(rhash_timers)
FIELD(rhash_works)
FIELD(rhash_schedules)
FIELD(rhash_tasks)
FIELD(rhash_lists)

/* Use of the special fields */

PROGRAM(locks__used, PLAIN, struct locked *value = bpf_map_lookup_elem(&locks, &zero); if (!value) return 0;
	bpf_spin_lock(&value->lock); value->count++; bpf_spin_unlock(&value->lock))
PROGRAM(nested_locks__used, PLAIN, struct nested *value = bpf_map_lookup_elem(&nested_locks, &zero);
	if (!value) return 0; bpf_spin_lock(&value->inner.lock); bpf_spin_unlock(&value->inner.lock))
PROGRAM(timers__used, PLAIN, struct timed *value = bpf_map_lookup_elem(&timers, &zero);
	if (value) bpf_timer_init(&value->timer, &timers, 1))
PROGRAM(percpu_timers__used, PLAIN, struct timed *value = bpf_map_lookup_elem(&percpu_timers, &zero);
	if (value) bpf_timer_init(&value->timer, &percpu_timers, 1))
PROGRAM(lru_locked_timers__used, PLAIN, struct locked_timed *value = bpf_map_lookup_elem(&lru_locked_timers, &zero);
	if (value) bpf_timer_init(&value->timer, &lru_locked_timers, 1))
PROGRAM(rhash_timers__used, PLAIN, struct timed *value = bpf_map_lookup_elem(&rhash_timers, &zero);
	if (value) bpf_timer_init(&value->timer, &rhash_timers, 1))
PROGRAM(rhash_locks__used, PLAIN, struct locked *value = bpf_map_lookup_elem(&rhash_locks, &zero); if (!value) return 0;
	bpf_spin_lock(&value->lock); value->count++; bpf_spin_unlock(&value->lock))
PROGRAM(bloom__used, PLAIN, bpf_map_peek_elem(&bloom, &zero))
PROGRAM(task_storage__used, SLEEPABLE, bpf_task_storage_get(&task_storage, bpf_get_current_task_btf(), NULL, 1))
PROGRAM(cgrp_storage__other, "tc", NAMES(cgrp_storage))
PROGRAM(percpu_hash__looked_up, PLAIN, bpf_map_lookup_percpu_elem(&percpu_hash, &zero, 0))
PROGRAM(array_of_arrays__looked_up, SLEEPABLE, void *inner = bpf_map_lookup_elem(&array_of_arrays, &zero);
	if (inner) bpf_map_lookup_elem(inner, &zero))
PROGRAM(programs__called, PLAIN, bpf_tail_call(ctx, &programs, 0))
PROGRAM(ring__output, SLEEPABLE, bpf_ringbuf_output(&ring, buffer, sizeof(buffer), 0))
PROGRAM(events__output, "kprobe", bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, buffer, sizeof(buffer)))
PROGRAM(trie__looked_up, "xdp", struct prefix prefix = {}; bpf_map_lookup_elem(&trie, &prefix))
