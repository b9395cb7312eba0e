/* SPDX-License-Identifier: MIT */
/* LD_PRELOAD: files and folders. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "inject.h"

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

/* What a stream still holds is written within libc, where nothing can be put in between: the stream's own calls fail. */
static const char *stream_path(FILE *f)
{
	int saved = errno;
	const char *path = f ? fd_path(fileno(f)) : "";

	errno = saved;
	return path;
}

int fclose(FILE *f)
{
	int how = fault(FAULT_IO, "fclose", stream_path(f), HERE);
	int result = REAL(fclose)(f);

	if (how)
		errno = how;
	return how ? EOF : result;
}

int fflush(FILE *f)
{
	FAIL_AS(EOF, "fflush", stream_path(f));
	return REAL(fflush)(f);
}

char *fgets(char *restrict line, int size, FILE *restrict f)
{
	FAIL_AS(NULL, "fgets", stream_path(f));
	return REAL(fgets)(line, size, f);
}

ssize_t getline(char **restrict line, size_t *restrict size, FILE *restrict f)
{
	FAIL_AS(-1, "getline", stream_path(f));
	return REAL(getline)(line, size, f);
}

DIR *opendir(const char *path)
{
	FAIL_AS(NULL, "opendir", path);
	/* cppcheck-suppress CastIntegerToAddressAtReturn */
	return REAL(opendir)(path);
}

DIR *fdopendir(int fd)
{
	FAIL_AS(NULL, "fdopendir", fd_path(fd));
	/* cppcheck-suppress CastIntegerToAddressAtReturn */
	return REAL(fdopendir)(fd);
}

struct dirent *readdir(DIR *d)
{
	FAIL_AS(NULL, "readdir", "");
	/* cppcheck-suppress CastIntegerToAddressAtReturn */
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
