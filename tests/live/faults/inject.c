/* SPDX-License-Identifier: MIT */
/*
 * LD_PRELOAD: counts the calls that a falloctrace makes of libc, its watchdog
 * and its helpers included, and has those fail that sweep asks for. A call that
 * fails is not made, or, where nobody could tell otherwise (close), made first.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"

#define FDS 256
#define CROWD 40 /* calls of a site that are noted: a machine has hundreds of processes in /proc */

static struct fault_shared *shared;
static char fd_paths[FDS][80];

/* The name of an open file; of what is relative, the last part. */
static const char *fd_path(int fd)
{
	return fd >= 0 && fd < FDS ? fd_paths[fd] : "";
}

/* Numbers differ from run to run: pids, above all. */
static void put_path(char out[80], const char *path)
{
	size_t n = 0;

	for (; *path && n < 79; path++) {
		bool digit = *path >= '0' && *path <= '9';

		if (!digit || !n || out[n - 1] != '#')
			out[n++] = digit ? '#' : *path;
	}
	out[n] = '\0';
}

static void note_fd(int fd, const char *path)
{
	if (fd >= 0 && fd < FDS)
		put_path(fd_paths[fd], path ? path : "");
}

/* A return address as one in its object, whose name is put into path where there is none. */
static void put_place(struct fault_site *site, void *caller)
{
	const char *name;
	Dl_info info;

	if (!dladdr(caller, &info))
		return;
	site->caller = (uint64_t)((char *)caller - (char *)info.dli_fbase);
	name = strrchr(info.dli_fname, '/');
	if (!*site->path)
		put_path(site->path, name ? name + 1 : info.dli_fname);
}

static bool same(const struct fault_site *a, const struct fault_site *b)
{
	return a->caller == b->caller && !strcmp(a->call, b->call) && !strcmp(a->path, b->path);
}

static void note(const struct fault_site *site)
{
	static uint32_t crowd[1024]; /* by a hash: some sites may share one's room */
	uint32_t hash = (uint32_t)site->caller * 31u;
	uint32_t at;

	for (const char *p = site->path; *p; p++)
		hash = hash * 33u + (unsigned char)*p;
	for (const char *p = site->call; *p; p++)
		hash = hash * 33u + (unsigned char)*p;
	if (crowd[(hash ^ hash >> 11) % 1024]++ >= CROWD)
		return;
	at = atomic_fetch_add(&shared->count, 1);
	if (at < FAULT_CALLS)
		shared->calls[at] = *site;
}

/* Whether this call is one to fail; how. */
static int fault(enum fault_group group, const char *call, const char *path, void *caller)
{
	struct fault_site site = {0};
	uint32_t seen;
	int saved = errno;

	if (!shared || shared->group != (int)group)
		return 0;
	snprintf(site.call, sizeof(site.call), "%s", call);
	put_path(site.path, path ? path : "");
	put_place(&site, caller);
	errno = saved;
	if (!shared->fails) {
		note(&site);
		return 0;
	}
	if (!same(&site, &shared->site))
		return 0;
	seen = atomic_fetch_add(&shared->seen, 1) + 1;
	if (seen < shared->occurrence || (seen > shared->occurrence && !shared->lasting))
		return 0;
	atomic_fetch_add(&shared->hit, 1);
	return shared->error;
}

__attribute__((constructor)) static void begin(void)
{
	const char *file = getenv(FAULT_SHARED);
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	int fd;

	if (!file || n <= 0)
		return;
	exe[n] = '\0';
	if (!strstr(strrchr(exe, '/'), FAULT_ONLY))
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	shared = (struct fault_shared *)syscall(SYS_mmap, NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
						0);
	syscall(SYS_close, fd);
	if ((intptr_t)shared < 0 && (intptr_t)shared > -4096)
		shared = NULL;
}

#define HERE __builtin_return_address(0)
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
/* Fails with -1, or with what is given. */
#define FAIL_AS(value, name, path)                             \
	do {                                                   \
		int how = fault(FAULT_IO, name, (path), HERE); \
                                                               \
		if (how) {                                     \
			errno = how > 0 ? how : EIO;           \
			return value;                          \
		}                                              \
	} while (0)
#define FAIL(name, path) FAIL_AS(-1, name, path)

/* --- files --- */

static mode_t mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

#define OPEN(name)                                  \
	int name(const char *path, int flags, ...)  \
	{                                           \
		va_list args;                       \
		mode_t mode;                        \
		int fd;                             \
                                                    \
		va_start(args, flags);              \
		mode = mode_of(flags, args);        \
		va_end(args);                       \
		FAIL("open", path);                 \
		fd = REAL(name)(path, flags, mode); \
		note_fd(fd, path);                  \
		return fd;                          \
	}
