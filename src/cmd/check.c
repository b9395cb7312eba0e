/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/check.h"

#include "cmd/confine.h"
#include "cmd/descriptors.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "cmd/replay_file.h"

/* What is known only while a file is walked. */
struct walk {
	struct check *c;
	struct schema *schema;
	struct page_walk *pages;
	struct source *source;
	uint64_t counts[CHECK_IDS]; /* records by their type */
	bool learnt[CHECK_IDS];	    /* what a type tells */
	struct progress progress;
};

static void problem(struct check *c, const char *what)
{
	if (c->problems < CHECK_TOLD)
		error_set(&c->told[c->problems], "%s", what);
	c->problems++;
}

static void add_loss(struct check *c, uint64_t lost)
{
	if (lost == LOST_UNKNOWN)
		c->gaps++;
	else if (__builtin_add_overflow(c->lost, lost, &c->lost))
		c->lost = UINT64_MAX; /* a file may claim anything */
}

/* --- records --- */

/* What the first call of a type tells is what all of them do. Whether it was learnt. */
static bool learn(struct walk *w, int id, const struct record *r)
{
	struct check *c = w->c;
	struct event ev = {0};
	struct error ignored;

	if (!schema_knows_id(w->schema, id))
		return true;
	if (schema_decode(w->schema, r->data, r->size, r->ts, 0, &ev, &ignored) < 0 || ev.kind == EVENT_NONE)
		return false; /* some other system call */
	if (event_of_tasks(ev.kind) || ev.kind == EVENT_CONVERT || ev.kind == EVENT_TRUNC_ENTER ||
	    ev.kind == EVENT_TRUNC_EXIT)
		return true;
	c->has |= ev.has;
	c->names = c->names || ev.names_count;
	return true;
}

static void take_record(struct walk *w, int stream, const struct record *r)
{
	struct check *c = w->c;
	uint64_t ts = r->ts;
	int id = schema_record_id(w->schema, r->data, r->size);

	c->count++;
	if (id >= 0)
		w->counts[id]++;
	if (id >= 0 && !w->learnt[id])
		w->learnt[id] = learn(w, id, r);
	if (w->source->time)
		ts = w->source->time(w->source, stream, ts);
	if (!c->has_time || ts < c->first)
		c->first = ts;
	if (!c->has_time || ts > c->last)
		c->last = ts;
	c->has_time = true;
}

static void broken_page(struct walk *w, int stream, const struct page *page, struct error *e)
{
	error_set(e, "CPU %d: %s", w->source->cpu_number(w->source, stream), e->text);
	if (page->at)
		error_set(e, "%s (the page at byte %" PRIu64 ")", e->text, page->at);
	problem(w->c, e->text);
	add_loss(w->c, LOST_UNKNOWN); /* as a replay tells it */
}

/* told: see page_gap_told. */
static void take_page(struct walk *w, int stream, const struct page *page, bool *told)
{
	int number = w->source->buffer_number ? w->source->buffer_number(w->source, stream) : 0;
	uint64_t lost, before = w->c->count;
	struct record r;
	struct error e;
	bool empty;
	int ret;

	w->c->pages++;
	ret = page_walk_start(w->pages, page->data, page->size, &lost, &e);
	empty = page_walk_empty(w->pages);
	while (ret >= 0 && (ret = page_walk_next(w->pages, &r, &e)) > 0)
		take_record(w, stream, &r);
	if (ret < 0)
		broken_page(w, stream, page, &e);
	lost = page_gap_told(page, lost, empty, told);
	if (lost)
		add_loss(w->c, lost);
	if (number >= 0 && (size_t)number < w->c->about->buffers_count) {
		w->c->buffers[number].pages++;
		w->c->buffers[number].events += w->c->count - before;
	}
}

