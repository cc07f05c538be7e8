/*
 * Makes calls fail. Preloaded into Node.js, it counts the calls of one kind and returns an errno from one of them
 * instead of making it.
 *
 * Opening /node-libbpf-inject/KIND/ERRNO/N selects the N-th call of a kind; another such name deselects it. A call
 * counts only if it is one of the first two from its call site, so that loops end. Node's own calls on files all come
 * from the same site, so there each file has its own, whatever the numbers in its path. The failed call and its stack are
 * written to NODE_LIBBPF_INJECT_REPORT. Node's own calls are left alone where their failure ends the process: V8 that
 * gets no memory, uv that can't wait for files.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CONTROL "/node-libbpf-inject/"
#define FRAMES 24
#define SITES 4096
#define LARGE 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char kind[32];
static int wanted_errno;
static long wanted, counted;
static struct { unsigned long hash; int count; } sites[SITES];
static __thread bool busy;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
/* dlsym() itself allocates. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *old, size_t size);

/* The address ranges of code that V8 did not generate: dladdr() is slow in Node.js. */
static struct { char *start, *end; bool addon; } modules[64];
static int module_count;

static int note(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size, (void)data;
	for (int i = 0; i < info->dlpi_phnum && module_count < 64; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		if (header->p_type != PT_LOAD || (header->p_flags & PF_X) == 0)
			continue;
		modules[module_count].start = (char *)info->dlpi_addr + header->p_vaddr;
		modules[module_count].end = modules[module_count].start + header->p_memsz;
		modules[module_count++].addon = strstr(info->dlpi_name, ".node") != NULL;
	}
	return 0;
}

/* -1 for none. */
static int module_of(void *address)
{
	for (int i = 0; i < module_count; i++)
		if ((char *)address >= modules[i].start && (char *)address < modules[i].end)
			return i;
	return -1;
}

static bool is_addon(void *address)
{
	int module = module_of(address);
	return module >= 0 && modules[module].addon;
}

static void report(void **frames, int count)
{
	char line[4096];
	int length = snprintf(line, sizeof(line), "%s", kind);
	for (int i = 0; i < count && length < (int)sizeof(line) - 200; i++) {
		Dl_info info = {};
		if (!dladdr(frames[i], &info))
			break;
		const char *file = info.dli_fname ? strrchr(info.dli_fname, '/') : NULL;
		length += snprintf(line + length, sizeof(line) - length, " < %s %.80s+0x%lx", file ? file + 1 : "?",
				   info.dli_sname ? info.dli_sname : "", (long)((char *)frames[i] - (char *)info.dli_fbase));
	}
	line[length++] = '\n';
	const char *path = getenv("NODE_LIBBPF_INJECT_REPORT");
	int fd = syscall(SYS_openat, AT_FDCWD, path ? path : "/dev/null", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0) {
		syscall(SYS_write, fd, line, length);
		syscall(SYS_close, fd);
	}
}

/* Selects the call that fails. */
static bool control(const char *path)
{
	if (path == NULL || strncmp(path, CONTROL, strlen(CONTROL)) != 0)
		return false;
	pthread_mutex_lock(&lock);
	memset(sites, 0, sizeof(sites));
	counted = 0;
	wanted = -1;
	module_count = 0;
	dl_iterate_phdr(note, NULL);
	if (sscanf(path + strlen(CONTROL), "%31[a-z_]/%d/%ld", kind, &wanted_errno, &wanted) != 3)
		kind[0] = 0;
	pthread_mutex_unlock(&lock);
	return true;
}

/* Whether the call from this site is the one that must fail. */
static bool is_wanted(const char *what, unsigned long site)
{
	bool fire = false;

	pthread_mutex_lock(&lock);
	if (strcmp(kind, what) == 0) {
		unsigned long at = site % SITES;
		while (sites[at].count != 0 && sites[at].hash != site)
			at = (at + 1) % SITES;
		sites[at].hash = site;
		if (++sites[at].count <= 2)
			fire = counted++ == wanted;
	}
	pthread_mutex_unlock(&lock);
	return fire;
}

/*
 * Returns true, with errno set, for the call that must fail. `own`: only calls that this library, or its libraries,
 * make. `file`: what it is made on, or NULL.
 */
static bool fails_on(const char *what, bool own, const char *file)
{
	void *frames[FRAMES];
	bool found = false;

	if (busy || strcmp(kind, what) != 0)
		return false;
	busy = true;
	/* The first two frames are in this file. */
	int count = backtrace(frames, FRAMES) - 2;
	unsigned long hash = 1;
	for (int i = 0; i < count; i++) {
		if (module_of(frames[i + 2]) < 0)
			break;
		hash = hash * 1000003 ^ (unsigned long)frames[i + 2];
		found = found || is_addon(frames[i + 2]);
	}
	for (; file != NULL && *file != 0; file++)
		if (*file < '0' || *file > '9')
			hash = hash * 1000003 ^ (unsigned char)*file;
	bool fire = (found || !own) && is_wanted(what, hash);
	if (fire)
		report(frames + 2, count);
	busy = false;
	if (fire)
		errno = wanted_errno;
	return fire;
}

