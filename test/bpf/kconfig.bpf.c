/* A strong kconfig variable that no kernel's configuration has. */
#include "common.h"

extern int CONFIG_MADE_UP_NUMBER __kconfig;

SEC("socket")
int run(void *ctx)
{
	return CONFIG_MADE_UP_NUMBER;
}
