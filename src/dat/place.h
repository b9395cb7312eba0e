/* SPDX-License-Identifier: MIT */
/*
 * Finding where a file is to be written, without being led elsewhere: in a
 * directory that others can write to, no symbolic link of theirs is followed, and
 * no file, link or pipe of theirs is written to. As the kernel does it where
 * fs.protected_symlinks, _hardlinks, _fifos and _regular are set, which need not be.
 */
#ifndef FALLOCTRACE_DAT_PLACE_H
#define FALLOCTRACE_DAT_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "falloctrace/error.h"

#include "owner.h"

struct place {
	int dir;		 /* O_PATH; to be closed */
	char base[NAME_MAX + 1]; /* what it is called in there, if it is there */
	bool by_kernel;		 /* a link of /proc's, which only the kernel can follow */
};

/* follow: a link that base is, too. -1: *e, and nothing to close. */
int place_find(struct place *p, const char *path, bool follow, const struct owner *o, struct error *e);
/*
 * Whether what is there, by its lstat, may be written over: *e says "cannot write
 * path" and why it may not. linked: nor may it have another name, for it is
 * written to, not replaced.
 */
int place_check(const struct place *p, const char *path, const struct stat *st, bool linked, const struct owner *o,
		struct error *e);
/* A descriptor to write to, not emptied; one that is made has mode 0600, and is o's. -1: *e. */
int place_open(const char *path, const struct owner *o, struct error *e);

#endif
