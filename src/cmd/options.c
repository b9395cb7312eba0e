/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/options_apply.h"
#include "cmd/options_table.h"
#include "falloctrace/field.h"

static const struct option_desc *find_option(int id)
{
	const struct option_desc *d;

	for (d = option_table; d->name; d++)
		if (d->id == id)
			return d;
	return NULL;
}

/* "-p/--pid" or "--op" */
static const char *spelling(const struct option_desc *d, char *buf, size_t size)
{
	if (d->id < OPT_OP)
		snprintf(buf, size, "-%c/--%s", d->id, d->name);
	else
		snprintf(buf, size, "--%s", d->name);
	return buf;
}

static int wrong_command(const struct option_desc *d, const struct options *o, struct error *e)
{
	char name[40], commands[64] = "";
	size_t used = 0;
	int c;

	for (c = 0; c < CMD_COUNT; c++)
		if (d->commands & 1u << c)
			used += (size_t)snprintf(commands + used, sizeof(commands) - used, "%s%s", used ? ", " : "",
						 command_name((enum command)c));
	return error_usage(e, "%s is not an option of %s, but of %s", spelling(d, name, sizeof(name)),
			   command_name(o->command), commands);
}

/* What --check, which shows no calls, has no use for. */
static bool about_calls(const struct option_desc *d)
{
	static const int others[] = {'j', 'o', 'q', OPT_FORMAT, OPT_COLOR, OPT_CHECK};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (d->id == others[i])
			return false;
	return true;
}

static int apply(struct parse *p, const struct option_desc *d, const char *arg, struct error *e)
{
	char name[40];
	int ret;

	if (!(d->commands & 1u << p->o->command))
		return wrong_command(d, p->o, e);
	if (about_calls(d))
		p->calls = d;
	ret = d->arg ? options_value(p, d->id, arg, e) : options_flag(p, d->id, e);
	if (ret < 0 && e->status == STATUS_USAGE) {
		struct error inner = *e;

		return error_usage(e, "%s: %s", spelling(d, name, sizeof(name)), inner.text);
	}
	return ret;
}

/* --- getopt_long, fed from the table --- */

#define OPTIONS_MAX 60

struct getopt_tables {
	struct option longs[OPTIONS_MAX + 1];
	char shorts[2 * OPTIONS_MAX + 3];
};

static void fill_tables(struct getopt_tables *t)
{
	char *s = t->shorts;
	int i;

	memset(t, 0, sizeof(*t));
	/* operands in their place, so that those before "--" aren't taken for the command; missing arguments told apart */
	*s++ = '-';
	*s++ = ':';
	for (i = 0; i < OPTIONS_MAX && option_table[i].name; i++) {
		const struct option_desc *d = &option_table[i];

		t->longs[i] = (struct option){d->name, d->arg ? required_argument : no_argument, NULL, d->id};
		if (d->id >= OPT_OP)
			continue;
		*s++ = (char)d->id;
		if (d->arg)
			*s++ = ':';
	}
}

/* How many options' names begin with text (up to a '='). */
static int count_names(const char *text)
{
	const struct option_desc *d;
	int count = 0;

	for (d = option_table; d->name; d++)
		count += !strncmp(d->name, text, strcspn(text, "="));
	return count;
}

/* What getopt_long returned '?' for; word is the argument it was looking at. */
static int unknown_option(const char *word, int opt, struct error *e)
{
	const struct option_desc *d = opt ? find_option(opt) : NULL;
	char name[40];

	if (d && !d->arg && !strncmp(word, "--", 2))
		return error_usage(e, "%s takes no argument, but has '%.64s'", spelling(d, name, sizeof(name)), word);
	if (opt && strncmp(word, "--", 2))
		return error_usage(e, "there is no option -%c", opt);
	if (count_names(word + 2) > 1)
		return error_usage(e, "option %.64s is short for several", word);
	return error_usage(e, "there is no option %.64s", word);
}

static int operand(struct options *o, const char *word, struct error *e)
{
	if (o->command != CMD_REPLAY && o->command != CMD_RECOVER)
		return error_usage(e, "'%.64s' is too much%s", word,
				   o->command <= CMD_RECORD ? "; to run a command, put -- before it" :
							      ": this command takes no arguments");
	if (o->command == CMD_RECOVER && o->files_count)
		return error_usage(e, "'%.64s' is too much: one file at a time", word);
	if (!*word)
		return error_usage(e, "the file name is empty");
	if (o->command == CMD_RECOVER && !strcmp(word, "-"))
		return error_usage(e, "'-': standard input cannot be recovered, only a file");
	for (size_t i = 0; i < o->files_count; i++)
		if (!strcmp(word, "-") && !strcmp(o->files[i], "-"))
			return error_usage(e, "'-' is given twice, and standard input can be read only once");
	o->files[o->files_count++] = word;
	return 0;
}

