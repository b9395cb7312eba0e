/* SPDX-License-Identifier: MIT */
/*
 * "falloctrace: trace.dat: 42%, 310 MB/s, 7 s left" on a terminal, after a second.
 */
#ifndef FALLOCTRACE_CMD_PROGRESS_H
#define FALLOCTRACE_CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
	FILE *err; /* NULL: nothing is shown */
	const char *name;
	int columns;
	uint64_t total; /* bytes */
	unsigned asked; /* how often progress_due was */
	int64_t start;	/* ns, CLOCK_MONOTONIC */
	int64_t next;	/* when to show it again */
	int shown;	/* columns of what stands there */
};

/* Shows nothing unless err is a terminal, is wanted and there are bytes. name is borrowed and made fit for a terminal. */
void progress_start(struct progress *p, FILE *err, bool wanted, const char *name, uint64_t total);
/* The line for a position after ns; at most size bytes with the NUL. Returns its columns. */
int progress_line(const struct progress *p, uint64_t position, int64_t ns, char *buf, size_t size);
void progress_show(struct progress *p, uint64_t position);
/* Wipes it; to be called before anything else is written there. Twice is fine. */
void progress_end(struct progress *p);

/* Whether to call progress_show: cheap, and true only for one in some calls. */
static inline bool progress_due(struct progress *p)
{
	return p->err && ++p->asked % 16 == 0;
}

#endif