static void walk_stream(struct walk *w, int stream)
{
	bool told = false;
	struct error e;

	for (;;) {
		struct page page = {0};

		switch (w->source->next(w->source, stream, &page, &e)) {
		case PAGE_OK:
			take_page(w, stream, &page, &told);
			if (progress_due(&w->progress))
				progress_show(&w->progress, dat_reader_position(w->c->reader));
			break;
		case PAGE_FAILED:
			problem(w->c, e.text);
			break; /* a file's source passes over what failed */
		case PAGE_NONE:
		case PAGE_END:
			if (page.lost)
				add_loss(w->c, page.lost);
			return;
		}
	}
}

/* --- events --- */

static unsigned kind_of(const char *name)
{
	static const char *const filesystems[] = {"ext4:", "xfs:", "f2fs:", "nfs4:"};

	if (!strncmp(name, "falloctrace", strlen("falloctrace")))
		return CHECK_OURS;
	if (!strncmp(name, "syscalls:", strlen("syscalls:")) ||
	    !strncmp(name, "raw_syscalls:", strlen("raw_syscalls:")))
		return CHECK_SYSCALLS;
	for (size_t i = 0; i < sizeof(filesystems) / sizeof(*filesystems); i++)
		if (!strncmp(name, filesystems[i], strlen(filesystems[i])))
			return CHECK_FILESYSTEM;
	return CHECK_OTHER;
}

static int by_use(const void *a, const void *b)
{
	const struct check_event *x = a, *y = b;

	if (x->fallocate != y->fallocate)
		return x->fallocate ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->id - y->id;
}

static struct check_event *add_event(struct check *c, struct error *e)
{
	struct check_event *more;

	/* a power of two, or none, is full */
	if ((c->events_count & (c->events_count - 1)) == 0) {
		more = reallocarray(c->events, c->events_count ? 2 * c->events_count : 1, sizeof(*more));
		if (!more) {
			error_set(e, "out of memory");
			return NULL;
		}
		c->events = more;
	}
	more = &c->events[c->events_count++];
	memset(more, 0, sizeof(*more));
	return more;
}

/* Formats that occur, or could have told of a fallocate. */
static int list_events(struct walk *w, struct error *e)
{
	struct check *c = w->c;
	struct check_event found = {0}, *ev;

	for (size_t n = 0; dat_reader_event(c->reader, n, found.name, sizeof(found.name), &found.id); n++) {
		bool real = found.id >= 0 && found.id < CHECK_IDS;

		found.fallocate = real && strcmp(found.name, "task:task_newtask") &&
				  schema_knows_id(w->schema, found.id);
		found.count = real ? w->counts[found.id] : 0;
		if (!found.fallocate && !found.count)
			continue;
		if (found.fallocate)
			c->kinds |= kind_of(found.name);
		ev = add_event(c, e);
		if (!ev)
			return -1;
		*ev = found;
		w->counts[found.id] = 0;
	}
	/* what is left has no format */
	for (int id = 0; id < CHECK_IDS; id++) {
		if (!w->counts[id])
			continue;
		ev = add_event(c, e);
		if (!ev)
			return -1;
		ev->id = id;
		ev->count = w->counts[id];
	}
	if (c->events_count)
		qsort(c->events, c->events_count, sizeof(*c->events), by_use);
	return 0;
}

/* --- a file --- */

/* What the reader found, before what turned up among the pages. */
static void take_problems(struct check *c)
{
	uint64_t found = dat_reader_problems(c->reader);
	const char *what;

	for (size_t i = 0; i < found; i++) {
		what = dat_reader_problem(c->reader, i);
		if (!what) {
			c->problems += found - i;
			break;
		}
		problem(c, what);
	}
}

static int walk_file(struct walk *w, struct error *e)
{
	struct check *c = w->c;
	struct error why;

	w->schema = schema_new(dat_reader_format(c->reader));
	w->pages = page_walk_new(dat_reader_format(c->reader));
	c->buffers = calloc(c->about->buffers_count + 1, sizeof(*c->buffers));
	if (!w->schema || !w->pages || !c->buffers)
		return error_set(e, "out of memory");
	w->source = dat_reader_source(c->reader);
	schema_set_machine(w->schema, c->info.machine);
	if (dat_reader_schema(c->reader, w->schema, &why) < 0)
		problem(c, why.text);
	for (int i = 0; i < w->source->cpus; i++)
		walk_stream(w, i);
	for (size_t i = 0; i < c->info.losses_count; i++)
		add_loss(c, c->info.losses[i].count);
	return list_events(w, e);
}

