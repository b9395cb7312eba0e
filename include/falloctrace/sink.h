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

/* A stretch of time. The end is not in it. */
struct interval {
	bool has_utc;	    /* ns since the epoch; else: on the trace's clock */
	int64_t begin, end; /* ns */
};

/* TIME_UTC alone is <time.h>'s */
enum time_style { TIME_STYLE_LOCAL, TIME_STYLE_UTC, TIME_STYLE_RELATIVE, TIME_STYLE_DELTA, TIME_STYLE_RAW };

enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_CSV,
	FORMAT_CHROME,
	FORMAT_TRACEE,
	FORMAT_STRACE,
	FORMAT_OPENMETRICS,
	FORMAT_FOLDED,
	FORMAT_HTML,
	FORMAT_COUNT,
};

/* What is shown of a trace: bits. Those but the first are written when an interval, or the trace, has ended. */
enum show {
	SHOW_CALLS = 1 << 0,
	SHOW_SUMMARY = 1 << 1,
	SHOW_HISTOGRAM = 1 << 2,
	SHOW_FINDINGS = 1 << 3,
	SHOW_REPORT = 1 << 4, /* a format's own: whatever it is for */
};

/* What a summary, a histogram or the live table has a row for. */
enum summary_by {
	SUMMARY_PROCESS,
	SUMMARY_FILE,
	SUMMARY_OP,
	SUMMARY_FS,
	SUMMARY_VIA,
	SUMMARY_ERRNO,
	SUMMARY_HOST,
	SUMMARY_USER,
	SUMMARY_CGROUP,
	SUMMARY_CONTAINER,
	SUMMARY_DEFAULT, /* nothing was asked for. summary, top: process; histogram: one of all calls */
};

/* By what its rows are sorted: most first, but the key, a first. */
enum summary_sort {
	SORT_CALLS,
	SORT_ERRORS,
	SORT_BYTES,
	SORT_GROWN,
	SORT_GAINED,
	SORT_FREED,
	SORT_P50,
	SORT_P95,
	SORT_P99,
	SORT_MAX,
	SORT_KEY,
	SORT_COUNT,
};

/* What a histogram is of: bits. */
enum histogram_of {
	HISTOGRAM_LATENCY = 1 << 0, /* us, as bcc has it */
	HISTOGRAM_LEN = 1 << 1,	    /* bytes asked for */
	HISTOGRAM_ALIGN = 1 << 2,   /* the largest power of two that both ends of the range are multiples of */
};

/* What a stack of --format folded weighs. */
enum folded_weight { WEIGHT_TIME, WEIGHT_CALLS, WEIGHT_BYTES };

struct field;
struct trace_info;

struct sink_options {
	FILE *out; /* the caller's; the sink never closes it */
	enum format format;
	unsigned show;	/* enum show: several are written one after the other */
	bool human;	/* sizes and times with units */
	bool color;	/* already decided: terminal, NO_COLOR, --color */
	bool nested;	/* a row for each inner call, too */
	bool hosts;	/* of several machines: text says which */
	bool live;	/* this process traces: what that takes is worth telling */
	bool intervals; /* the interval operation will be called, at the very end as well */
	size_t width;	/* columns of the terminal that a text line is to fit; 0: as long as it is */
	enum time_style time;
	const struct field *const *columns; /* text and csv: these; borrowed; NULL: the usual ones */
	size_t columns_count;
	enum summary_by by;	/* summary, histogram, top */
	enum summary_sort sort; /* summary, top */
	uint64_t top;		/* rows at most; 0: all */
	unsigned histograms;	/* enum histogram_of */
	enum folded_weight weight;
	char *const *words; /* html: how the program was called: filters may have kept calls away; borrowed */
	size_t words_count;
};

struct sink;

struct sink_ops {
	const char *name; /* as --format spells it */
	int (*header)(struct sink *s, struct error *e);
	/* A trace more, whose calls will come. info is the caller's, and stays until the sink is freed. May be NULL. */
	int (*trace)(struct sink *s, const struct trace_info *info, struct error *e);
	int (*call)(struct sink *s, const struct call *c, struct error *e);
	/* What c->related says, of a file of which calls came. May be NULL. */
	int (*related)(struct sink *s, const struct call *c, struct error *e);
	int (*lost)(struct sink *s, const struct loss *l, struct error *e);
	/*
	 * An interval has ended: write what came since the last one. Intervals
	 * begin at multiples of their length; of several in which nothing came,
	 * only the first is told. May be NULL.
	 */
	int (*interval)(struct sink *s, const struct interval *i, struct error *e);
	int (*footer)(struct sink *s, struct error *e);
	void (*free)(struct sink *s);
};

/* Every sink's first member. */
struct sink {
	const struct sink_ops *ops;
};

/* What can be shown in a format. */
struct sink_format {
	const char *name;
	unsigned shows;	  /* enum show: what it can show */
	unsigned usually; /* … and does unless it is asked for something */
	bool intervals;	  /* can be written again and again */
	bool whole;	  /* a file of it is replaced, when it is whole, rather than written to */
	bool shared;	  /* names neither files nor people: others may read a new file of it */
	bool labels; /* for people: a machine whose name is unknown is called by its file; to programs it is unknown */
};
extern const struct sink_format sink_formats[FORMAT_COUNT];

/* The sink, or several as one, that o asks for. NULL where memory is out. Freed by ops->free. */
struct sink *sink_new(const struct sink_options *o);

/* Each of them: the same. */
struct sink *sink_text_new(const struct sink_options *o);
struct sink *sink_json_new(const struct sink_options *o);
struct sink *sink_csv_new(const struct sink_options *o);
struct sink *sink_chrome_new(const struct sink_options *o);
struct sink *sink_tracee_new(const struct sink_options *o);
struct sink *sink_strace_new(const struct sink_options *o);
struct sink *sink_openmetrics_new(const struct sink_options *o);
struct sink *sink_folded_new(const struct sink_options *o);
struct sink *sink_html_new(const struct sink_options *o);
struct sink *sink_summary_new(const struct sink_options *o);
struct sink *sink_histogram_new(const struct sink_options *o);
struct sink *sink_findings_new(const struct sink_options *o);

#endif
