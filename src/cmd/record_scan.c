// SPDX-License-Identifier: MIT
#include "cmd/record_scan.h"
#include "info/memstream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "info/tables.h"

/* Different threads and callers that are named; a recording with more names the first ones. */
#define COMMS_MAX 65536
#define CALLERS_MAX 1024

struct comm {
	int32_t tid;
	bool has_dev; /* of the file of its last call */
	uint32_t dev;
	char name[COMM_SIZE];
};

struct record_scan {
	struct page_walk *walk;
	const struct schema *schema;
	struct trace_info *info;
	struct comm *comms; /* open addressing by tid; tid 0: empty */
	size_t comms_count;
	uint64_t callers[CALLERS_MAX];
	size_t callers_count;
	uint64_t last_caller; /* mostly it is the same again */
	bool has_dev;
	uint32_t last_dev;
	size_t mounts; /* known when news were last asked for */
	size_t callers_told;
	uint64_t events;
	bool dull[1 << 16]; /* event ids that have nothing for us: found out from the first of each */
};

struct record_scan *record_scan_new(const struct page_format *f, const struct schema *schema, struct trace_info *info)
{
	struct record_scan *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->schema = schema;
	s->info = info;
	s->mounts = mounts_count(info->mounts);
	s->walk = page_walk_new(f);
	s->comms = calloc(COMMS_MAX * 2, sizeof(*s->comms));
	if (s->walk && s->comms)
		return s;
	record_scan_free(s);
	return NULL;
}

void record_scan_free(struct record_scan *s)
{
	if (!s)
		return;
	page_walk_free(s->walk);
	free(s->comms);
	free(s);
}

static void note_comm(struct record_scan *s, const struct event *ev)
{
	size_t i = (uint32_t)ev->tid * 2654435761u % (COMMS_MAX * 2);
	size_t size = ev->comm.size < COMM_SIZE ? ev->comm.size : COMM_SIZE - 1;
	struct comm *c;

	if (ev->tid <= 0)
		return;
	while (s->comms[i].tid && s->comms[i].tid != ev->tid)
		i = (i + 1) % (COMMS_MAX * 2);
	c = &s->comms[i];
	if (!c->tid && s->comms_count++ >= COMMS_MAX)
		return;
	/* The last name wins: a report can show only one. */
	c->tid = ev->tid;
	memcpy(c->name, ev->comm.data, size);
	memset(c->name + size, 0, COMM_SIZE - size);
	if (ev->kind == EVENT_VFS_ENTER || ev->kind == EVENT_DEEP_ENTER) {
		c->has_dev = ev->has & HAS_DEV;
		c->dev = ev->dev;
	}
}

static void note_caller(struct record_scan *s, uint64_t caller)
{
	if (caller == s->last_caller && s->callers_count)
		return;
	s->last_caller = caller;
	for (size_t i = 0; i < s->callers_count; i++)
		if (s->callers[i] == caller)
			return;
	if (s->callers_count < CALLERS_MAX)
		s->callers[s->callers_count++] = caller;
}

static void note_dev(struct record_scan *s, const struct event *ev)
{
	struct trace_info *info = s->info;

	if (s->has_dev && ev->dev == s->last_dev)
		return;
	s->has_dev = true;
	s->last_dev = ev->dev;
	if (info->find_mount && !mounts_find(info->mounts, ev->dev, -1))
		info->find_mount(info->find_ctx, info->mounts, ev->tid, ev->dev, ev->has & HAS_MNT ? ev->mnt : -1);
}

static struct comm *comm_of(struct record_scan *s, int32_t tid)
{
	size_t i = (uint32_t)tid * 2654435761u % (COMMS_MAX * 2);

	while (s->comms[i].tid && s->comms[i].tid != tid)
		i = (i + 1) % (COMMS_MAX * 2);
	return s->comms[i].tid ? &s->comms[i] : NULL;
}

/* A note for each call would be none the wiser: what find_space says again stands there already. */
static void note_space(struct record_scan *s, const struct event *ev)
{
	const struct comm *c = ev->has & HAS_RET && (ev->ret == -ENOSPC || ev->ret == -EDQUOT) ? comm_of(s, ev->tid) :
												 NULL;
	struct trace_info *info = s->info;
	struct info_space space;

	if (!c || !c->has_dev || !info->find_space || !info->find_space(info->find_ctx, c->dev, ev->ts, &space))
		return;
	for (size_t i = info->spaces_count; i--;)
		if (info->spaces[i].dev == space.dev) {
			if (info->spaces[i].ts == space.ts)
				return;
			break;
		}
	/* with no room for more notes what comes is not known */
	info_add_space(info, &space);
}

