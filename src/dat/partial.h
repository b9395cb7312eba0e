/* SPDX-License-Identifier: MIT */
/*
 * The folder FILE.partial/, in which a recording to FILE lives until it has
 * ended: head, a version 6 file without pages; cpuN, the pages of each CPU as
 * they come; whole, room that is set aside for the end. Whoever records, or
 * recovers, holds a lock on cpu0.
 */
#ifndef FALLOCTRACE_DAT_PARTIAL_H
#define FALLOCTRACE_DAT_PARTIAL_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "falloctrace/error.h"

#include "target.h"

#define PARTIAL_SUFFIX ".partial"
#define PARTIAL_HEAD "head"
#define PARTIAL_WHOLE "whole"
#define PARTIAL_PLACES "places"

struct partial {
	int parent;		 /* where it lies: the target's */
	int dir;		 /* itself, or -1 */
	char name[NAME_MAX + 1]; /* in parent */
	char *path;		 /* for messages; malloc'ed */
	const char *file;	 /* FILE, for messages; the caller's */
};

/* Makes it. Refuses one that is in use, or has pages; one without pages is nothing that anybody could miss. */
int partial_create(struct partial *p, const struct target *t, struct error *e);
/* Opens what a recording left behind. */
int partial_open(struct partial *p, const struct target *t, struct error *e);
void partial_close(struct partial *p);
/* Its head goes: whoever has the lock next finds that it has its file. */
void partial_end(const struct partial *p);
/* Removes it with what is in it, as far as that is a recording's. -1: it is still there, without a head. */
int partial_remove(struct partial *p);

/* Descriptors, or -1 with errno. make: it must not be there yet; else it must. */
int partial_file(const struct partial *p, const char *name, bool make);
int partial_pages(const struct partial *p, int cpu, bool make);
/* Whether it has a head, which is there from before the first page until the file is in its place. */
bool partial_begun(const struct partial *p);
/* One more than the highest CPU that has a file of pages; 0: none has. -1: errno. */
int partial_cpus(const struct partial *p);
/* The lock that says that this recording lives; -1 and *e: somebody else has it. */
int partial_lock(const struct partial *p, int cpu0, struct error *e);
/* Replaces a small file as a whole. */
int partial_put(const struct partial *p, const char *name, const void *data, size_t size);

#endif
