/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/options_apply.h"
#include "cmd/options_table.h"
#include "falloctrace/field.h"
#include "info/units.h"

#define BUFFER_SIZE_MIN (INT64_C(8) << 10) /* two sub-buffers: the kernel's own least */
#define BUFFER_SIZE_MAX (INT64_C(4) << 30)
#define INTERVAL_MIN (10 * NS_PER_MS)
#define WIDTH_MAX 10000

/* --- one option's argument: 0, or -1 and *e without the option's name --- */

/* The word's place among count; a message lists them all. */
static int one_of(const char *text, const char *const *words, int count, struct error *e)
{
	char list[256] = "";
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		if (!strcmp(text, words[i]))
			return i;
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", words[i]);
	}
	return error_usage(e, "'%.64s' is none of %s", text, list);
}
#define ONE_OF(text, words, e) one_of(text, words, (int)(sizeof(words) / sizeof((words)[0])), e)

/* Each of the words of a list, "a,b": its bit 1 << place into *bits. */
static int some_of(const char *text, const char *const *words, int count, unsigned *bits, struct error *e)
{
	char word[65];

	for (;; text++) {
		size_t size = strcspn(text, ",");
		int i;

		snprintf(word, sizeof(word), "%.*s", (int)size, text);
		i = one_of(word, words, count, e);
		if (i < 0)
			return -1;
		*bits |= 1u << i;
		text += size;
		if (!*text)
			return 0;
	}
}

static int set_format(struct options *o, const char *text, struct error *e)
{
	const char *words[FORMAT_COUNT];
	int i;

	for (i = 0; i < FORMAT_COUNT; i++)
		words[i] = sink_formats[i].name;
	i = ONE_OF(text, words, e);
	o->format = i < 0 ? FORMAT_TEXT : (enum format)i;
	return i < 0 ? -1 : 0;
}

static int set_time(struct options *o, const char *text, struct error *e)
{
	static const char *const words[] = {
		[TIME_STYLE_LOCAL] = "local", [TIME_STYLE_UTC] = "utc", [TIME_STYLE_RELATIVE] = "relative",
		[TIME_STYLE_DELTA] = "delta", [TIME_STYLE_RAW] = "raw",
	};
	int i = ONE_OF(text, words, e);

	o->time = i < 0 ? TIME_STYLE_LOCAL : (enum time_style)i;
	return i < 0 ? -1 : 0;
}

