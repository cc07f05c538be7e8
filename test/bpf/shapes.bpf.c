/* Types of every form, for the generator: names that C allows and TypeScript does not, and types without a name. */
#include "common.h"

/* Reserved words of TypeScript, and names that generated code refers to. */
struct number {
	int class;
	int constructor;
	int this;
};

struct Uint8Array {
	struct number number;
};

/* The same name in two of C's name spaces. */
struct shape {
	int corners;
};

typedef struct {
	__u64 area;
} shape;

enum shade { RED = 1, GREEN, BLUE = 0x80000000 };

union choice {
	__u64 number;
	char text[8];
	struct {
		__u8 first;
		__u8 rest[7];
	} bytes;
};

struct key {
	__s16 x;
	__s16 y;
	char name[12];
};

struct value {
	enum shade color;
	union {
		__u32 as_int;
		__u8 as_bytes[4];
	};
};

struct everything {
	_Bool flag;
	char letter;
	signed char small;
	unsigned short port;
	long wide;
	__int128 wider;
	double real;
	void *pointer;
	int (*compare)(const void *, const void *);
	const char *const *names;
	unsigned int low : 3, : 2, high : 7;
	__u64 wide_bits : 40;
	enum { IDLE, BUSY } state;
	struct {
		int depth;
		union {
			int left;
			int right;
		};
	} nested;
	struct {
		int hidden;
	};
	struct shape shapes[2];
	shape areas[2][3];
	char lines[4][80];
	__u8 raw[2][16];
	union choice choice;
	struct Uint8Array bytes;
	struct number number;
	struct bpf_spin_lock *lock;
	char tail[];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct key);
	__type(value, struct value);
} points SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__uint(key_size, 6);
	__uint(value_size, 10);
} sizes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct {
		int nameless;
	});
} anonymous SEC(".maps");

struct counters {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 16);
	__type(key, struct key);
	__type(value, __u64);
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct counters);
} by_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps") __attribute__((btf_decl_tag("event:union choice")));

const struct everything *unused_everything __attribute__((unused));
const volatile enum shade background = GREEN;
struct {
	int a;
	int b;
} pair;
int *delete;

SEC("syscall")
int run(struct everything *ctx)
{
	return pair.a + background + (delete != 0);
}
