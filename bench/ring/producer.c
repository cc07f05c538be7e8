/*
 * Runs the programs of ring.bpf.c, which a consumer has loaded. Prints the number of written and of dropped records.
 *   producer fill PROGRAM          until the ring is full
 *   producer flood PROGRAM         at full speed, on CPU 0
 *   producer tick PROGRAM          one record a millisecond
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Same as in ring.bpf.c. */
struct run {
	uint64_t seq, count, until_full, written, dropped;
};

enum { AT_ONCE = 10000, TICKS = 1000 };

static const double SECONDS = 0.8;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec * 1e-9;
}

static void die(const char *what)
{
	fprintf(stderr, "producer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void run(int program, struct run *context)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	if (context) {
		options.ctx_in = context;
		options.ctx_size_in = sizeof(*context);
	}
	if (bpf_prog_test_run_opts(program, &options))
		die("test run");
}

static void stay_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("CPU 0");
}

int main(int argc, char **argv)
{
	const char *mode = argc == 3 ? argv[1] : "";
	int program = bpf_prog_get_fd_by_id(argc == 3 ? atoi(argv[2]) : 0);
	unsigned long long written = 0, dropped = 0;

	if (program < 0)
		die("program");
	if (!strcmp(mode, "fill")) {
		/* Larger than any ring. */
		struct run all = { .until_full = 1, .count = 1 << 22 };

		run(program, &all);
		written = all.written;
		dropped = all.dropped;
	} else if (!strcmp(mode, "flood")) {
		double end;

		stay_on(0);
		for (end = now() + SECONDS; now() < end;) {
			struct run some = { .seq = written + dropped, .count = AT_ONCE };

			run(program, &some);
			written += some.written;
			dropped += some.dropped;
		}
	} else {
		stay_on(0);
		for (; written < TICKS; written++) {
			usleep(1000);
			run(program, NULL);
		}
	}
	printf("%llu %llu\n", written, dropped);
	return 0;
}