static int set_color(struct options *o, const char *text, struct error *e)
{
	static const char *const words[] = {[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};
	int i = ONE_OF(text, words, e);

	o->color = i < 0 ? COLOR_AUTO : (enum color_when)i;
	return i < 0 ? -1 : 0;
}

static int set_by(struct options *o, const char *text, struct error *e)
{
	static const char *const words[] = {
		[SUMMARY_PROCESS] = "process", [SUMMARY_FILE] = "file",
		[SUMMARY_OP] = "op",	       [SUMMARY_FS] = "fs",
		[SUMMARY_VIA] = "via",	       [SUMMARY_ERRNO] = "errno",
		[SUMMARY_HOST] = "host",       [SUMMARY_USER] = "user",
		[SUMMARY_CGROUP] = "cgroup",   [SUMMARY_CONTAINER] = "container",
	};
	int i = ONE_OF(text, words, e);

	o->by = i < 0 ? SUMMARY_DEFAULT : (enum summary_by)i;
	return i < 0 ? -1 : 0;
}

static int set_sort(struct options *o, const char *text, struct error *e)
{
	static const char *const words[SORT_COUNT] = {
		[SORT_CALLS] = "calls",	  [SORT_ERRORS] = "errors", [SORT_BYTES] = "bytes", [SORT_GROWN] = "grown",
		[SORT_GAINED] = "gained", [SORT_FREED] = "freed",   [SORT_P50] = "p50",	    [SORT_P95] = "p95",
		[SORT_P99] = "p99",	  [SORT_MAX] = "max",	    [SORT_KEY] = "key",
	};
	int i = ONE_OF(text, words, e);

	o->sort = i < 0 ? SORT_CALLS : (enum summary_sort)i;
	return i < 0 ? -1 : 0;
}

static int set_histogram(struct options *o, const char *text, struct error *e)
{
	static const char *const words[] = {"latency", "len", "align"}; /* as the bits of enum histogram_of */

	o->show |= SHOW_HISTOGRAM;
	return some_of(text, words, 3, &o->histograms, e);
}

static int set_weight(struct options *o, const char *text, struct error *e)
{
	static const char *const words[] = {[WEIGHT_TIME] = "time", [WEIGHT_CALLS] = "calls", [WEIGHT_BYTES] = "bytes"};
	int i = ONE_OF(text, words, e);

	o->weight = i < 0 ? WEIGHT_TIME : (enum folded_weight)i;
	return i < 0 ? -1 : 0;
}

static int set_columns(struct options *o, const char *text, struct error *e)
{
	size_t room = 1;
	void *more;

	if (!strcmp(text, "help")) {
		o->action = ACTION_COLUMNS;
		return 0;
	}
	for (const char *c = text; *c; c++)
		room += *c == ',';
	more = realloc(o->columns, (o->columns_count + room) * sizeof(*o->columns));
	if (!more) {
		errno = ENOMEM;
		return error_errno(e, "cannot read the command line");
	}
	o->columns = more;
	for (;; text++) {
		size_t size = strcspn(text, ",");
		const struct field *f = column_find(text, size);

		if (!f)
			return error_usage(e, "there is no column '%.*s'; falloctrace --columns help lists them",
					   size < 64 ? (int)size : 64, text);
		o->columns[o->columns_count++] = f;
		text += size;
		if (!*text)
			return 0;
	}
}

/* A whole number in min … max. */
static int set_number(const char *text, int64_t min, int64_t max, int64_t *number, struct error *e)
{
	long long n;
	char *end;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (*end || *text < '0' || *text > '9')
		return error_usage(e, "'%.64s' is not a number", text);
	if (errno || n < min || n > max)
		return error_usage(e, "'%.64s' is not in %" PRId64 " ... %" PRId64, text, min, max);
	*number = n;
	return 0;
}

static int set_output(struct options *o, const char *text, struct error *e)
{
	if (!*text)
		return error_usage(e, "the file name is empty");
	o->output = text;
	return 0;
}

/* A plain number is in seconds, as bcc's tools take it. */
static int set_seconds(int64_t *ns, const char *text, struct error *e)
{
	const char *why = units_parse_time(text, NS_PER_S, ns);

	if (why)
		return error_usage(e, "'%.64s' %s", text, why);
	return *ns == 0 ? error_usage(e, "'%.64s' is no time at all", text) : 0;
}

static int set_interval(struct options *o, const char *text, struct error *e)
{
	if (set_seconds(&o->interval, text, e))
		return -1;
	return o->interval < INTERVAL_MIN ? error_usage(e, "'%.64s' is less than 10ms", text) : 0;
}

static int set_path_depth(struct options *o, const char *text, struct error *e)
{
	int64_t n = 0;

	if (set_number(text, 1, PATH_DEPTH_MAX, &n, e))
		return -1;
	o->path_depth = (unsigned)n;
	return 0;
}

static int set_top(struct options *o, const char *text, struct error *e)
{
	int64_t n = 0;

	if (set_number(text, 1, INT32_MAX, &n, e))
		return -1;
	o->top = (uint64_t)n;
	return 0;
}

static int set_buffer_size(struct options *o, const char *text, struct error *e)
{
	const char *why;
	int64_t size;

	why = units_parse_size(text, &size);
	if (why)
		return error_usage(e, "'%.64s' %s", text, why);
	if (size < BUFFER_SIZE_MIN || size > BUFFER_SIZE_MAX)
		return error_usage(e, "'%.64s' is not in 8K ... 4G", text);
	o->buffer_size = (uint64_t)size;
	return 0;
}

/* --- which option it is --- */

static int apply_filter(struct filter *f, int id, const char *arg, struct error *e)
{
	switch (id) {
	case 'p':
		return filter_add_pids(f, arg, e);
	case 'n':
		return filter_add_comms(f, arg, e);
	case 'u':
		return filter_set_user(f, arg, e);
	case 'e':
		return filter_add_errnos(f, arg, e);
	case OPT_OP:
		return filter_add_ops(f, arg, e);
	case OPT_VIA:
		return filter_add_vias(f, arg, e);
	case 'm':
		return filter_set_min_latency(f, arg, e);
	case OPT_MIN_LEN:
		return filter_set_min_len(f, arg, e);
	case 'P':
		return filter_add_path(f, arg, e);
	case OPT_FS:
		return filter_add_fs(f, arg, e);
	case OPT_CGROUP:
		return filter_add_cgroup(f, arg, e);
	case OPT_WHERE:
		return filter_add_where(f, arg, e);
	default:
		return error_usage(e, "is in the table of options, and nothing handles it");
	}
}

int options_value(struct parse *p, int id, const char *arg, struct error *e)
{
	switch (id) {
	case OPT_FORMAT:
		p->format_set = true;
		return set_format(p->o, arg, e);
	case OPT_BY:
		p->by_set = true;
		return set_by(p->o, arg, e);
	case OPT_SORT:
		p->sort_set = true;
		return set_sort(p->o, arg, e);
	case OPT_TOP:
		p->top_set = true;
		return set_top(p->o, arg, e);
	case 'H':
		return set_histogram(p->o, arg, e);
	case 'i':
		return set_interval(p->o, arg, e);
	case OPT_WEIGHT:
		p->weight_set = true;
		return set_weight(p->o, arg, e);
	case OPT_COLUMNS:
		return set_columns(p->o, arg, e);
	case OPT_WIDTH:
		p->width_set = true;
		return set_number(arg, 0, WIDTH_MAX, &p->o->width, e);
	case 'o':
		return set_output(p->o, arg, e);
	case 'T':
		p->time_set = true;
		return set_time(p->o, arg, e);
	case OPT_COLOR:
		return set_color(p->o, arg, e);
	case 'd':
		return set_seconds(&p->o->duration, arg, e);
	case OPT_PATH_DEPTH:
		return set_path_depth(p->o, arg, e);
	case OPT_BUFFER_SIZE:
		return set_buffer_size(p->o, arg, e);
	default:
		return apply_filter(&p->o->filter, id, arg, e);
	}
}

int options_flag(struct parse *p, int id, struct error *e)
{
	switch (id) {
	case 'f':
		p->o->filter.follow = true;
		return 0;
	case 'x':
		p->o->filter.failed = true;
		return 0;
	case 'j':
		p->json_set = true;
		return 0;
	case OPT_HUMAN:
		p->o->human = true;
		return 0;
	case OPT_NESTED:
		p->o->nested = true;
		return 0;
	case 'a':
		p->o->all = true;
		return 0;
	case OPT_EXCLUDE:
		p->o->exclude = true;
		return 0;
	case OPT_CSV:
		p->csv_set = true;
		return 0;
	case 's':
		p->o->show |= SHOW_SUMMARY;
		return 0;
	case OPT_FINDINGS:
		p->o->show |= SHOW_FINDINGS;
		return 0;
	case OPT_DEEP:
		p->o->deep = true;
		return 0;
	case OPT_CHECK:
		p->o->check = true;
		return 0;
	case OPT_COMPRESS:
		p->o->compress = true;
		return 0;
	case OPT_RELATED:
		p->o->related = true;
		return 0;
	case 'q':
		p->o->quiet = true;
		return 0;
	default:
		return error_usage(e, "is in the table of options, and nothing handles it");
	}
}
