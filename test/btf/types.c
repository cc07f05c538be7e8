/* One type of each BTF kind and variant, for test/unit/btf.test.ts. */
#define tag(text) __attribute__((btf_decl_tag(text)))
#define SEC(name) __attribute__((section(name), used))

typedef unsigned int u32;
typedef const volatile u32 *address;
typedef u32 matrix[2][3];

struct later;

enum small { NONE, ONE, MINUS = -1 };
enum big { HUGE = 0x80000000 };
enum __attribute__((packed)) tiny { A, B };

struct bits {
	unsigned int low : 3;
	int high : 29;
	unsigned long long wide : 33;
};

struct __attribute__((packed)) squeezed {
	char first;
	long second;
};

union either {
	u32 number;
	char text[4];
};

struct everything {
	int plain;
	char letters[16];
	signed char bytes[2];
	_Bool flag;
	__int128 vast;
	float single;
	double real;
	union {
		u32 left;
		struct {
			short right;
		};
	};
	struct bits bits;
	struct squeezed squeezed;
	union either either;
	enum small small;
	enum tiny tiny;
	address address;
	matrix matrix;
	struct later *later;
	struct everything *next;
	int (*call)(struct everything *self, u32 count, ...);
	void *untyped;
	int tagged tag("a member");
	int trailing[];
} tag("a struct");

typedef int marked tag("a typedef");

struct everything everything tag("event:struct everything") tag("second");
static struct squeezed squeezed SEC(".data.own");
enum big big;
marked value;

SEC("socket") int tag("a function") twice(int number tag("a parameter"))
{
	return number * 2 + value + squeezed.first;
}
