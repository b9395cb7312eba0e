/* SPDX-License-Identifier: MIT */
/*
 * Recordings, shown. Several are merged by wall clock: each has its own reader,
 * merge and assembler, and one view has the calls of all.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/check.h"
#include "cmd/cmd.h"
#include "cmd/confine.h"
#include "cmd/output.h"
#include "cmd/replay_file.h"

#define FILES_MAX 256
#define FILE_DESCRIPTORS 2 /* a file's: itself, and what its sections decompress to */
#define OTHER_DESCRIPTORS 16
#define READER_MEMORY (16 << 20) /* bytes that a reader's chunks may take */
#define MEMORY_MAX (1 << 30)	 /* … of all */

struct replay {
	const struct options *o;
	struct dat_input **inputs; /* of the options' files; NULL: can't be opened, or is a file's */
	struct replay_file *files;
	size_t count; /* that could be opened */
	bool failed;  /* something was wrong with a file, and was told of */
	struct progress progress;
	unsigned pages; /* watched */
	bool interrupted;
	bool blocked;	  /* SIGINT and SIGTERM; */
	sigset_t signals; /* … the mask before */
	char name[64];	  /* of all, for the progress */
	struct output *out;
	struct view *view;
};

/* --- before: what the command line asks for --- */

static int check_number(const struct options *o, struct error *e)
{
	struct rlimit limit;

	if (o->files_count > FILES_MAX)
		return error_set(e, "%zu files are too many for one replay, which takes %d: replay them in parts",
				 o->files_count, FILES_MAX);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur < FILE_DESCRIPTORS * o->files_count + OTHER_DESCRIPTORS)
		return error_set(e, "%zu files are too many where a process may open %ju: raise ulimit -n",
				 o->files_count, (uintmax_t)limit.rlim_cur);
	return 0;
}

/* A file that was named twice would have each of its calls twice. */
static int check_twice(const struct options *o, struct error *e)
{
	struct stat *stats = calloc(o->files_count, sizeof(*stats));
	int ret = 0;

	if (!stats)
		return error_set(e, "out of memory");
	for (size_t i = 0; i < o->files_count && !ret; i++) {
		const char *path = o->files[i];

		if (strcmp(path, "-") ? stat(path, &stats[i]) : fstat(STDIN_FILENO, &stats[i]))
			memset(&stats[i], 0, sizeof(stats[i]));
		for (size_t k = 0; k < i && !ret; k++)
			if (S_ISREG(stats[i].st_mode) && stats[i].st_ino == stats[k].st_ino &&
			    stats[i].st_dev == stats[k].st_dev)
				ret = strcmp(path, o->files[k]) ?
					      error_usage(e, "%s and %s are the same file", o->files[k], path) :
					      error_usage(e, "%s is given twice", path);
	}
	free(stats);
	return ret;
}

/* --- opening --- */

static uint64_t position(const struct replay *r)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < r->count; i++)
		sum += dat_reader_position(r->files[i].reader);
	return sum;
}

#define PAGES_BETWEEN_LOOKS 64

static void end_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

/* From here on: while a file is opened, which may wait for a pipe, a signal does what it always does. */
static int block_signals(struct replay *r, struct error *e)
{
	sigset_t set;

	end_signals(&set);
	if (sigprocmask(SIG_BLOCK, &set, &r->signals))
		return error_errno(e, "can't block signals");
	r->blocked = true;
	return 0;
}

static bool asked_to_end(void)
{
	const struct timespec at_once = {0};
	sigset_t set;

	end_signals(&set);
	return sigtimedwait(&set, NULL, &at_once) > 0;
}

/* Called at each page. */
static void watch(void *ctx)
{
	struct replay *r = ctx;

	if (++r->pages % PAGES_BETWEEN_LOOKS == 0 && asked_to_end())
		r->interrupted = true;
	if (progress_due(&r->progress))
		progress_show(&r->progress, position(r));
}

static int check_memory(const struct replay *r, struct error *e)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < r->count; i++) {
		uint64_t size = dat_reader_size(r->files[i].reader);

		sum += size < READER_MEMORY ? size : READER_MEMORY;
	}
	if (sum <= MEMORY_MAX)
		return 0;
	return error_set(e, "%zu files as large as these could take more than 1 GiB of memory: replay them in parts",
			 r->count);
}

