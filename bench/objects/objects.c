/* Opens and closes objects with libbpf; prints the nanoseconds for each, and how many can be opened. */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <time.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

/* Arguments: OBJECT... */
int main(int argc, char **argv)
{
	int opened = 0;
	double start;

	libbpf_set_print(NULL);
	start = now();
	for (int i = 1; i < argc; i++) {
		struct bpf_object *object = bpf_object__open_file(argv[i], NULL);

		opened += object != NULL;
		bpf_object__close(object);
	}
	printf("{\"open\": %.0f, \"opened [%%]\": %f}\n", (now() - start) / (argc - 1), 100.0 * opened / (argc - 1));
	return 0;
}