OPEN(open)
OPEN(open64)

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	int fd;

	FAIL("open", path);
	fd = REAL(open)(path, flags);
	note_fd(fd, path);
	return fd;
}

#define OPENAT(name)                                        \
	int name(int dir, const char *path, int flags, ...) \
	{                                                   \
		va_list args;                               \
		mode_t mode;                                \
		int fd;                                     \
                                                            \
		va_start(args, flags);                      \
		mode = mode_of(flags, args);                \
		va_end(args);                               \
		FAIL("openat", path);                       \
		fd = REAL(name)(dir, path, flags, mode);    \
		note_fd(fd, path);                          \
		return fd;                                  \
	}
OPENAT(openat)
OPENAT(openat64)

FILE *fopen(const char *path, const char *mode)
{
	FAIL_AS(NULL, "fopen", path);
	return REAL(fopen)(path, mode);
}

FILE *fdopen(int fd, const char *mode)
{
	FAIL_AS(NULL, "fdopen", fd_path(fd));
	return REAL(fdopen)(fd, mode);
}

DIR *opendir(const char *path)
{
	FAIL_AS(NULL, "opendir", path);
	return REAL(opendir)(path);
}

DIR *fdopendir(int fd)
{
	FAIL_AS(NULL, "fdopendir", fd_path(fd));
	return REAL(fdopendir)(fd);
}

struct dirent *readdir(DIR *d)
{
	FAIL_AS(NULL, "readdir", "");
	return REAL(readdir)(d);
}

int close(int fd)
{
	int how = fault(FAULT_IO, "close", fd_path(fd), HERE);
	int result = REAL(close)(fd);

	note_fd(fd, "");
	if (how)
		errno = how;
	return how ? -1 : result;
}

/* Half of it, or none. */
#define TRANSFER(type, name, arguments, call, half)                  \
	type name arguments                                          \
	{                                                            \
		int how = fault(FAULT_IO, #name, fd_path(fd), HERE); \
                                                                     \
		if (how > 0) {                                       \
			errno = how;                                 \
			return -1;                                   \
		}                                                    \
		if (how == FAULT_EOF)                                \
			return 0;                                    \
		if (how == FAULT_SHORT && size > 1)                  \
			half = size / 2;                             \
		return REAL(name) call;                              \
	}
TRANSFER(ssize_t, read, (int fd, void *buf, size_t size), (fd, buf, size), size)
TRANSFER(ssize_t, write, (int fd, const void *buf, size_t size), (fd, buf, size), size)
TRANSFER(ssize_t, pread, (int fd, void *buf, size_t size, off_t at), (fd, buf, size, at), size)
TRANSFER(ssize_t, pwrite, (int fd, const void *buf, size_t size, off_t at), (fd, buf, size, at), size)

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t size, unsigned flags)
{
	int how = fault(FAULT_IO, "copy_file_range", fd_path(to), HERE);

	if (how > 0) {
		errno = how;
		return -1;
	}
	return REAL(copy_file_range)(from, from_at, to, to_at, how && size > 1 ? size / 2 : size, flags);
}

#define BY_FD(name, arguments, call)      \
	int name arguments                \
	{                                 \
		FAIL(#name, fd_path(fd)); \
		return REAL(name) call;   \
	}
BY_FD(fstat, (int fd, struct stat *st), (fd, st))
BY_FD(fstatfs, (int fd, struct statfs *st), (fd, st))
BY_FD(fstatvfs, (int fd, struct statvfs *st), (fd, st))
BY_FD(ftruncate, (int fd, off_t size), (fd, size))
BY_FD(fallocate, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size))
BY_FD(fchmod, (int fd, mode_t mode), (fd, mode))
BY_FD(fchown, (int fd, uid_t user, gid_t group), (fd, user, group))
BY_FD(fsync, (int fd), (fd))
BY_FD(fdatasync, (int fd), (fd))
BY_FD(sync_file_range, (int fd, off_t at, off_t size, unsigned flags), (fd, at, size, flags))
BY_FD(flock, (int fd, int what), (fd, what))
BY_FD(dup2, (int fd, int to), (fd, to))
BY_FD(dup3, (int fd, int to, int flags), (fd, to, flags))

int dup(int fd)
{
	int copy;

	FAIL("dup", fd_path(fd));
	copy = REAL(dup)(fd);
	note_fd(copy, fd_path(fd));
	return copy;
}

off_t lseek(int fd, off_t at, int whence)
{
	FAIL("lseek", fd_path(fd));
	return REAL(lseek)(fd, at, whence);
}