/* What has no wall time has no place among others. */
static int check_wall_time(const struct replay_file *f, struct error *e)
{
	if (f->info.ticks)
		return error_set(
			e,
			"%s has no wall time, for its clock \"%s\" does not count ns, and cannot be merged with "
			"others: replay it alone",
			f->name, f->info.clock);
	if (!f->info.has_utc_offset)
		return error_set(
			e,
			"%s does not tell wall time, and cannot be merged with others: replay it alone, or record "
			"with falloctrace record or trace-cmd record --date",
			f->name);
	return 0;
}

/* Bytes of name's whole characters, at most so many. What is no UTF-8 may be cut anywhere. */
static int whole(const char *name, size_t most)
{
	size_t size = strlen(name), least = most < 3 ? 0 : most - 3;

	if (size <= most)
		return (int)size;
	for (size = most; size > least && (name[size] & 0xc0) == 0x80;)
		size--;
	return (int)size;
}

/* Who a file is of, where it does not say: by its own name, and its number where another has that, too. */
static void label(const struct replay *r, struct replay_file *f)
{
	const char *slash = strrchr(f->name, '/'), *name = slash && slash[1] ? slash + 1 : f->name;
	char *host = f->info.host;

	if (*host || !sink_formats[r->o->format].labels)
		return;
	snprintf(host, sizeof(f->info.host), "%.*s", whole(name, sizeof(f->info.host) - 1), name);
	for (const struct replay_file *other = r->files; other < f; other++)
		if (!strcmp(other->info.host, host)) {
			snprintf(host, sizeof(f->info.host), "%.*s#%u", whole(name, 50), name, f->info.number);
			break;
		}
}

static int open_file(struct replay *r, size_t i, struct error *e)
{
	struct dat_input *in = r->inputs[i];
	struct replay_file *f = &r->files[r->count];
	bool several = r->o->files_count > 1;

	r->inputs[i] = NULL;
	if (replay_file_open(f, r->o->files[i], in, watch, r, e) == 0 && !(several && check_wall_time(f, e))) {
		f->info.number = (unsigned)++r->count;
		if (several)
			label(r, f);
		return 0;
	}
	return -1;
}

/* One that can't be replayed does not keep the others from it. */
static void note_failure(struct replay *r, const struct error *e)
{
	if (r->o->files_count > 1)
		fprintf(stderr, "falloctrace: %s\n", e->text);
	r->failed = true;
}

static int none(const struct replay *r, struct error *e)
{
	return r->o->files_count > 1 ? error_set(e, "none of the %zu files can be replayed", r->o->files_count) : -1;
}

/* Nothing is looked into yet. */
static int open_inputs(struct replay *r, struct error *e)
{
	size_t count = 0;

	for (size_t i = 0; i < r->o->files_count; i++) {
		r->inputs[i] = replay_input_open(r->o->files[i], e);
		if (r->inputs[i])
			count++;
		else
			note_failure(r, e);
	}
	return count ? 0 : none(r, e);
}

static int open_files(struct replay *r, struct error *e)
{
	for (size_t i = 0; i < r->o->files_count; i++) {
		struct replay_file *f = &r->files[r->count];

		if (!r->inputs[i] || open_file(r, i, e) == 0)
			continue;
		note_failure(r, e);
		replay_file_close(f);
	}
	return r->count ? 0 : none(r, e);
}

/* Where rows run over the terminal, or to someone who shows them there, they are what tells how far it is. */
static void start_progress(struct replay *r)
{
	struct stat st;
	bool rows = r->o->show & SHOW_CALLS && (fstat(fileno(output_file(r->out)), &st) || !S_ISREG(st.st_mode));
	uint64_t total = 0;

	for (size_t i = 0; i < r->count; i++)
		total += dat_reader_size(r->files[i].reader);
	snprintf(r->name, sizeof(r->name), "%zu files", r->count);
	progress_start(&r->progress, stderr, !r->o->quiet && !rows, r->count > 1 ? r->name : r->files[0].name, total);
}

static int prepare(struct replay *r, struct error *e)
{
	const struct options *o = r->o;

	if (check_number(o, e) || check_twice(o, e))
		return -1;
	r->files = calloc(o->files_count, sizeof(*r->files));
	r->inputs = calloc(o->files_count, sizeof(*r->inputs));
	if (!r->files || !r->inputs)
		return error_set(e, "out of memory");
	if (open_inputs(r, e))
		return -1;
	r->out = output_open(o, e);
	if (!r->out || output_apart(r->out, e) || confine_reader(o, r->out, e) || open_files(r, e) ||
	    check_memory(r, e) || output_begin(r->out, e))
		return -1;
	r->view = view_new(o, o->files_count > 1, output_file(r->out), e);
	if (!r->view)
		return -1;
	view_publish_to(r->view, r->out);
	for (size_t i = 0; i < r->count; i++) {
		r->files[i].view = view_add(r->view, &r->files[i].info, e);
		if (!r->files[i].view)
			return -1;
	}
	start_progress(r);
	return block_signals(r, e);
}

