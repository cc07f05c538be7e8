/* The data that policy.bpf.c and the service share: the service writes the rules and reads the decisions. */
#define MAX_RULES 128
#define RULE_PATH_SIZE 256
#define TOLD_PATH_SIZE 512
#define ADDRESS_SIZE 28 /* size of struct sockaddr_in6 */
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
	WOULD_DENY, /* instead of DENIED, in mode "observe" */
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
	__u8 tell; /* report decisions of this rule */
	__u16 path_size; /* without NUL; 0 is "/" */
	char path[RULE_PATH_SIZE];
};

struct rule_set {
	__u32 hooks; /* the hooks that have rules */
	__u32 count;
	__u8 enforcing;
	__u8 deny_unresolved; /* for rules that depend on a path that can't be resolved */
	struct rule rules[MAX_RULES];
};

/*
 * The state that survives the service while its pins exist. The service maps it, and needs no privilege to write and
 * read it.
 */
struct policy {
	/* The rules in force are sets[generation & 1]; the service writes the other set, then increments this. */
	__u64 generation;
	/* The service's own process, which is never denied anything. */
	__u32 service_pid;
	__u32 padding;
	__u64 service_start; /* in ticks of 10 ms since boot: pids are reused */
	struct rule_set sets[2];
};

/* In a map of their own, which another version of the program shares while it replaces this one: none is lost. */
struct counters {
	__u64 decisions[HOOKS][VERDICTS];
	__u64 unresolved[HOOKS];
	__u64 lost; /* decisions that did not fit into the ring */
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
	__u32 path_size; /* before truncation, without NUL; 0: not known */
	char path[TOLD_PATH_SIZE];
};
