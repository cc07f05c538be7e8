/* Opens, loads and attaches an object with libbpf, TIMES times; prints the nanoseconds of each part. */
#define _GNU_SOURCE
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PROGRAMS = 32, BETWEEN = 50000 };

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

static void run(const char *path)
{
	struct bpf_link *links[PROGRAMS];
	struct bpf_program *program;
	struct bpf_object *object;
	int count = 0;
	double start = now(), opened, loaded, attached;

	object = bpf_object__open_file(path, NULL);
	if (!object)
		die("open");
	opened = now();
	if (bpf_object__load(object))
		die("load");
	loaded = now();
	bpf_object__for_each_program(program, object) {
		links[count] = bpf_program__attach(program);
		if (!links[count++])
			die("attach");
	}
	attached = now();
	/* Newest first: any other order waits for a grace period. */
	while (count)
		bpf_link__destroy(links[--count]);
	bpf_object__close(object);
	printf("[%.0f, %.0f, %.0f]", opened - start, loaded - opened, attached - loaded);
}

/* Arguments: OBJECT TIMES */
int main(int argc, char **argv)
{
	int times = argc == 3 ? atoi(argv[2]) : 0;

	printf("[");
	for (int i = 0; i < times; i++) {
		if (i) {
			/* An attach soon after the last detach would wait for its grace period. */
			usleep(BETWEEN);
			printf(", ");
		}
		run(argv[1]);
	}
	printf("]\n");
	return 0;
}
