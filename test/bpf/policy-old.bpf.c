#define VERSION 1

struct counts {
	unsigned long long denied;
};

#include "policy.h"
