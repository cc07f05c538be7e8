#define VERSION 2

struct counts {
	unsigned long long upgrades;
	unsigned long long denied;
};

#include "policy.h"

/* Only in this version. */
SEC("raw_tp/task_rename")
int on_rename(void *ctx)
{
	return 0;
}
