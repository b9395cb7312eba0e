/* SPDX-License-Identifier: MIT */
/*
 * What is broken in a file, said once and lived with.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reader.h"

void add_problem_text(struct dat_reader *r, const char *fmt, ...)
{
	char text[sizeof(((struct error *)NULL)->text)];
	struct error e;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	error_set(&e, "%s", text);
	add_problem(r, &e);
}

void add_problem(struct dat_reader *r, const struct error *e)
{
	if (r->problems_count < PROBLEMS_KEPT)
		r->problems[r->problems_count] = *e;
	r->problems_count++;
}

uint64_t dat_reader_problems(const struct dat_reader *r)
{
	return r->problems_count;
}

const char *dat_reader_problem(const struct dat_reader *r, size_t i)
{
	return i < r->problems_count && i < PROBLEMS_KEPT ? r->problems[i].text : NULL;
}
