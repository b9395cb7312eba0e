/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/view.h"
#include "falloctrace/dat_reader.h"
#include "falloctrace/merge.h"

struct replay {
	const struct options *o;
	struct dat_reader *reader;
	struct schema *schema;
	struct trace_info info;
	struct merge *merge;
	FILE *out;
	struct view *view;
	uint64_t broken;    /* times that merge_next failed */
	struct error first; /* the first time's reason */
};

static int no_memory(struct error *e)
{
	errno = ENOMEM;
	return error_errno(e, "cannot replay");
}

/* A format that is broken costs the events of that format only. */
static int read_schema(struct replay *r, struct error *e)
{
	char names[384];
	int ret = dat_reader_schema(r->reader, r->schema, e);

	if (schema_count(r->schema) == 0) {
		if (ret < 0)
			return -1;
		dat_reader_event_names(r->reader, names, sizeof(names));
		return error_set(e, "%s has no fallocate events; it has %s%s", r->o->files[0],
				 *names ? "these: " : "no events at all", names);
	}
	if (ret < 0) {
		r->first = *e;
		r->broken = 1;
	}
	return 0;
}

static int prepare(struct replay *r, struct error *e)
{
	r->reader = dat_reader_open(r->o->files[0], e);
	if (!r->reader)
		return -1;
	r->schema = schema_new(dat_reader_format(r->reader));
	if (!r->schema)
		return no_memory(e);
	if (read_schema(r, e) < 0)
		return -1;
	if (dat_reader_info(r->reader, &r->info, e) < 0)
		return -1;
	r->merge = merge_new(dat_reader_source(r->reader), r->schema, dat_reader_format(r->reader));
	if (!r->merge)
		return no_memory(e);
	r->out = output_open(r->o->output, e);
	if (!r->out || output_begin(r->out, r->o->output, e))
		return -1;
	r->view = view_new(r->o, &r->info, r->out, e);
	return r->view ? 0 : -1;
}

/* What was lost, and no page tells of, and the end. */
static enum view_result show_end(struct replay *r, struct error *e)
{
	enum view_result shown = VIEW_OK;

	for (size_t i = 0; i < r->info.losses_count && shown == VIEW_OK; i++) {
		struct event ev = {.kind = EVENT_LOST,
				   .ts = UINT64_MAX,
				   .cpu = r->info.losses[i].cpu,
				   .lost = r->info.losses[i].count};

		shown = view_event(r->view, &ev, e);
	}
	return shown == VIEW_OK ? view_end(r->view, e) : shown;
}

/*
 * What is broken is skipped and told of at the end: the rest is worth having.
 * 1 where nobody reads the output any more.
 */
static int show(struct replay *r, struct error *e)
{
	enum view_result shown = VIEW_OK;
	struct error why;
	struct event ev;

	while (shown == VIEW_OK) {
		switch (merge_next(r->merge, UINT64_MAX, &ev, &why)) {
		case MERGE_OK:
			shown = view_event(r->view, &ev, e);
			break;
		case MERGE_FAILED:
			if (r->broken++ == 0)
				r->first = why;
			break;
		case MERGE_NONE:
		case MERGE_END:
			return show_end(r, e);
		}
	}
	return shown;
}

static int report(const struct replay *r, struct error *e)
{
	struct view_counts c;

	view_counts(r->view, &c);
	view_report(r->view, stderr);
	if (r->broken)
		return error_set(e, "%s is broken in %" PRIu64 " places, which were skipped; the first: %s",
				 r->o->files[0], r->broken, r->first.text);
	if (c.calls == 0 && !r->o->quiet)
		fprintf(stderr, "falloctrace: there is no fallocate call in %s\n", r->o->files[0]);
	return 0;
}

static void release(struct replay *r)
{
	view_free(r->view);
	if (r->merge)
		merge_free(r->merge);
	info_free(&r->info);
	if (r->schema)
		schema_free(r->schema);
	dat_reader_close(r->reader);
}

int cmd_replay(const struct options *o, struct error *e)
{
	struct replay r = {.o = o};
	struct error late;
	int ret;

	info_init(&r.info);
	ret = prepare(&r, e);
	if (ret == 0)
		ret = show(&r, e);
	if (ret == 0)
		ret = report(&r, e);
	if (r.out && output_close(r.out, o->output, &late) < 0 && ret >= 0) {
		*e = late;
		ret = -1;
	}
	release(&r);
	return ret < 0 ? -1 : 0;
}
