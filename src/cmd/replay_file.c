/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/replay_file.h"

static int no_memory(struct error *e)
{
	errno = ENOMEM;
	return error_errno(e, "cannot replay");
}

/* --- what is broken --- */

static void note_broken(struct replay_file *f, const struct error *why)
{
	if (!f->told)
		f->told = calloc(REPLAY_TOLD, sizeof(*f->told));
	if (f->told && f->broken < REPLAY_TOLD)
		f->told[f->broken] = *why;
	f->broken++;
}

static bool names_file(const struct replay_file *f, const char *what)
{
	size_t n = strlen(f->name);

	return !strncmp(what, f->name, n) && (what[n] == ':' || what[n] == ' ');
}

/* By way of an error, whose text is fit for a terminal. The file's name is said once, and first. */
static void tell(const struct replay_file *f, const char *what, FILE *err)
{
	const char *behind = strncmp(what, "CPU ", 4) ? NULL : strstr(what, ": ");
	struct error line;

	if (behind && names_file(f, behind + 2))
		what = behind + 2;
	if (names_file(f, what))
		error_set(&line, "%s", what);
	else
		error_set(&line, "%s: %s", f->name, what);
	fprintf(err, "falloctrace: %s\n", line.text);
}

uint64_t replay_file_report(const struct replay_file *f, FILE *err)
{
	uint64_t found = f->reader ? dat_reader_problems(f->reader) : 0, told = 0;
	const char *what;

	while (told < found && told < REPLAY_TOLD && (what = dat_reader_problem(f->reader, (size_t)told))) {
		tell(f, what, err);
		told++;
	}
	for (uint64_t i = 0; f->told && i < f->broken && told < REPLAY_TOLD; i++, told++)
		tell(f, f->told[i].text, err);
	if (found + f->broken > told && told)
		fprintf(err, "falloctrace: ... and %" PRIu64 " more\n", found + f->broken - told);
	return found + f->broken;
}

/* --- pages --- */

static struct watched_source *watched(const struct source *s)
{
	return (struct watched_source *)(uintptr_t)s;
}

static int watched_cpu(const struct source *s, int i)
{
	return watched(s)->inner->cpu_number(watched(s)->inner, i);
}

static int watched_buffer(const struct source *s, int i)
{
	return watched(s)->inner->buffer_number(watched(s)->inner, i);
}

static uint64_t watched_time(const struct source *s, int i, uint64_t ts)
{
	return watched(s)->inner->time(watched(s)->inner, i, ts);
}

static enum page_result watched_next(struct source *s, int i, struct page *page, struct error *e)
{
	struct watched_source *w = watched(s);

	w->watch(w->ctx);
	return w->inner->next(w->inner, i, page, e);
}

static struct source *watch_source(struct watched_source *w, struct source *inner, void (*watch)(void *ctx), void *ctx)
{
	w->inner = inner;
	w->watch = watch;
	w->ctx = ctx;
	w->source = (struct source){
		.cpus = inner->cpus,
		.passes_over = inner->passes_over,
		.cpu_number = watched_cpu,
		.next = watched_next,
		.buffer_number = inner->buffer_number ? watched_buffer : NULL,
		.time = inner->time ? watched_time : NULL,
	};
	return &w->source;
}

/* --- opening --- */

#define PARTIAL ".partial"

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A recording lives in a folder beside the file that it is to become: still running, or killed. */
static void explain_partial(const char *path, struct error *e)
{
	size_t size = strlen(path), suffix = strlen(PARTIAL);
	char partial[4096];

	while (size > 1 && path[size - 1] == '/')
		size--;
	if (size > suffix && !strncmp(path + size - suffix, PARTIAL, suffix) && is_folder(path)) {
		error_set(e, "%s is a recording that still runs, or was cut off: then, falloctrace recover %.*s", path,
			  (int)(size - suffix), path);
		return;
	}
	if (access(path, F_OK) == 0 || errno != ENOENT ||
	    snprintf(partial, sizeof(partial), "%s" PARTIAL, path) >= (int)sizeof(partial) || !is_folder(partial))
		return;
	error_set(e,
		  "there is no %s, but %s: a recording that still runs, or was cut off: then, falloctrace recover %s",
		  path, partial, path);
}

struct dat_input *replay_input_open(const char *path, struct error *e)
{
	struct dat_input *in = dat_input_open(path, e);

	if (!in && strcmp(path, "-"))
		explain_partial(path, e);
	return in;
}

/* A format that is broken costs the events of that format only. */
static int read_schema(struct replay_file *f, struct error *e)
{
	const char *problem = dat_reader_problem(f->reader, 0);
	char names[384];
	int ret = dat_reader_schema(f->reader, f->schema, e);

	if (schema_count(f->schema)) {
		if (ret < 0)
			note_broken(f, e);
		return 0;
	}
	if (ret < 0)
		return -1;
	dat_reader_event_names(f->reader, names, sizeof(names));
	if (!*names && problem)
		return names_file(f, problem) ? error_set(e, "%s", problem) : error_set(e, "%s: %s", f->name, problem);
	return error_set(e, "%s has no fallocate events; it has %s%s", f->name, *names ? "these: " : "no events at all",
			 names);
}

/* Notes that are broken are as good as they go; what they may have warned of is not believed. */
static void read_info(struct replay_file *f)
{
	struct error why;

	if (dat_reader_info(f->reader, &f->info, &why) == 0)
		return;
	note_broken(f, &why);
	if (!f->info.mounts || !mounts_count(f->info.mounts)) /* they come behind the warnings */
		f->info.distrust = UINT32_MAX;
	if (!f->info.fallocate_nr)
		f->info.fallocate_nr = UINT64_MAX;
}

int replay_file_open(struct replay_file *f, const char *path, struct dat_input *in, void (*watch)(void *ctx), void *ctx,
		     struct error *e)
{
	struct source *source;

	*f = (struct replay_file){.name = path, .wall = INT64_MIN};
	info_init(&f->info);
	f->reader = dat_reader_take(in, e);
	if (!f->reader)
		return -1;
	f->name = dat_reader_name(f->reader);
	f->schema = schema_new(dat_reader_format(f->reader));
	if (!f->schema)
		return no_memory(e);
	read_info(f);
	schema_set_machine(f->schema, f->info.machine);
	if (read_schema(f, e) < 0)
		return -1;
	source = dat_reader_source(f->reader);
	if (watch)
		source = watch_source(&f->source, source, watch, ctx);
	f->merge = merge_new(source, f->schema, dat_reader_format(f->reader));
	return f->merge ? 0 : no_memory(e);
}

void replay_file_close(struct replay_file *f)
{
	merge_free(f->merge);
	info_free(&f->info);
	schema_free(f->schema);
	dat_reader_close(f->reader);
	free(f->told);
}

/* --- events --- */

/* A loss has its place where it came, for its time is that of its end. */
static void place(struct replay_file *f)
{
	int64_t wall;

	if (f->event.kind == EVENT_LOST || !f->info.has_utc_offset)
		return;
	if (f->event.ts > INT64_MAX || __builtin_add_overflow((int64_t)f->event.ts, f->info.utc_offset, &wall))
		wall = INT64_MAX;
	if (wall > f->wall)
		f->wall = wall;
}

void replay_file_next(struct replay_file *f)
{
	enum merge_result result;
	struct error why;

	/* What is broken is skipped and told of at the end: the rest is worth having. */
	while ((result = merge_next(f->merge, UINT64_MAX, &f->event, &why)) == MERGE_FAILED)
		note_broken(f, &why);
	f->ended = result != MERGE_OK;
	if (!f->ended)
		place(f);
}
