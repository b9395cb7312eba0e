/* SPDX-License-Identifier: MIT */
/*
 * Which count of blocks is true on which filesystem: found by a call on a file of
 * each mounted type, whose blocks fstat tells, never by the type's name.
 */
#ifndef FALLOCTRACE_KERNEL_BLOCKS_H
#define FALLOCTRACE_KERNEL_BLOCKS_H

#include "falloctrace/error.h"
#include "falloctrace/event.h"
#include "kernel/session.h"

/* What the probes saw of the last call of this thread; kind EVENT_NONE: not seen. */
struct observed {
	struct event enter, after, exit, sys, trunc_enter, trunc_exit;
	uint32_t uids[2]; /* that we got */
	unsigned creds;
	struct event deep;  /* EVENT_DEEP_ENTER of the outermost */
	char names[2][256]; /* leaf and parent; the events' own spans are gone */
};

/* Drains what has come so far. (In selfcheck.c.) */
int observe(struct session *s, struct observed *o, struct error *e);

/* Whether opening what lies there might wait for another machine or process. */
bool mount_may_hang(const struct session *s, const struct mount *m);

/* 512-byte units in a block of the filesystem; 0: not known. */
uint32_t mount_unit(const struct session *s, const struct mount *m);

/* Checks every mounted type that can be opened without risk, and sets the rules of the mounts, and of those to come. */
int check_blocks(struct session *s, struct error *e);

#endif
