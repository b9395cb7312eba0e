/* SPDX-License-Identifier: MIT */
/*
 * LD_PRELOAD: counts the calls that a falloctrace makes of libc, its watchdog
 * and its helpers included, and has those fail that sweep asks for. A call that
 * fails is not made, or, where nobody could tell otherwise (close), made first.
 * Here: which ones, and memory; inject_files.c and inject_tasks.c: all others.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inject.h"

#define FDS 256
#define CROWD 40 /* calls of a site that are noted: a machine has hundreds of processes in /proc */

static struct fault_shared *shared;
static char fd_paths[FDS][80];

const char *fd_path(int fd)
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

void note_fd(int fd, const char *path)
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

int fault(enum fault_group group, const char *call, const char *path, void *caller)
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

/* --- memory --- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

/* The next library's, which is ASan's where the program is built with that. Asked for once: not by each call. */
#define NEXT(name)                                                         \
	({                                                                 \
		static __typeof__(&name) next;                             \
                                                                           \
		if (!next)                                                 \
			next = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
		next ? next : __libc_##name;                               \
	})

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
	return NEXT(malloc)(size);
}

/* By itself, so that the caller is known, and not only libc. */
char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy;

	NO_MEMORY("strdup");
	copy = NEXT(malloc)(size);
	return copy ? memcpy(copy, text, size) : NULL;
}

void *calloc(size_t count, size_t size)
{
	NO_MEMORY("calloc");
	return NEXT(calloc)(count, size);
}

void *realloc(void *old, size_t size)
{
	NO_MEMORY("realloc");
	return NEXT(realloc)(old, size);
}
