/* Needs the kernel's configuration: libbpf loads no program of the object if there is no configuration file. */
#include "whole.h"

extern _Bool CONFIG_BPF_SYSCALL __kconfig __weak;

PROGRAM(asks, PLAIN, if (!CONFIG_BPF_SYSCALL) runtime++)
PROGRAM(asks_not, PLAIN)
