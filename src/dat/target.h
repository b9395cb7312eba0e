/* SPDX-License-Identifier: MIT */
/*
 * A file that appears whole or not at all: written without a name where the
 * filesystem can do that, synced, and renamed over what was there.
 */
#ifndef FALLOCTRACE_DAT_TARGET_H
#define FALLOCTRACE_DAT_TARGET_H

#include <limits.h>

#include "falloctrace/error.h"

struct target {
	int dir;	  /* where it will lie */
	const char *path; /* as given, for messages; the caller's */
	char base[NAME_MAX + 1];
};

/* Refuses what a finished file could not replace: links, devices, pipes, directories. */
int target_open(struct target *t, const char *path, struct error *e);
void target_close(struct target *t);

/* A file beside the target, that goes with its last descriptor. The descriptor, or -1. */
int target_scratch(const struct target *t, struct error *e);

/* The file that will be the target. */
struct target_file {
	int fd;
	char name[NAME_MAX + 1]; /* empty: it has none */
};
int target_create(const struct target *t, struct target_file *f, struct error *e);
/* Syncs, and gives it the target's name. f is closed, however it ends. */
int target_publish(const struct target *t, struct target_file *f, struct error *e);
void target_discard(const struct target *t, struct target_file *f);

#endif
