/* The events that exec-watch.bpf.c sends and event.ts reads. */
#define ARGS_SIZE 4096

struct exec_event {
	__u32 pid;
	__u32 ppid;
	__u32 uid;       /* after the exec: differs from from_uid for set-uid programs */
	__u32 from_uid;  /* before the exec, if lsm.s/bprm_check_security is loaded; else equal to uid */
	__u32 argc;
	__u32 args_size; /* number of bytes in args */
	char comm[16];
	char from[16];   /* comm of the image that called execve */
	char filename[256];
	unsigned char args[ARGS_SIZE]; /* argc strings, each with its NUL; truncated if they do not fit */
};