static int parse_words(struct parse *p, int argc, char **argv, struct error *e)
{
	const struct option_desc *d;
	struct getopt_tables t;
	char name[40];
	int c, at;

	fill_tables(&t);
	opterr = 0;
	for (optind = 0, at = 1; (c = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1; at = optind) {
		if (c == 'h' || c == 'V') {
			p->o->action = c == 'h' ? ACTION_HELP : ACTION_VERSION;
			return 0;
		}
		d = c == ':' ? find_option(optopt) : find_option(c);
		if (c == 1 ? operand(p->o, optarg, e) < 0 : c == '?' ? unknown_option(argv[at], optopt, e) < 0 : 0)
			return -1;
		if (c == 1)
			continue;
		if (!d)
			return error_usage(e, "%.64s needs an argument", argv[at]);
		if (c == ':')
			return error_usage(e, "%s needs an argument (%s)", spelling(d, name, sizeof(name)), d->arg);
		if (apply(p, d, optarg, e) < 0)
			return -1;
	}
	return optind;
}

/* What stands behind "--", which getopt_long has passed over. */
static int rest(struct options *o, int argc, char **argv, int at, struct error *e)
{
	bool dashes = at > 1 && !strcmp(argv[at - 1], "--");

	if (o->command <= CMD_RECORD) {
		if (dashes && at == argc)
			return error_usage(e, "-- needs a command behind it");
		o->argv = at < argc ? argv + at : NULL;
		return 0;
	}
	for (; at < argc; at++)
		if (operand(o, argv[at], e) < 0)
			return -1;
	return 0;
}

/* -j, --csv and --format name one thing. */
static int check_format(const struct parse *p, struct error *e)
{
	struct options *o = p->o;
	enum format of = p->json_set ? FORMAT_JSON : FORMAT_CSV;

	if (p->json_set && p->csv_set)
		return error_usage(e, "-j/--json and --csv exclude each other");
	if (!p->json_set && !p->csv_set)
		return 0;
	if (p->format_set && o->format != of)
		return error_usage(e, "%s and --format %s exclude each other", p->json_set ? "-j/--json" : "--csv",
				   sink_formats[o->format].name);
	o->format = of;
	return 0;
}

/* What is to be shown, and whether that can be had in this format. */
static int check_show(struct options *o, struct error *e)
{
	const struct sink_format *f = &sink_formats[o->format];
	unsigned not = o->show & ~f->shows;

	if (not )
		return error_usage(e, "%s cannot be had as %s",
				   not &SHOW_SUMMARY   ? "-s/--summary" :
				   not &SHOW_HISTOGRAM ? "-H/--histogram" :
							 "--findings",
				   f->name);
	if (!o->show)
		o->show = f->usually;
	if (o->format == FORMAT_CSV && o->show & (o->show - 1))
		return error_usage(e, "as csv only one table can be had");
	if (o->interval && o->command != CMD_TOP &&
	    !(f->intervals && o->show & (SHOW_SUMMARY | SHOW_HISTOGRAM | SHOW_REPORT)))
		return error_usage(e, "-i/--interval needs -s/--summary, -H/--histogram or --format openmetrics");
	return 0;
}

static int check_columns(const struct options *o, struct error *e)
{
	if (!(o->show & SHOW_CALLS) || (o->format != FORMAT_TEXT && o->format != FORMAT_CSV))
		return error_usage(e, "--columns is for calls as text or csv");
	for (size_t i = 0; i < o->columns_count && o->format == FORMAT_CSV; i++)
		if (!o->columns[i]->get)
			return error_usage(e, "--columns: '%s' is for text; csv has what it is put together of",
					   o->columns[i]->name);
	return 0;
}

/* Options that are for some of what can be shown. */
static int check_uses(const struct parse *p, struct error *e)
{
	const struct options *o = p->o;
	bool top = o->command == CMD_TOP, text = o->format == FORMAT_TEXT || top;
	bool rows = top || o->show & (SHOW_SUMMARY | SHOW_HISTOGRAM);

	if (p->by_set && !rows)
		return error_usage(e, "--by needs -s/--summary or -H/--histogram");
	if (p->sort_set && !top && !(o->show & SHOW_SUMMARY))
		return error_usage(e, "--sort needs -s/--summary");
	if (p->top_set && !rows && !(o->show & SHOW_FINDINGS))
		return error_usage(e, "--top needs -s/--summary, -H/--histogram or --findings; for the live table: "
				      "falloctrace top");
	if (p->weight_set && o->format != FORMAT_FOLDED)
		return error_usage(e, "--weight needs --format folded");
	if (o->human && !text)
		return error_usage(e, "--human is for text, not for %s", sink_formats[o->format].name);
	if (p->width_set && !(text && o->show & SHOW_CALLS))
		return error_usage(e, "--width is for calls as text");
	if (p->time_set && !text)
		return error_usage(e, "-T/--time is for text: %s has times of its own", sink_formats[o->format].name);
	return o->columns ? check_columns(o, e) : 0;
}

static int check(const struct parse *p, struct error *e)
{
	struct options *o = p->o;
	char name[40];

	if (o->check && p->calls)
		return error_usage(e, "%s and --check exclude each other: no call is shown",
				   spelling(p->calls, name, sizeof(name)));
	if (o->check && p->format_set && o->format > FORMAT_JSON)
		return error_usage(e, "--check writes text or json, not %s", sink_formats[o->format].name);
	if (check_format(p, e) || check_show(o, e) || check_uses(p, e))
		return -1;
	if (o->exclude && !o->filter.pids_count && (!o->argv || o->all))
		return error_usage(e, "--exclude-others needs -p/--pid, or -- COMMAND without -a/--all");
	if (o->exclude && o->filter.cgroups_count)
		return error_usage(e,
				   "--cgroup and --exclude-others don't go together: it is others who move processes "
				   "between cgroups");
	if (o->filter.follow && !o->filter.pids_count)
		return error_usage(e, "-f/--follow needs -p/--pid");
	if (o->all && !o->argv)
		return error_usage(e, "-a/--all needs -- COMMAND: without one, everyone's calls are shown anyway");
	if (o->argv && o->filter.pids_count && !o->all)
		return error_usage(e, "-p/--pid and -- COMMAND exclude each other (unless -a/--all is given)");
	if ((o->command == CMD_RECORD || o->command == CMD_RECOVER) && o->output && !strcmp(o->output, "-"))
		return error_usage(e, "-o/--output: a recording cannot go to standard output");
	return 0;
}

static int find_command(struct options *o, const char *word, struct error *e)
{
	int c;

	for (c = 0; c < CMD_COUNT; c++)
		if (!strcmp(word, command_name((enum command)c))) {
			o->command = (enum command)c;
			o->command_named = true;
			return 0;
		}
	return error_usage(e, "there is no command '%.64s'; to trace a program: falloctrace -- %.64s", word, word);
}

int options_parse(struct options *o, int argc, char **argv, struct error *e)
{
	struct parse p = {.o = o};
	char **words = argv;
	int at;

	memset(o, 0, sizeof(*o));
	filter_init(&o->filter);
	o->by = SUMMARY_DEFAULT;
	o->width = -1;
	o->words = words;
	o->words_count = (size_t)argc;
	/* room for all words, and for the default */
	o->files = calloc((size_t)argc + 1, sizeof(*o->files));
	if (!o->files) {
		errno = ENOMEM;
		return error_errno(e, "cannot read the command line");
	}
	if (argc > 1 && *argv[1] != '-') {
		if (find_command(o, argv[1], e) < 0)
			return -1;
		argc--;
		argv++;
	}
	at = parse_words(&p, argc, argv, e);
	if (at < 0)
		return -1;
	if (o->action != ACTION_RUN)
		return 0;
	if (rest(o, argc, argv, at, e) < 0 || check(&p, e) < 0)
		return -1;
	if (o->argv)
		o->words_count = (size_t)(o->argv - words);
	if (!o->files_count)
		o->files[o->files_count++] = RECORD_FILE_DEFAULT;
	if (!o->output && o->command == CMD_RECORD)
		o->output = RECORD_FILE_DEFAULT;
	/* Who asks for paths wants them whole. */
	if (!o->path_depth)
		o->path_depth = o->filter.paths_count ? PATH_DEPTH_MAX : PATH_DEPTH_DEFAULT;
	return 0;
}

void options_free(struct options *o)
{
	filter_free(&o->filter);
	free(o->columns);
	o->columns = NULL;
	free(o->files);
	o->files = NULL;
	o->files_count = 0;
}
