/* SPDX-License-Identifier: MIT */
/*
 * A recording in the making: see ../make_trace.c.
 */
#ifndef FALLOCTRACE_TESTS_BENCH_TRACE_H
#define FALLOCTRACE_TESTS_BENCH_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "falloctrace/dat_writer.h"

#define CPUS 4
#define PAGE 4096
#define PAGE_HEAD 16
#define THREADS 400
#define FILES 4000
#define NAMES 4
#define STEPS 8
#define FIRST_TID 1200
#define SYMBOLS_AT 0xffffffff9ef48f30ULL
#define VFS_FALLOCATE 0xffffffff9ef48440ULL
#define NS_PER_S 1000000000ULL

enum { SYM_SYSCALL, SYM_IO_URING, SYM_OVERLAY, SYMBOLS };
enum kind { ENTER, DONE, EXIT, BADFD, NEWTASK, KINDS };
extern const unsigned short trace_ids[KINDS];

struct mount_kind {
	const char *point, *fs;
	uint32_t major, minor;
	enum blocks_rule rule;
	bool moves, zeroes; /* collapse and insert; zero */
	int weight;	    /* files of 100 */
};
#define MOUNTS 5
#define OVERLAY (MOUNTS - 1) /* its files lie on the first */
extern const struct mount_kind trace_mounts[MOUNTS];

struct process_kind {
	const char *comm;
	uint32_t uid;
	int threads, symbol;
};

struct file {
	const char *names[NAMES]; /* leaf first */
	unsigned char mount;
	int64_t size;
	uint64_t blocks, ino, lower_ino, address;
};

struct step {
	enum kind kind;
	uint64_t after; /* ns since the one before */
	bool lower;	/* of the overlay's file below */
};

struct thread {
	uint64_t at; /* its next event */
	int32_t tid, tgid, child, fd;
	const struct process_kind *what;
	int cpu, ret, step, steps;
	int acts;      /* the first step that shows what the call did */
	unsigned seen; /* a bit for each step that was written */
	uint32_t mode;
	int64_t offset, len;
	struct file *file;
	struct step plan[STEPS];
};

struct cpu {
	unsigned char page[PAGE];
	size_t used;
	uint64_t last, losing, lost; /* time; events to be lost yet, and lost by now */
};

struct maker {
	uint64_t random;
	bool pairs;
	uint64_t events, wanted, now, quiet_until;
	uint64_t entered, returned, failed, lost;
	int32_t next_tid;
	struct dat_writer *w;
	struct trace_info info;
	FILE *cmdlines;
	struct cpu cpus[CPUS];
	struct file files[FILES];
	struct thread threads[THREADS];
	struct thread *heap[THREADS]; /* the earliest first */
};

/* --- pages.c --- */

/* The thread's present step, into a CPU's page. */
int trace_put(struct maker *m, const struct thread *t, struct error *e);
/* Hands out the page of a CPU as far as it is filled. */
int trace_end_page(struct maker *m, int cpu, struct error *e);

/* --- scene.c --- */

/* The machine before it starts, its names in m->info. -1: memory. */
int trace_set_scene(struct maker *m);
/* Lets it run until m->wanted events are written. */
int trace_run(struct maker *m, struct error *e);

/* --- notes.c --- */

/* Puts the file together. cmdlines: "TID COMM" lines. */
int trace_finish(struct maker *m, const char *cmdlines, struct error *e);

#endif
