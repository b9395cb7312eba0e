/* SPDX-License-Identifier: MIT */
/*
 * Files of our own whose truth we know, and harmless fallocate calls on them, for
 * discovery and for the self-check. Nothing is made on anybody's filesystem: two
 * are memfds, the third is our own program, opened read-only: that call passes
 * the entry of vfs_fallocate and then fails with EBADF.
 */
#ifndef FALLOCTRACE_KERNEL_SPECIMEN_H
#define FALLOCTRACE_KERNEL_SPECIMEN_H

#include <stdint.h>
#include <sys/types.h>

#include "falloctrace/error.h"
#include "kernel/search.h"

#define SPECIMEN_NAME 256

struct specimen {
	int fd;
	uint64_t ino, size, blocks; /* fstat's; blocks of 512 bytes */
	uint32_t dev;		    /* as the kernel keeps it */
	uint32_t mnt;		    /* mount id */
	uint32_t fsuid;		    /* that it was opened with */
	char name[SPECIMEN_NAME];   /* of its dentry */
	char parent[SPECIMEN_NAME]; /* of its parent's: of a memfd its own */
	/* the call that specimen_call makes */
	int mode;
	int64_t offset, len;
};

/* Opens all SPECIMENS. */
int specimens_open(struct specimen s[SPECIMENS], struct error *e);
void specimens_close(struct specimen s[SPECIMENS]);
/* fallocate that changes nothing; the result, or -errno. */
int specimen_call(const struct specimen *s);
/* fallocate on a descriptor that is not open: -EBADF. Its arguments: */
#define BADFD_FD 0x3ffffff0
#define BADFD_MODE 1
#define BADFD_OFFSET 0x1234567000
#define BADFD_LEN 0x89ab000
int badfd_call(void);
/* Changes our file system uid to an odd one, which it returns, and back. */
uint32_t cred_call(void);
/* Refreshes size and blocks by fstat. */
int specimen_stat(struct specimen *s, struct error *e);

#endif
