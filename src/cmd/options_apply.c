/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/options_apply.h"
#include "cmd/options_table.h"
#include "output/units.h"

#define BUFFER_SIZE_MIN (INT64_C(8) << 10) /* two sub-buffers: the kernel's own least */
#define BUFFER_SIZE_MAX (INT64_C(4) << 30)

/* --- one option's argument: 0, or -1 and *e without the option's name --- */

static int one_of(const char *text, const char *const *words, const char *list, struct error *e)
{
	int i;

	for (i = 0; words[i]; i++)
		if (!strcmp(text, words[i]))
			return i;
	return error_usage(e, "'%.64s' is none of %s", text, list);
}

static int set_format(struct options *o, const char *text, struct error *e)
{
	static const char *const words[] = {[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", NULL};
	int i = one_of(text, words, "text, json", e);

	o->format = i < 0 ? FORMAT_TEXT : (enum format)i;
	return i < 0 ? -1 : 0;
}

static int set_time(struct options *o, const char *text, struct error *e)
{
	static const char *const words[] = {
		[TIME_STYLE_LOCAL] = "local", [TIME_STYLE_UTC] = "utc", [TIME_STYLE_RELATIVE] = "relative",
		[TIME_STYLE_DELTA] = "delta", [TIME_STYLE_RAW] = "raw", NULL,
	};
	int i = one_of(text, words, "local, utc, relative, delta, raw", e);

	o->time = i < 0 ? TIME_STYLE_LOCAL : (enum time_style)i;
	return i < 0 ? -1 : 0;
}

static int set_color(struct options *o, const char *text, struct error *e)
{
	static const char *const words[] = {
		[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never", NULL};
	int i = one_of(text, words, "auto, always, never", e);

	o->color = i < 0 ? COLOR_AUTO : (enum color_when)i;
	return i < 0 ? -1 : 0;
}

static int set_by(struct options *o, const char *text, struct error *e)
{
	static const char *const words[] = {
		[SUMMARY_PROCESS] = "process", [SUMMARY_FILE] = "file",	  [SUMMARY_OP] = "op",	   [SUMMARY_FS] = "fs",
		[SUMMARY_VIA] = "via",	       [SUMMARY_ERRNO] = "errno", [SUMMARY_HOST] = "host", NULL,
	};
	int i = one_of(text, words, "process, file, op, fs, via, errno, host", e);

	o->by = i < 0 ? SUMMARY_PROCESS : (enum summary_by)i;
	return i < 0 ? -1 : 0;
}

static int set_output(struct options *o, const char *text, struct error *e)
{
	if (!*text)
		return error_usage(e, "the file name is empty");
	o->output = text;
	return 0;
}

/* A plain number is in seconds, as bcc's tools take it. */
static int set_duration(struct options *o, const char *text, struct error *e)
{
	const char *why = units_parse_time(text, NS_PER_S, &o->duration);

	if (why)
		return error_usage(e, "'%.64s' %s", text, why);
	return o->duration == 0 ? error_usage(e, "'%.64s' is no time at all", text) : 0;
}

static int set_path_depth(struct options *o, const char *text, struct error *e)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (*end || *text < '0' || *text > '9')
		return error_usage(e, "'%.64s' is not a number", text);
	if (errno || n < 1 || n > PATH_DEPTH_MAX)
		return error_usage(e, "'%.64s' is not in 1 ... %d", text, PATH_DEPTH_MAX);
	o->path_depth = (unsigned)n;
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
	case 'o':
		return set_output(p->o, arg, e);
	case 'T':
		p->time_set = true;
		return set_time(p->o, arg, e);
	case OPT_COLOR:
		return set_color(p->o, arg, e);
	case 'd':
		return set_duration(p->o, arg, e);
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
	case 's':
		p->o->summary = true;
		return 0;
	case OPT_CHECK:
		p->o->check = true;
		return 0;
	case OPT_COMPRESS:
		p->o->compress = true;
		return 0;
	case 'q':
		p->o->quiet = true;
		return 0;
	default:
		return error_usage(e, "is in the table of options, and nothing handles it");
	}
}
