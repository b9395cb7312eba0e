/* SPDX-License-Identifier: MIT */
/* What the parts of the library that makes calls fail share. */
#ifndef INJECT_H
#define INJECT_H

#include <dlfcn.h>
#include <errno.h>

#include "faults.h"

/* Whether this call, made from caller, is one to fail; how: an errno, FAULT_SHORT, FAULT_EOF. path: NULL where there is none. */
int fault(enum fault_group group, const char *call, const char *path, void *caller);
/* The name of an open file; of what is relative, the last part. */
const char *fd_path(int fd);
void note_fd(int fd, const char *path);

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

#define BY_FD(name, arguments, call)      \
	int name arguments                \
	{                                 \
		FAIL(#name, fd_path(fd)); \
		return REAL(name) call;   \
	}

#endif
