/* Writes to the streams of a program (since Linux 6.17), which user space reads as its stdout and stderr. */
#include "common.h"

struct text {
	__u32 stream; /* BPF_STDOUT, BPF_STDERR */
	__u32 number;
	__u32 times;
};

/* The kernels of 6.18 to 6.19 have the first, with another parameter; later ones have both. */
extern int bpf_stream_vprintk_impl(int stream, const char *format, const void *args, __u32 size, void *aux) __ksym __weak;
extern int bpf_stream_vprintk(int stream, const char *format, const void *args, __u32 size) __ksym __weak;

SEC("syscall")
int say(struct text *text)
{
	static const char format[] = "number %d\n";
	__u64 args[] = { text->number };
	int printed = -1;

	for (__u32 i = 0; i < text->times && i < 1000; i++) {
		if (bpf_ksym_exists(bpf_stream_vprintk_impl))
			printed = bpf_stream_vprintk_impl(text->stream, format, args, sizeof(args), 0);
		else if (bpf_ksym_exists(bpf_stream_vprintk))
			printed = bpf_stream_vprintk(text->stream, format, args, sizeof(args));
		if (printed < 0)
			return printed;
	}
	return 0;
}