int check_file(struct check *c, const char *path, struct dat_input *in, bool progress, struct error *e)
{
	struct walk *w = calloc(1, sizeof(*w));
	struct error why;
	int ret;

	memset(c, 0, sizeof(*c));
	info_init(&c->info);
	if (!w)
		dat_input_close(in);
	c->reader = w ? dat_reader_take(in, e) : NULL;
	if (!c->reader) {
		free(w);
		return w ? -1 : error_set(e, "out of memory");
	}
	w->c = c;
	c->about = dat_reader_about(c->reader);
	if (dat_reader_info(c->reader, &c->info, &why) < 0)
		problem(c, why.text);
	progress_start(&w->progress, stderr, progress, path, dat_reader_size(c->reader));
	ret = walk_file(w, e);
	progress_end(&w->progress);
	take_problems(c);
	page_walk_free(w->pages);
	schema_free(w->schema);
	free(w);
	return ret;
}

void check_free(struct check *c)
{
	free(c->events);
	free(c->buffers);
	info_free(&c->info);
	dat_reader_close(c->reader);
}

/* --- the command --- */

static int check_one(const struct options *o, const char *path, struct dat_input *in, FILE *out, struct error *e)
{
	struct check *c = malloc(sizeof(*c));
	int ret;

	if (!c) {
		dat_input_close(in);
		return error_set(e, "out of memory");
	}
	ret = check_file(c, path, in, !o->quiet, e);
	if (ret == 0)
		ret = o->format == FORMAT_JSON ? check_json(c, out, e) : check_text(c, out, e);
	if (ret == 0 && c->problems)
		ret = 1;
	check_free(c);
	free(c);
	return ret;
}

/* All of them, while that may be done: those that can't be opened are told of in their turn. */
static struct dat_input **open_inputs(const struct options *o, struct error **why)
{
	struct dat_input **inputs = calloc(o->files_count, sizeof(struct dat_input *));

	*why = calloc(o->files_count, sizeof(**why));
	for (size_t i = 0; inputs && *why && i < o->files_count; i++)
		inputs[i] = replay_input_open(o->files[i], &(*why)[i]);
	return inputs;
}

static int check_all(const struct options *o, struct dat_input **inputs, const struct error *unopened, FILE *out,
		     struct error *why)
{
	int ret = STATUS_OK;

	for (size_t i = 0; i < o->files_count && !ferror(out); i++) {
		struct dat_input *in = inputs[i];
		int one = -1;

		inputs[i] = NULL;
		if (in)
			one = check_one(o, o->files[i], in, out, why);
		else
			*why = unopened[i];
		if (ferror(out))
			return ret;
		if (one < 0)
			fprintf(stderr, "falloctrace: %s\n", why->text);
		ret = one ? STATUS_ERROR : ret;
	}
	why->status = STATUS_OK;
	return ret;
}

static int check_into(const struct options *o, struct output *output, struct error *e)
{
	struct error *unopened = NULL, why = {0}, late;
	struct dat_input **inputs = NULL;
	int ret = -1;

	if (output_apart(output, e) == 0 && output_begin(output, e) == 0) {
		inputs = open_inputs(o, &unopened);
		ret = inputs && unopened ? confine_reader(o, output, e) : error_set(e, "out of memory");
	}
	if (ret == 0)
		ret = check_all(o, inputs, unopened, output_file(output), &why);
	for (size_t i = 0; inputs && i < o->files_count; i++)
		dat_input_close(inputs[i]);
	free(inputs);
	free(unopened);
	if (output_close(output, &late) == 0 || ret < 0)
		return ret; /* or nobody reads any more */
	*e = why.status == STATUS_OK ? late : why;
	return -1;
}

int check_files(const struct options *o, struct error *e)
{
	struct output *output = output_open(o, e);

	descriptors_raise();
	return output ? check_into(o, output, e) : -1;
}
