/*
 * The cases of bench/ring with libbpf in C: prints {"case": figure, …}.
 *   ring FOLDER drain SIZE in-place|copied
 *   ring FOLDER live SIZE
 *   ring FOLDER latency
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { REPEATS = 3, TICKS = 1000 };

struct record16 {
	uint32_t a, b;
	uint64_t seq;
};

/* The layout of records of 64 or 256 bytes. */
struct record {
	uint32_t a, b, c, d;
	uint64_t seq;
};

static uint64_t sum; /* printed, so that the compiler can't drop the work */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static double cpu_time(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static int add16(void *context, void *data, size_t size)
{
	struct record16 *record = data;

	(void)context, (void)size;
	sum += record->a + record->b + record->seq;
	return 0;
}

static int add(void *context, void *data, size_t size)
{
	struct record *record = data;

	(void)context, (void)size;
	sum += record->a + record->b + record->c + record->d + record->seq;
	return 0;
}

static char own[256];

static int copy16(void *context, void *data, size_t size)
{
	return add16(context, memcpy(own, data, size), size);
}

static int copy(void *context, void *data, size_t size)
{
	return add(context, memcpy(own, data, size), size);
}

static struct {
	struct ring_buffer *buffer;
	uint32_t program;
} ring;

/* Loads the object with one ring of the given size in bytes. */
static void load(const char *size, const char *program, uint32_t bytes, ring_buffer_sample_fn handler)
{
	struct bpf_object *object = bpf_object__open_file("ring.bpf.o", NULL);
	struct bpf_prog_info info = {};
	uint32_t length = sizeof(info);
	struct bpf_map *map;
	char name[16];

	snprintf(name, sizeof(name), "ring%s", size);
	map = object ? bpf_object__find_map_by_name(object, name) : NULL;
	if (!map || bpf_map__set_max_entries(map, bytes) || bpf_object__load(object))
		die("load");
	if (bpf_obj_get_info_by_fd(bpf_program__fd(bpf_object__find_program_by_name(object, program)), &info, &length))
		die("program");
	ring.program = info.id;
	ring.buffer = ring_buffer__new(bpf_map__fd(map), handler, NULL, NULL);
	if (!ring.buffer)
		die("ring_buffer__new");
}

static FILE *produce(const char *mode)
{
	char command[64];
	FILE *producer;

	snprintf(command, sizeof(command), "exec ./producer %s %u", mode, ring.program);
	producer = popen(command, "r");
	if (!producer)
		die("producer");
	return producer;
}

static void finish(FILE *producer, uint64_t *written, uint64_t *dropped)
{
	if (fscanf(producer, "%lu %lu", written, dropped) != 2 || pclose(producer))
		die("producer");
}

static int compare(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

static void drain(const char *size, int copied)
{
	int is16 = !strcmp(size, "16");
	double times[REPEATS];
	char program[16];

	snprintf(program, sizeof(program), "produce%s", size);
	load(size, program, 64 << 20, copied ? (is16 ? copy16 : copy) : (is16 ? add16 : add));
	for (int i = -1; i < REPEATS; i++) {
		uint64_t written, dropped;
		double start;

		finish(produce("fill"), &written, &dropped);
		start = now();
		if (ring_buffer__consume(ring.buffer) != (int)written)
			die("count");
		if (i >= 0)
			times[i] = (now() - start) / written;
	}
	qsort(times, REPEATS, sizeof(*times), compare);
	printf("{ \"drain, %s bytes%s\": %.3f", size, copied ? " (copied)" : "", times[REPEATS / 2]);
}

static int ended(FILE *producer)
{
	struct pollfd fd = { .fd = fileno(producer), .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

static void live(const char *size)
{
	uint64_t written, dropped, count = 0;
	double cpu, start, last;
	char program[16];
	FILE *producer;
	int read;

	snprintf(program, sizeof(program), "produce%s", size);
	load(size, program, 16 << 20, strcmp(size, "16") ? add : add16);
	producer = produce("flood");
	cpu = cpu_time();
	start = last = now();
	do {
		read = ring_buffer__poll(ring.buffer, 100);
		if (read < 0)
			die("ring_buffer__poll");
		if (read > 0)
			last = now();
		count += read;
	} while (read > 0 || !ended(producer));
	cpu = cpu_time() - cpu;
	finish(producer, &written, &dropped);
	if (count != written)
		die("count");
	printf("{ \"end to end, %s bytes, CPU\": %.2f", size, cpu / count);
	printf(", \"end to end, %s bytes, dropped [%%]\": %.4f", size, 100.0 * dropped / (written + dropped));
	printf(", \"end to end, %s bytes, delivered [M/s]\": %.3f", size, count * 1e3 / (last - start));
}

static struct {
	double times[TICKS];
	int count;
} ticks;

static int stamp(void *context, void *data, size_t size)
{
	struct record16 *record = data;

	(void)context, (void)size;
	ticks.times[ticks.count++] = now() - record->seq;
	return 0;
}

static void latency(void)
{
	uint64_t written, dropped;
	FILE *producer;

	load("16", "tick", 4096, stamp);
	producer = produce("tick");
	while (ticks.count < TICKS)
		if (ring_buffer__poll(ring.buffer, -1) < 0)
			die("ring_buffer__poll");
	finish(producer, &written, &dropped);
	qsort(ticks.times, TICKS, sizeof(*ticks.times), compare);
	printf("{ \"wake-up, half within\": %.0f", ticks.times[TICKS / 2]);
	printf(", \"wake-up, 99 %% within\": %.0f", ticks.times[TICKS * 99 / 100]);
}

int main(int argc, char **argv)
{
	if (argc < 3 || chdir(argv[1]))
		die("ring FOLDER MODE …");
	if (!strcmp(argv[2], "drain") && argc == 5)
		drain(argv[3], !strcmp(argv[4], "copied"));
	else if (!strcmp(argv[2], "live") && argc == 4)
		live(argv[3]);
	else if (!strcmp(argv[2], "latency"))
		latency();
	else
		die(argv[2]);
	printf(", \"sum\": %lu }\n", sum);
	return 0;
}
