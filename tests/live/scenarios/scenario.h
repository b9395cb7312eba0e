/* SPDX-License-Identifier: MIT */
/*
 * What people met with fallocate, made again small on a real filesystem. Each
 * scenario knows what a tracer ought to find in it, and writes down what fstat
 * and statvfs said around every call. None of falloctrace's code is used here,
 * so that the two can be compared.
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

/* Modes; old headers miss some. */
enum {
	KEEP = 0x01,
	PUNCH = 0x02,
	COLLAPSE = 0x08,
	ZERO = 0x10,
};

#define KIB 1024LL
#define MIB (1024LL * 1024)

struct run;

struct scenario {
	const char *name;
	const char *comm; /* of the process; up to 15 bytes */
	const char *dir;  /* where the filesystem is mounted: an absolute path */
	const char *fs;	  /* its kind: ext3 ext4 ext4-bigalloc xfs xfs-quota btrfs tmpfs */
	int mib;	  /* its size */
	void (*go)(struct run *r);
};

/* Ends with one without a name. */
extern const struct scenario databases[], logs[], images[], quiet[];

/* --- truth.c --- */
/* What is shared with the processes that a scenario forks. */
struct run *run_new(const struct scenario *s);
const struct scenario *run_scenario(const struct run *r);
/* One JSON line of everything that was done. */
void run_print(const struct run *r);

/*
 * Opens a file of the filesystem, makes it and its directories; returns its number.
 * findings: what ought to be found of it, "a,b" or "".
 */
int file_open(struct run *r, const char *name, const char *findings);
int file_fd(const struct run *r, int file);
void file_close(struct run *r, int file);
int64_t file_size(const struct run *r, int file);

/* One fallocate; 0 or a negative errno. */
int allocate(struct run *r, int file, int mode, int64_t offset, int64_t len);
/* The same while somebody else changes the file: the truth has no sizes and blocks of it that hold. */
int allocate_in_a_race(struct run *r, int file, int mode, int64_t offset, int64_t len);
/* glibc's, where the kernel is known to refuse: then glibc writes to every block. */
void allocate_or_write(struct run *r, int file, int64_t offset, int64_t len);

/* Data that is on the disk afterwards. */
void fill(struct run *r, int file, int64_t offset, int64_t len);
/* … that may not be there yet. */
void put(struct run *r, int file, int64_t offset, int64_t len);
/* Cuts it, and waits until the disk knows. */
void cut(struct run *r, int file, int64_t size);

/* Runs a part as another process of that name, and waits for it. */
void as_process(struct run *r, const char *comm, void (*part)(struct run *r));

void die(const char *what) __attribute__((noreturn));

#endif
