/* SPDX-License-Identifier: MIT */
/*
 * Where calls go. A sink knows nothing of probes, pages or files: it sees calls
 * and losses, in the order in which calls ended.
 */
#ifndef FALLOCTRACE_SINK_H
#define FALLOCTRACE_SINK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "falloctrace/call.h"
#include "falloctrace/error.h"

struct loss {
	const char *host; /* name of the machine; "" unknown */
	int cpu;
	uint64_t count; /* events, or LOST_UNKNOWN */
	bool has_before;
	uint64_t before; /* ns on the trace's clock: lost before this; absent: before the end */
	bool has_utc;
	int64_t utc; /* the same, as UTC ns since the epoch */
};

/* TIME_UTC alone is <time.h>'s */
enum time_style { TIME_STYLE_LOCAL, TIME_STYLE_UTC, TIME_STYLE_RELATIVE, TIME_STYLE_DELTA, TIME_STYLE_RAW };

/* What a summary has a line for. */
enum summary_by {
	SUMMARY_PROCESS,
	SUMMARY_FILE,
	SUMMARY_OP,
	SUMMARY_FS,
	SUMMARY_VIA,
	SUMMARY_ERRNO,
	SUMMARY_HOST,
};

struct sink_options {
	FILE *out;   /* the caller's; the sink never closes it */
	bool human;  /* sizes and times with units */
	bool color;  /* already decided: terminal, NO_COLOR, --color */
	bool nested; /* a row for each inner call, too */
	bool hosts;  /* of several machines: text says which */
	enum time_style time;
	enum summary_by by; /* summary only */
	bool json;	    /* summary only: as JSON */
};

struct sink;

struct sink_ops {
	const char *name; /* as --format spells it */
	int (*header)(struct sink *s, struct error *e);
	int (*call)(struct sink *s, const struct call *c, struct error *e);
	int (*lost)(struct sink *s, const struct loss *l, struct error *e);
	int (*footer)(struct sink *s, struct error *e);
	void (*free)(struct sink *s);
};

/* Every sink's first member. */
struct sink {
	const struct sink_ops *ops;
};

/* NULL where memory is out. Freed by ops->free. */
struct sink *sink_text_new(const struct sink_options *o);
struct sink *sink_json_new(const struct sink_options *o);
struct sink *sink_summary_new(const struct sink_options *o);

#endif
