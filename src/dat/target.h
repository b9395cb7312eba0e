/* SPDX-License-Identifier: MIT */
/*
 * A file that appears whole or not at all: written without a name where the
 * filesystem can do that, synced, and renamed over what was there.
 */
#ifndef FALLOCTRACE_DAT_TARGET_H
#define FALLOCTRACE_DAT_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "falloctrace/error.h"

#include "owner.h"

struct target {
	int dir;	  /* where it will lie */
	const char *path; /* as given, for messages; the caller's */
	char base[NAME_MAX + 1];
	/* target_find's; to be changed before target_create: */
	mode_t mode; /* of the new file, less the umask: 0600 */
	bool sync;   /* it is to outlast a power failure: true */
	struct owner owner;
	bool as_owner; /* target_open's: he may write there himself, and does */
};

/* Only where it would lie, whatever is there. */
int target_find(struct target *t, const char *path, struct error *e);
/*
 * Refuses what a finished file could not replace: links, devices, pipes, directories; and, in a directory that all
 * may write to, files of other users, and ways there by links of theirs.
 */
int target_open(struct target *t, const char *path, struct error *e);
void target_close(struct target *t);
/*
 * Removes what target_create made here for a file of this name, if whoever made
 * it was killed before it came to its place. Not what somebody is at work on.
 */
void target_sweep(const struct target *t);

/*
 * Around whatever makes, names or removes files there: as the owner, if that will
 * do. target_create, target_publish, target_take and target_discard see to it
 * themselves.
 */
void target_enter(const struct target *t);
void target_leave(const struct target *t);
/* Before capabilities are given up: what the owner may do can go on to be done. */
int target_keep(const struct target *t, struct error *e);

/* The file that will be the target: the owner's. */
struct target_file {
	int fd;
	char name[NAME_MAX + 1]; /* empty: it has none */
};
int target_create(const struct target *t, struct target_file *f, struct error *e);
/* Syncs (as t says), and gives it the target's name. f is closed, however it ends. */
int target_publish(const struct target *t, struct target_file *f, struct error *e);
/* The same for a file that lies in another folder of the same filesystem, by this name; fd stays open. */
int target_take(const struct target *t, int dir, const char *name, int fd, struct error *e);
void target_discard(const struct target *t, struct target_file *f);

#endif
