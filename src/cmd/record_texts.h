/* SPDX-License-Identifier: MIT */
/*
 * What a recording says of the kernel that it comes from, in the kernel's words.
 */
#ifndef FALLOCTRACE_CMD_RECORD_TEXTS_H
#define FALLOCTRACE_CMD_RECORD_TEXTS_H

#include "cmd/record_scan.h"
#include "falloctrace/dat_writer.h"
#include "falloctrace/error.h"
#include "kernel/session.h"

#define RECORD_FORMATS_MAX (PROBES_MAX + 2 * DEEP_MAX + 4 + CONVERT_COUNT) /* system-call tracepoints, task_newtask */

/* All malloc'ed. */
struct record_texts {
	char *header_page, *header_event, *clock;
	char uname[400];
	struct dat_event_format formats[RECORD_FORMATS_MAX];
	char *format_texts[RECORD_FORMATS_MAX]; /* what formats point to */
	size_t formats_count;
	char **cpustat; /* at the end only */
	int cpus;
	char *kallsyms, *cmdlines; /* of the events so far */
};

/* What doesn't change while a trace runs. */
int record_texts_read(struct record_texts *t, const struct session *s, struct error *e);
/* The counters of each CPU's buffer. */
int record_texts_stats(struct record_texts *t, const struct session *s, struct error *e);
/* Fills what can be said by now; *c borrows from t and s. */
int record_texts_contents(struct record_texts *t, const struct session *s, const struct record_scan *scan,
			  struct dat_contents *c, struct error *e);
void record_texts_free(struct record_texts *t);

#endif
