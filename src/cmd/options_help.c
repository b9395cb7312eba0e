/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cmd/options_table.h"
#include "falloctrace/field.h"

#define OPTION_WIDTH 26 /* columns before an option's help */

const char *command_name(enum command c)
{
	return (unsigned)c < CMD_COUNT ? command_table[c].name : NULL;
}

static void print_option(FILE *out, const struct option_desc *d)
{
	const char *line = d->help, *end;
	int used = 0;

	if (d->id < OPT_OP)
		used += fprintf(out, "  -%c, ", d->id);
	else
		used += fprintf(out, "      ");
	used += fprintf(out, "--%s%s%s", d->name, d->arg ? " " : "", d->arg ? d->arg : "");
	if (used > OPTION_WIDTH - 2) {
		fprintf(out, "\n");
		used = 0;
	}
	for (; line; line = end ? end + 1 : NULL, used = 0) {
		end = strchr(line, '\n');
		fprintf(out, "%*s%.*s\n", OPTION_WIDTH - used, "", end ? (int)(end - line) : (int)strlen(line), line);
	}
}

static void print_options(FILE *out, unsigned commands)
{
	const struct option_desc *d;
	const char *group = NULL;

	for (d = option_table; d->name; d++) {
		if (!(d->commands & commands))
			continue;
		if (d->group != group)
			fprintf(out, "\n%s:\n", d->group);
		group = d->group;
		print_option(out, d);
	}
}

static void print_overview(FILE *out)
{
	int c;

	fprintf(out, "falloctrace: shows every fallocate of a Linux machine\n\n"
		     "Usage: falloctrace [COMMAND] [OPTION...]\n\nCommands:\n");
	for (c = 0; c < CMD_COUNT; c++)
		fprintf(out, "  %-10s%s\n", command_table[c].name, command_table[c].help);
	fprintf(out, "\nOptions of trace (of the others: falloctrace COMMAND --help):\n");
	print_options(out, 1u << CMD_TRACE);
}

static void print_exit(FILE *out)
{
	fprintf(out, "\nExit status: 0 fine, 1 something failed, 2 wrong usage, 77 this kernel or this\n"
		     "user can't; with -- COMMAND its own. See falloctrace(8).\n");
}

void options_help(FILE *out, enum command c, bool named)
{
	const struct command_desc *d = &command_table[c];

	if (named) {
		fprintf(out, "falloctrace %s: %s\n\nUsage: falloctrace %s%s%s\n", d->name, d->help, d->name,
			*d->synopsis ? " " : "", d->synopsis);
		if (d->details)
			fprintf(out, "\n%s\n", d->details);
		print_options(out, 1u << c);
	} else {
		print_overview(out);
	}
	print_exit(out);
}

void options_columns(FILE *out)
{
	for (size_t i = 0; i < fields_count; i++)
		fprintf(out, "%-14s %s\n", fields[i].name, fields[i].help);
	fprintf(out, "\nText only:\n");
	for (size_t i = 0; i < composites_count; i++)
		fprintf(out, "%-14s %s\n", composites[i].name, composites[i].help);
}
