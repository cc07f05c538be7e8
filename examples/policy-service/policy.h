/* What policy.bpf.c and the service share: the rules, which the service writes, and the decisions, which it reads. */
#define MAX_RULES 128
#define RULE_PATH_SIZE 256
#define TOLD_PATH_SIZE 512
#define ADDRESS_SIZE 28 /* of a struct sockaddr_in6 */
#define HOOKS 3
#define VERDICTS 3

enum hook {
	EXEC,
	OPEN,
	CONNECT,
};

enum verdict {
	ALLOWED,
	DENIED,
	WOULD_DENY, /* what a policy that only observes says instead */
};

enum condition {
	OF_UID = 1,
	OF_CGROUP = 2,
	OF_PATH = 4,
};

struct rule {
	__u64 cgroup; /* id */
	__u32 cgroup_depth; /* below the root cgroup */
	__u32 uid;
	__u32 hooks; /* 1 << enum hook */
	__u32 conditions; /* enum condition; all of them must hold */
	__u8 deny;
	__u8 tell; /* send decisions of this rule */
	__u16 path_size; /* without NUL; 0 is "/" */
	char path[RULE_PATH_SIZE];
};

struct rule_set {
	__u32 hooks; /* for which there are rules at all */
	__u32 count;
	__u8 enforcing;
	__u8 deny_unresolved; /* where a path can't be told, and a rule hangs on it */
	struct rule rules[MAX_RULES];
};

/*
 * All that lives on when the service ends and its pins stay. It is mapped by the service, which needs no privilege to go
 * on writing and reading it.
 */
struct policy {
	__u64 version; /* of this program */
	/* The rules in force are sets[generation & 1]; the service writes the other set, then counts this up. */
	__u64 generation;
	/* The service itself, which is never denied anything. */
	__u32 service_pid;
	__u32 unused;
	__u64 service_start; /* in ticks of 10 ms since boot: pids come back */
	__u64 decisions[HOOKS][VERDICTS];
	__u64 unresolved[HOOKS];
	__u64 lost; /* decisions for which the ring had no room */
	struct rule_set sets[2];
};

struct decision {
	__u64 time; /* CLOCK_MONOTONIC, ns */
	__u64 generation;
	__u64 cgroup;
	__u32 pid;
	__u32 uid;
	__s32 rule; /* index, -1 for none */
	enum hook hook;
	enum verdict verdict;
	__u32 unresolved;
	char comm[16];
	unsigned char address[ADDRESS_SIZE]; /* connect: struct sockaddr_in or sockaddr_in6 */
	__u32 path_size; /* before it was cut off, without NUL; 0: not known */
	char path[TOLD_PATH_SIZE];
};