static bool is_dull(enum event_kind kind)
{
	return kind == EVENT_VFS_DONE || kind == EVENT_SYS_EXIT || kind == EVENT_COMPAT_EXIT ||
	       kind == EVENT_TRUNC_EXIT || kind == EVENT_CONVERT || (event_of_tasks(kind) && kind != EVENT_NEWTASK);
}

/* Which cgroup it was made in no event tells. */
static void note_born(const struct record_scan *s, const struct event *ev)
{
	struct trace_info *info = s->info;

	if (ev->clone_flags & EVENT_INTO_CGROUP && !info->hierarchy && info->find_born)
		info->find_born(info->find_ctx, info->tasks, ev->child, ev->ts);
}

/* Decoding costs more than writing: only what may tell something new is. */
int record_scan_page(struct record_scan *s, const void *page, size_t size)
{
	struct error ignored; /* what can't be decoded can't be named */
	struct record r;
	struct event ev;
	uint64_t lost;
	int more;

	if (page_walk_start(s->walk, page, size, &lost, &ignored))
		return -1;
	while ((more = page_walk_next(s->walk, &r, &ignored)) == 1) {
		int id = schema_record_id(s->schema, r.data, r.size);

		s->events++;
		if (id < 0 || s->dull[id])
			continue;
		if (schema_decode(s->schema, r.data, r.size, r.ts, 0, &ev, &ignored) != 1)
			continue;
		s->dull[id] = is_dull(ev.kind);
		if (ev.has & HAS_COMM)
			note_comm(s, &ev);
		if (ev.has & HAS_CALLER)
			note_caller(s, ev.caller);
		if ((ev.kind == EVENT_VFS_ENTER || ev.kind == EVENT_DEEP_ENTER) && ev.has & HAS_DEV)
			note_dev(s, &ev);
		if (ev.kind == EVENT_NEWTASK)
			note_born(s, &ev);
		if (ev.kind == EVENT_VFS_EXIT || ev.kind == EVENT_DEEP_EXIT)
			note_space(s, &ev);
	}
	return more;
}

uint64_t record_scan_count(struct record_scan *s, const void *page, size_t size)
{
	struct error ignored;
	struct record r;
	uint64_t lost, count = 0;

	if (page_walk_start(s->walk, page, size, &lost, &ignored))
		return 0;
	while (page_walk_next(s->walk, &r, &ignored) == 1)
		count++;
	return lost == LOST_UNKNOWN ? count : count + lost;
}

uint64_t record_scan_events(const struct record_scan *s)
{
	return s->events;
}

bool record_scan_news(struct record_scan *s)
{
	size_t mounts = mounts_count(s->info->mounts);
	bool news = mounts != s->mounts || s->callers_count != s->callers_told;

	s->mounts = mounts;
	s->callers_told = s->callers_count;
	return news;
}

const uint64_t *record_scan_callers(const struct record_scan *s, size_t *count)
{
	*count = s->callers_count;
	return s->callers;
}

char *record_scan_cmdlines(const struct record_scan *s)
{
	char *text = NULL;
	size_t size;
	FILE *f = memstream_open(&text, &size);

	for (size_t i = 0; f && i < COMMS_MAX * 2; i++) {
		const struct comm *c = &s->comms[i];

		/* A line each: a name with a newline in it would be two. */
		if (c->tid && !memchr(c->name, '\n', COMM_SIZE))
			fprintf(f, "%d %.*s\n", c->tid, COMM_SIZE, c->name);
	}
	if (f)
		memstream_close(f, &text);
	return text;
}

char *record_kallsyms(const struct trace_info *info)
{
	const struct symbols *symbols = info->symbols;
	char *text = NULL, *space;
	size_t size;
	FILE *f = memstream_open(&text, &size);

	for (size_t i = 0; f && i < symbols_count(symbols); i++) {
		const struct symbol *sym = symbols_at(symbols, i);

		space = strchr(sym->name, ' ');
		fprintf(f, "%llx t %.*s%s%s\n", (unsigned long long)sym->start,
			(int)(space ? (size_t)(space - sym->name) : strlen(sym->name)), sym->name, space ? "\t" : "",
			space ? space + 1 : "");
	}
	if (f)
		memstream_close(f, &text);
	return text;
}
