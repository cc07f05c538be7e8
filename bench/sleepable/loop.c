/*
 * The attach targets of this benchmark:
 *   loop CALL... COUNT      times COUNT calls of each, repeatedly and in turns; prints a list of {"least", "median"}:
 *                           nanoseconds a call
 *   loop MEMORY FILE PAGES  passes the address of each page to touched() without touching it
 *   loop threads COUNT      keeps threads until its standard input ends
 * If guest time counts instructions, a nanosecond is an instruction.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WARM_UP = 2, BATCHES = 51, PAGE = 4096, STACK = 16384 };

static uint8_t memory[64];

/*
 * The cost of a uprobe depends on the instruction it replaces: a five-byte nop becomes a call, a push is emulated.
 * There are two of each function, for two programs side by side.
 */
#define FUNCTION(name, code, argument) \
	void name(argument);           \
	asm(".globl " #name "\n.type " #name ", @function\n" #name ":\n\t" code "\n\tret")
#define NOP5 ".byte 0x0f, 0x1f, 0x44, 0x00, 0x00"
#define PUSH "push %rbp\n\tpop %rbp"

asm(".text");
FUNCTION(nop5, NOP5, void);
FUNCTION(nop5_too, NOP5, void);
FUNCTION(push, PUSH, void);
FUNCTION(push_too, PUSH, void);
FUNCTION(touched, PUSH, const void *address);
FUNCTION(touched_too, PUSH, const void *address);

static void getpgid_call(void)
{
	syscall(SYS_getpgid, 0, memory);
}

static void prctl_call(void)
{
	prctl(PR_GET_DUMPABLE);
}

static void ioctl_call(void)
{
	int unread;

	ioctl(STDIN_FILENO, FIONREAD, &unread);
}

static void nops_call(void)
{
	asm(".rept 1000\n\tnop\n\t.endr");
}

static void touched_call(void)
{
	touched(memory);
}

static void touched_too_call(void)
{
	touched_too(memory);
}

static const struct call {
	const char *name;
	void (*call)(void);
} calls[] = {
	{ "getpgid", getpgid_call },
	{ "prctl", prctl_call },
	{ "ioctl", ioctl_call },
	{ "nops", nops_call },
	{ "nop5", nop5 },
	{ "nop5_too", nop5_too },
	{ "push", push },
	{ "push_too", push_too },
	{ "touched", touched_call },
	{ "touched_too", touched_too_call },
};

static int die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}

static int compare(const void *one, const void *other)
{
	double difference = *(const double *)one - *(const double *)other;

	return (difference > 0) - (difference < 0);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_RAW, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static double time_batch(void (*call)(void), int count)
{
	double start = now();

	for (int i = 0; i < count; i++)
		call();
	return (now() - start) / count;
}

static const struct call *find_call(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(name, calls[i].name))
			return &calls[i];
	return NULL;
}

static int time_calls(char **names, int kinds, int count)
{
	double times[kinds][BATCHES];

	for (int batch = -WARM_UP; batch < BATCHES; batch++) {
		for (int kind = 0; kind < kinds; kind++) {
			const struct call *call = find_call(names[kind]);

			if (!call)
				return 2;
			times[kind][batch < 0 ? 0 : batch] = time_batch(call->call, count);
		}
	}
	for (int kind = 0; kind < kinds; kind++) {
		qsort(times[kind], BATCHES, sizeof(double), compare);
		printf("%c{\"least\": %.4f, \"median\": %.4f}", kind ? ',' : '[', times[kind][0],
		       times[kind][BATCHES / 2]);
	}
	puts("]");
	return 0;
}

/* Pages of a file, each of which begins with its number. */
static int tell_pages(const char *state, const char *path, size_t pages)
{
	int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (file < 0)
		return die(path);
	for (uint64_t page = 0; page < pages; page++)
		if (pwrite(file, &page, sizeof(page), page * PAGE) != sizeof(page))
			return die(path);
	/* A page that is not written back yet can't be dropped. */
	if (ftruncate(file, pages * PAGE) || fsync(file))
		return die(path);

	uint8_t *map = mmap(NULL, pages * PAGE, PROT_READ, MAP_PRIVATE, file, 0);

	if (map == MAP_FAILED)
		return die("mmap");
	if (strcmp(state, "mapped")) {
		for (size_t page = 0; page < pages; page++)
			(void)*(volatile uint8_t *)(map + page * PAGE);
	}
	if (!strcmp(state, "dropped") &&
	    (madvise(map, pages * PAGE, MADV_DONTNEED) || posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)))
		return die("dropping pages");
	for (size_t page = 0; page < pages; page++)
		touched(map + page * PAGE);
	return 0;
}

static void *wait_for_end(void *unused)
{
	pause();
	return unused;
}

static int have_threads(int count)
{
	pthread_attr_t attributes;
	pthread_t thread;
	char byte;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	for (int i = 0; i < count; i++) {
		errno = pthread_create(&thread, &attributes, wait_for_end, NULL);
		if (errno)
			return die("pthread_create");
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "threads"))
		return have_threads(atoi(argv[2]));
	if (!find_call(argv[1]) && argc == 4)
		return tell_pages(argv[1], argv[2], atoi(argv[3]));
	return time_calls(argv + 1, argc - 2, atoi(argv[argc - 1]));
}