#define BY_PATH(name, arguments, call)  \
	int name arguments              \
	{                               \
		FAIL(#name, path);      \
		return REAL(name) call; \
	}
BY_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
BY_PATH(mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode))
BY_PATH(rmdir, (const char *path), (path))
BY_PATH(unlink, (const char *path), (path))
BY_PATH(unlinkat, (int dir, const char *path, int flags), (dir, path, flags))
BY_PATH(renameat, (int from, const char *path, int to, const char *new_path), (from, path, to, new_path))
BY_PATH(linkat, (int from, const char *path, int to, const char *new_path, int flags),
	(from, path, to, new_path, flags))
BY_PATH(access, (const char *path, int mode), (path, mode))
BY_PATH(faccessat, (int dir, const char *path, int mode, int flags), (dir, path, mode, flags))
BY_PATH(stat, (const char *restrict path, struct stat *restrict st), (path, st))
BY_PATH(fstatat, (int dir, const char *restrict path, struct stat *restrict st, int flags), (dir, path, st, flags))
BY_PATH(statvfs, (const char *restrict path, struct statvfs *restrict st), (path, st))
BY_PATH(mkostemp, (char *path, int flags), (path, flags))
BY_PATH(memfd_create, (const char *path, unsigned flags), (path, flags))

ssize_t readlink(const char *path, char *buf, size_t size)
{
	FAIL("readlink", path);
	return REAL(readlink)(path, buf, size);
}

int fcntl(int fd, int what, ...)
{
	va_list args;
	void *more;

	va_start(args, what);
	more = va_arg(args, void *);
	va_end(args);
	FAIL("fcntl", fd_path(fd));
	return REAL(fcntl)(fd, what, more);
}

/* --- waiting, processes --- */

int poll(struct pollfd *restrict fds, nfds_t count, int timeout)
{
	FAIL("poll", "");
	return REAL(poll)(fds, count, timeout);
}

pid_t fork(void)
{
	FAIL("fork", "");
	return REAL(fork)();
}

int pipe2(int fds[2], int flags)
{
	int result;

	FAIL("pipe2", "");
	result = REAL(pipe2)(fds, flags);
	if (result == 0) {
		note_fd(fds[0], "pipe");
		note_fd(fds[1], "pipe");
	}
	return result;
}

#define PLAIN(type, name, arguments, call) \
	type name arguments                \
	{                                  \
		FAIL(#name, "");           \
		return REAL(name) call;    \
	}
PLAIN(pid_t, waitpid, (pid_t pid, int *status, int flags), (pid, status, flags))
PLAIN(int, signalfd, (int fd, const sigset_t *set, int flags), (fd, set, flags))
PLAIN(int, timerfd_create, (int clock, int flags), (clock, flags))
PLAIN(int, inotify_init1, (int flags), (flags))
PLAIN(int, inotify_add_watch, (int fd, const char *path, uint32_t mask), (fd, path, mask))
PLAIN(int, epoll_create1, (int flags), (flags))
PLAIN(int, socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds))
PLAIN(int, sched_setaffinity, (pid_t pid, size_t size, const cpu_set_t *set), (pid, size, set))
PLAIN(int, sched_getaffinity, (pid_t pid, size_t size, cpu_set_t *set), (pid, size, set))
PLAIN(int, sigprocmask, (int how, const sigset_t *restrict set, sigset_t *restrict old), (how, set, old))
PLAIN(int, cap_set_proc, (void *caps), (caps))

int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	FAIL("timerfd_settime", "");
	return REAL(timerfd_settime)(fd, flags, new, old);
}

int prctl(int what, ...)
{
	va_list args;
	unsigned long a[4];

	va_start(args, what);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(args, unsigned long);
	va_end(args);
	FAIL("prctl", "");
	return REAL(prctl)(what, a[0], a[1], a[2], a[3]);
}

/* --- memory --- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

#define NO_MEMORY(name)                                    \
	do {                                               \
		if (fault(FAULT_MEMORY, name, "", HERE)) { \
			errno = ENOMEM;                    \
			return NULL;                       \
		}                                          \
	} while (0)

void *malloc(size_t size)
{
	NO_MEMORY("malloc");
	return __libc_malloc(size);
}

/* By itself, so that the caller is known, and not only libc. */
char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy;

	NO_MEMORY("strdup");
	copy = __libc_malloc(size);
	return copy ? memcpy(copy, text, size) : NULL;
}

void *calloc(size_t count, size_t size)
{
	NO_MEMORY("calloc");
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	NO_MEMORY("realloc");
	return __libc_realloc(old, size);
}
