/* SPDX-License-Identifier: MIT */
/*
 * A workload that knows what it did: each fallocate it makes is written down
 * beside what fstat said just before and just after it. None of falloctrace's
 * code is used here, so that the two can be compared.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

/* Ways into vfs_fallocate, as the tool's "via" names them. */
enum way { WAY_SYSCALL, WAY_COMPAT, WAY_URING, WAY_IOCTL, WAY_MADVISE };

/* What each worker thread needs. */
struct worker {
	const char *dir;
	const char *log; /* its path */
	char comm[16];
	void (*run)(struct worker *w);
	struct ring *ring; /* made by the first io_uring call */
};

/* Modes; old headers miss some. */
enum {
	KEEP = 0x01,
	PUNCH = 0x02,
	NO_HIDE_STALE = 0x04,
	COLLAPSE = 0x08,
	ZERO = 0x10,
	INSERT = 0x20,
	UNSHARE = 0x40,
	WRITE_ZEROES = 0x80,
};

#define KIB 1024LL
#define MIB (1024LL * 1024)
#define GIB (1024LL * 1024 * 1024)

/* --- call.c --- */
/* Opens the log and writes down the mounts. */
void log_open(const char *path);
/* Goes on with a log that another process of this program has open; its calls are numbered from first. */
void log_append(const char *path, int first);
/* Makes one call and writes a line. Returns 0 or a negative errno. */
int call(struct worker *w, enum way way, int fd, int mode, int64_t offset, int64_t len);
/* The same on a file with data that was written and not yet allocated: no fsync first, and the line says dirty. */
int call_dirty(struct worker *w, int fd, int mode, int64_t offset, int64_t len);
/* Whether this very program can make 32-bit calls: int $0x80, or it is one of 32 bits. */
bool compat_works(void);
bool uring_works(void);
/* fallocate by number, without glibc; 0 or a negative errno. */
int raw_fallocate(int fd, int mode, int64_t offset, int64_t len);
void die(const char *what) __attribute__((noreturn));

/* --- related.c --- */
int related(const char *dir, bool fiemap);

/* --- compat.c --- */
/* The 32-bit calls of a worker, by this program or by a workload32 in the PATH; no calls where neither can. */
void compat_ways(struct worker *w);
/* What such a workload32 is run for: `compat LOG FIRST DIR COMM` */
int compat_main(char **argv);

/* --- truth.c --- */
/* Some calls of a kind on a file of that name. */
void one_way(struct worker *w, enum way way, const char *name);
int truth(const char *log, int dirs, char **dir);

#endif