/* --- showing --- */

/* What was lost, and no page tells of, and what was open. */
static enum view_result end_file(struct replay_file *f, struct error *e)
{
	enum view_result shown = VIEW_OK;

	for (size_t i = 0; i < f->info.losses_count && shown == VIEW_OK; i++) {
		struct event ev = {.kind = EVENT_LOST,
				   .ts = UINT64_MAX,
				   .cpu = f->info.losses[i].cpu,
				   .lost = f->info.losses[i].count};

		shown = view_event(f->view, &ev, e);
	}
	return shown == VIEW_OK ? view_trace_end(f->view, e) : shown;
}

/* The file whose next event is the earliest, and up to when it is (the others' earliest). NULL: all have ended. */
static struct replay_file *earliest(struct replay *r, int64_t *until)
{
	struct replay_file *first = NULL;

	*until = INT64_MAX;
	for (size_t i = 0; i < r->count; i++) {
		struct replay_file *f = &r->files[i];

		if (f->ended)
			continue;
		if (first && first->wall <= f->wall) {
			*until = f->wall < *until ? f->wall : *until;
			continue;
		}
		*until = first && first->wall < *until ? first->wall : *until;
		first = f;
	}
	return first;
}

static enum view_result show(struct replay *r, struct error *e)
{
	enum view_result shown = VIEW_OK;
	struct replay_file *f;
	int64_t until;

	for (size_t i = 0; i < r->count && shown == VIEW_OK; i++) {
		replay_file_next(&r->files[i]);
		if (r->files[i].ended)
			shown = end_file(&r->files[i], e);
	}
	while (shown == VIEW_OK && !r->interrupted && (f = earliest(r, &until))) {
		do {
			shown = view_event(f->view, &f->event, e);
			if (shown == VIEW_OK)
				replay_file_next(f);
		} while (shown == VIEW_OK && !r->interrupted && !f->ended && f->wall <= until);
		if (shown == VIEW_OK && f->ended)
			shown = end_file(f, e);
	}
	if (shown != VIEW_OK)
		return shown;
	progress_end(&r->progress); /* before a summary */
	return view_end(r->view, e);
}

/* --- after --- */

/* How much of all files, as they lie there. */
static double done(const struct replay *r)
{
	return r->progress.total ? (double)position(r) / (double)r->progress.total : 1;
}

static void report(struct replay *r)
{
	struct view_counts c;

	view_counts(r->view, &c);
	view_report(r->view, stderr);
	if (r->interrupted && !r->o->quiet)
		fprintf(stderr, "falloctrace: interrupted; up to there %.0f%% had been replayed\n", 100 * done(r));
	if (c.calls || r->o->quiet || r->failed || r->interrupted)
		return;
	if (r->count > 1)
		fprintf(stderr, "falloctrace: there is no fallocate call in these %zu files\n", r->count);
	else
		error_tell(stderr, "there is no fallocate call in %s", r->files[0].name);
}

static void report_problems(struct replay *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (replay_file_report(&r->files[i], stderr))
			r->failed = true;
}

static void release(struct replay *r)
{
	view_free(r->view);
	for (size_t i = 0; i < r->count; i++)
		replay_file_close(&r->files[i]);
	for (size_t i = 0; r->inputs && i < r->o->files_count; i++)
		dat_input_close(r->inputs[i]);
	free(r->files);
	free(r->inputs);
	/* What they asked for is done: it has ended. */
	while (r->blocked && asked_to_end())
		;
	if (r->blocked)
		sigprocmask(SIG_SETMASK, &r->signals, NULL);
}

int cmd_replay(const struct options *o, struct error *e)
{
	struct replay r = {.o = o};
	struct error late;
	int ret;

	if (o->check)
		return check_files(o, e);
	ret = prepare(&r, e);
	if (ret == 0)
		ret = show(&r, e); /* 1: nobody reads the output any more */
	progress_end(&r.progress);
	if (ret == 0) {
		report_problems(&r);
		report(&r);
	}
	if (output_close(r.out, &late) < 0 && ret >= 0) {
		*e = late;
		ret = -1;
	}
	release(&r);
	if (ret < 0)
		return -1;
	return r.failed ? STATUS_ERROR : STATUS_OK;
}