static bool fails(const char *what, bool own)
{
	return fails_on(what, own, NULL);
}

/*
 * Of the addon's allocations whose size may come from outside: libbpf does not check all of the small ones. There are too
 * many to look at the stack of each, so a site is where the addon calls.
 */
static bool fails_malloc(void *caller, size_t size)
{
	void *frames[FRAMES];

	if (busy || size < LARGE || kind[0] != 'm' || !is_addon(caller) || !is_wanted("malloc", (unsigned long)caller))
		return false;
	busy = true;
	report(frames + 2, backtrace(frames, FRAMES) - 2);
	busy = false;
	errno = wanted_errno;
	return true;
}

long syscall(long number, ...)
{
	va_list list;
	long a[6];

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if ((number == SYS_bpf && fails("bpf", true)) || (number == SYS_perf_event_open && fails("perf_event_open", true)))
		return -1;
	return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	if (is_addon(__builtin_return_address(0)) && fails("mmap", true))
		return MAP_FAILED;
	return REAL(mmap)(address, size, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	if (is_addon(__builtin_return_address(0)) && fails("mmap", true))
		return MAP_FAILED;
	return REAL(mmap64)(address, size, protection, flags, fd, offset);
}

/* The addon has a C++ library of its own, whose operator new calls malloc() from there. */
void *malloc(size_t size)
{
	return fails_malloc(__builtin_return_address(0), size) ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
	return fails_malloc(__builtin_return_address(0), number * size) ? NULL : __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
	return fails_malloc(__builtin_return_address(0), size) ? NULL : __libc_realloc(old, size);
}

int socket(int domain, int type, int protocol)
{
	return fails("socket", true) ? -1 : REAL(socket)(domain, type, protocol);
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
	return fails("socket", true) ? -1 : REAL(send)(fd, bytes, size, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	return fails("socket", true) ? -1 : REAL(recvmsg)(fd, message, flags);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	return fails("socket", true) ? -1 : REAL(setsockopt)(fd, level, name, value, size);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	va_start(list, request);
	void *argument = va_arg(list, void *);
	va_end(list);
	return fails("ioctl", true) ? -1 : REAL(ioctl)(fd, request, argument);
}

int epoll_create1(int flags)
{
	return fails("epoll", true) ? -1 : REAL(epoll_create1)(flags);
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	return fails("epoll", true) ? -1 : REAL(epoll_ctl)(epoll, operation, fd, event);
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
	return fails("epoll", true) ? -1 : REAL(epoll_wait)(epoll, events, most, timeout);
}

#define OPEN(name, before, pass)                                                                                   \
	int name(before const char *path, int flags, ...)                                                          \
	{                                                                                                          \
		va_list list;                                                                                      \
		va_start(list, flags);                                                                             \
		int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, int) : 0;                                  \
		va_end(list);                                                                                      \
		if (control(path)) {                                                                               \
			errno = ENOENT;                                                                            \
			return -1;                                                                                 \
		}                                                                                                  \
		return fails_on("open", false, path) ? -1 : REAL(name)(pass path, flags, mode);                             \
	}
#define NOTHING
#define FOLDER int folder,
#define PASS folder,
OPEN(open, NOTHING, NOTHING)
OPEN(open64, NOTHING, NOTHING)
OPEN(openat, FOLDER, PASS)
OPEN(openat64, FOLDER, PASS)

FILE *fopen(const char *path, const char *mode)
{
	return fails("open", true) ? NULL : REAL(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
	return fails("open", true) ? NULL : REAL(fopen64)(path, mode);
}

/* Of Node's own reads, only those of files: Node.js ends if it can't read from its pipes. */
static bool fails_read(void *caller, int fd)
{
	struct stat status;
	if (kind[0] == 0)
		return false;
	if (is_addon(caller))
		return fails("read", true);
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return false;
	char link[64], file[256];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, file, sizeof(file) - 1);
	file[length < 0 ? 0 : length] = 0;
	return fails_on("read", false, file);
}

ssize_t read(int fd, void *bytes, size_t size)
{
	return fails_read(__builtin_return_address(0), fd) ? -1 : REAL(read)(fd, bytes, size);
}

ssize_t pread64(int fd, void *bytes, size_t size, off_t at)
{
	return fails_read(__builtin_return_address(0), fd) ? -1 : REAL(pread64)(fd, bytes, size, at);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t at)
{
	return fails_read(__builtin_return_address(0), fd) ? -1 : REAL(pread)(fd, bytes, size, at);
}

__attribute__((constructor)) static void warm_up(void)
{
	/* The first backtrace() allocates, and loads a library. */
	void *frames[FRAMES];
	busy = true;
	backtrace(frames, FRAMES);
	busy = false;
}
