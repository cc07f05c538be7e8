/* The cases of bench/maps with libbpf in C: prints {"case": nanoseconds per element, …}. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

struct key {
	uint64_t high, low;
};

struct value {
	uint64_t count, bytes;
	uint32_t uid, pid;
	char comm[16];
	double load;
	uint64_t reserved[2];
};

enum { FEW = 10000, MANY = 100000, BATCH = 4096, STEP = 7919, PASSES = 100 };

static uint64_t sum; /* printed, so that the compiler can't drop the work */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static int create(enum bpf_map_type type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = flags);
	int fd = bpf_map_create(type, "bench", key, value, entries, &options);

	if (fd < 0)
		die("bpf_map_create");
	return fd;
}

static int small_map(int entries)
{
	int fd = create(BPF_MAP_TYPE_HASH, 4, 8, 2 * MANY, 0);

	for (uint32_t i = 0; i < (uint32_t)entries; i++) {
		uint64_t value = i;

		if (bpf_map_update_elem(fd, &i, &value, 0))
			die("update");
	}
	return fd;
}

static struct key key_of(uint64_t i)
{
	return (struct key){ .high = i * 31, .low = i };
}

static int large_map(int entries)
{
	int fd = create(BPF_MAP_TYPE_HASH, sizeof(struct key), sizeof(struct value), 2 * MANY, 0);

	for (int i = 0; i < entries; i++) {
		struct key key = key_of(i);
		struct value value = { .count = i, .bytes = 2 * i, .uid = i, .pid = i, .comm = "bench", .load = i };

		if (bpf_map_update_elem(fd, &key, &value, 0))
			die("update");
	}
	return fd;
}

static void lookup_small(int fd)
{
	for (uint32_t i = 0; i < FEW; i++) {
		uint32_t key = i * STEP % FEW;
		uint64_t value;

		if (bpf_map_lookup_elem(fd, &key, &value))
			die("lookup");
		sum += value;
	}
}

static void lookup_large(int fd)
{
	for (uint32_t i = 0; i < FEW; i++) {
		struct key key = key_of(i * STEP % FEW);
		struct value value;

		if (bpf_map_lookup_elem(fd, &key, &value))
			die("lookup");
		sum += value.count;
	}
}

static void update_small(int fd)
{
	for (uint32_t i = 0; i < FEW; i++) {
		uint32_t key = i * STEP % FEW;
		uint64_t value = i;

		if (bpf_map_update_elem(fd, &key, &value, 0))
			die("update");
	}
}

static void delete_insert(int fd)
{
	for (uint32_t i = 0; i < FEW; i++) {
		uint32_t key = i * STEP % FEW;
		uint64_t value = key;

		if (bpf_map_delete_elem(fd, &key) || bpf_map_update_elem(fd, &key, &value, 0))
			die("delete and insert");
	}
}

static void lookup_array(int fd)
{
	for (uint32_t i = 0; i < FEW; i++) {
		uint32_t key = i * STEP % FEW;
		uint64_t value;

		if (bpf_map_lookup_elem(fd, &key, &value))
			die("lookup");
		sum += value;
	}
}

static int cpus;

static void lookup_percpu(int fd)
{
	uint64_t values[cpus];

	for (uint32_t i = 0; i < FEW; i++) {
		uint32_t key = i * STEP % FEW;

		if (bpf_map_lookup_elem(fd, &key, values))
			die("lookup");
		for (int cpu = 0; cpu < cpus; cpu++)
			sum += values[cpu];
	}
}

static void next_keys(int fd)
{
	char previous[16], next[16];
	void *from = NULL;

	while (bpf_map_get_next_key(fd, from, next) == 0) {
		sum += *(uint32_t *)next;
		from = memcpy(previous, next, sizeof(next));
	}
}

static char *keys, *values;

static void batch(int fd, size_t key_size, size_t value_size)
{
	uint32_t cursor, count, total = 0;
	void *from = NULL;
	int error;

	do {
		count = BATCH;
		error = bpf_map_lookup_batch(fd, from, &cursor, keys + total * key_size, values + total * value_size, &count,
					     NULL);
		if (error && errno != ENOENT)
			die("lookup_batch");
		total += count;
		from = &cursor;
	} while (!error);
	if (total != MANY)
		die("count");
	for (uint32_t i = 0; i < total; i++)
		sum += *(uint32_t *)(keys + i * key_size) + *(uint64_t *)(values + i * value_size);
}

static void batch_small(int fd)
{
	batch(fd, 4, 8);
}

static void batch_large(int fd)
{
	batch(fd, sizeof(struct key), sizeof(struct value));
}

static void *memory;

static void mapped_doubles(int fd)
{
	double total = 0;

	(void)fd;
	for (uint32_t i = 0; i < FEW * PASSES; i++)
		total += ((volatile double *)memory)[i % FEW];
	sum += total;
}

static void mapped_integers(int fd)
{
	(void)fd;
	for (uint32_t i = 0; i < FEW * PASSES; i++)
		sum += ((volatile uint64_t *)memory)[i % FEW];
}

static int compare(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

/* The median of several runs after a warm-up, per element of `count`. */
static void measure(const char *name, void (*run)(int), int fd, int count)
{
	double times[7];

	run(fd);
	for (int i = 0; i < 7; i++) {
		double start = now();

		run(fd);
		times[i] = (now() - start) / count;
	}
	qsort(times, 7, sizeof(*times), compare);
	printf("\"%s\": %.2f, ", name, times[3]);
}

int main(void)
{
	int few = small_map(FEW), few_large = large_map(FEW), many = small_map(MANY), many_large = large_map(MANY);
	int array = create(BPF_MAP_TYPE_ARRAY, 4, 8, FEW, 0);
	int percpu = create(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, FEW, 0);
	int mapped = create(BPF_MAP_TYPE_ARRAY, 4, 8, FEW, BPF_F_MMAPABLE);

	cpus = libbpf_num_possible_cpus();
	keys = malloc(2 * MANY * sizeof(struct key));
	values = malloc(2 * MANY * sizeof(struct value));
	memory = mmap(NULL, FEW * 8, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0);
	if (!keys || !values || memory == MAP_FAILED)
		die("memory");

	printf("{ ");
	measure("hash lookup, u32 to u64", lookup_small, few, FEW);
	measure("hash lookup, 16 to 64 bytes", lookup_large, few_large, FEW);
	measure("hash update", update_small, few, FEW);
	measure("hash delete and insert", delete_insert, few, FEW);
	measure("array lookup", lookup_array, array, FEW);
	measure("per-CPU array lookup", lookup_percpu, percpu, FEW);
	measure("next key, u32", next_keys, many, MANY);
	measure("next key, 16 bytes", next_keys, many_large, MANY);
	measure("batch, u32 to u64", batch_small, many, MANY);
	measure("batch, 16 to 64 bytes", batch_large, many_large, MANY);
	measure("mapped array, double", mapped_doubles, mapped, FEW * PASSES);
	measure("mapped array, u64", mapped_integers, mapped, FEW * PASSES);
	printf("\"sum\": %llu }\n", (unsigned long long)sum);
	return 0;
}
