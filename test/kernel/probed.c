/*
 * A program to probe, with a USDT probe and its semaphore: node_libbpf:probe. For each byte that it reads it calls a function
 * with the probe and answers with the semaphore, which the kernel increments for each probe that is attached.
 *
 *   probed PID COMMAND...   runs a command that has a pidfd of the process, which Node.js can't make, as descriptor 9
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

unsigned short semaphore __attribute__((section(".probes")));

/* What DTRACE_PROBE() of <sys/sdt.h> writes, which would be one more package. */
__attribute__((noinline)) void probed(void)
{
	__asm__ volatile("990: nop\n"
			 ".pushsection .note.stapsdt, \"\", \"note\"\n"
			 ".balign 4\n"
			 ".4byte 992f - 991f, 994f - 993f, 3\n"
			 "991: .asciz \"stapsdt\"\n"
			 "992: .balign 4\n"
			 "993: .8byte 990b, _.stapsdt.base, semaphore\n"
			 ".asciz \"node_libbpf\"\n"
			 ".asciz \"probe\"\n"
			 ".asciz \"\"\n"
			 "994: .balign 4\n"
			 ".popsection\n"
			 ".pushsection .stapsdt.base, \"a\"\n"
			 "_.stapsdt.base: .space 1\n"
			 ".popsection\n");
}

int main(int argc, char **argv)
{
	char byte;

	if (argc > 2) {
		dup2(syscall(SYS_pidfd_open, atoi(argv[1]), 0), 9);
		execv(argv[2], argv + 2);
		return 1;
	}

	while (read(STDIN_FILENO, &byte, 1) == 1) {
		char answer = '0' + *(volatile unsigned short *)&semaphore;

		probed();
		if (write(STDOUT_FILENO, &answer, 1) != 1)
			return 1;
	}
	return 0;
}
