/* Global variables of all forms, and a section that can grow. */
#include "common.h"

enum state { IDLE, BUSY = 5 };

struct inner {
	__u16 port;
	char name[6];
};

struct config {
	__u32 uid;
	_Bool on : 1;
	__u8 level : 3;
	enum state state;
	union {
		__u64 both;
		__u32 half[2];
	};
	struct inner list[2];
};

struct config config = { .uid = 1, .level = 5, .state = BUSY, .both = 7, .list = { { 80, "http" }, { 443, "https" } } };
const volatile double ratio = 0.5;
__u64 sums[3];
void *pointer;

SEC(".data.grows") __u64 grows[2];

SEC("xdp")
int sum(struct xdp_md *context)
{
	config.uid += 1;
	sums[0] += config.half[0];
	pointer = &sums;
	return grows[0];
}
