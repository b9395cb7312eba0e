/* SPDX-License-Identifier: MIT */
/*
 * What one option of the command line does to struct options.
 */
#ifndef FALLOCTRACE_CMD_OPTIONS_APPLY_H
#define FALLOCTRACE_CMD_OPTIONS_APPLY_H

#include "cmd/options.h"
#include "cmd/options_table.h"

/* What is known only while parsing. */
struct parse {
	struct options *o;
	bool format_set, json_set, csv_set, time_set, by_set, sort_set, top_set, width_set, weight_set;
	const struct option_desc *calls; /* the last one that is about calls: nothing for --check */
};

/* id is a struct option_desc's. 0, or -1 and *e, which doesn't name the option. */
int options_value(struct parse *p, int id, const char *arg, struct error *e);
int options_flag(struct parse *p, int id, struct error *e);

#endif
