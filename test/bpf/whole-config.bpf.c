/* Asks for the kernel's configuration: libbpf loads nothing of it where there is no file of that. */
#include "whole.h"

extern _Bool CONFIG_BPF_SYSCALL __kconfig __weak;

PROGRAM(asks, PLAIN, if (!CONFIG_BPF_SYSCALL) runtime++)
PROGRAM(asks_not, PLAIN)
