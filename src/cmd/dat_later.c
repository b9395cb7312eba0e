/* SPDX-License-Identifier: MIT */
/*
 * Stands in for what the reader of trace.dat and the summary do not have yet;
 * goes away with it.
 */
#include "falloctrace/dat_reader.h"
#include "falloctrace/sink.h"

#define LATER __attribute__((weak))

LATER const char *dat_reader_name(const struct dat_reader *r)
{
	(void)r;
	return "the file";
}

LATER uint64_t dat_reader_problems(const struct dat_reader *r)
{
	(void)r;
	return 0;
}

LATER const char *dat_reader_problem(const struct dat_reader *r, size_t i)
{
	(void)r;
	(void)i;
	return NULL;
}

LATER bool dat_reader_event(const struct dat_reader *r, size_t n, char *buf, size_t size, int *id)
{
	(void)r;
	(void)n;
	(void)buf;
	(void)size;
	(void)id;
	return false;
}

LATER const struct dat_about *dat_reader_about(const struct dat_reader *r)
{
	static const struct dat_about none = {.compression = "none", .tool = "", .uname = "", .clock = ""};

	(void)r;
	return &none;
}

LATER struct sink *sink_summary_new(const struct sink_options *o)
{
	(void)o;
	return NULL;
}
