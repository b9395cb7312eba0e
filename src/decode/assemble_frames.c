/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "related.h"

#define PATH_ROOM 128 /* at first: most paths are shorter */

static size_t bucket_of(const struct assemble *a, int32_t tid)
{
	return (size_t)((uint32_t)tid * a->multiplier >> (64 - THREAD_BUCKETS_LOG));
}

struct thread *thread_find(const struct assemble *a, int32_t tid)
{
	struct thread *t = a->buckets[bucket_of(a, tid)];

	while (t && t->tid != tid)
		t = t->bucket_next;
	return t;
}

struct thread *thread_get(struct assemble *a, int32_t tid)
{
	struct thread *t = thread_find(a, tid), **bucket;

	if (t)
		return t;
	t = a->free_threads;
	if (t) {
		a->free_threads = t->next;
		a->free_threads_count--;
	} else if (!(t = malloc(sizeof(*t)))) {
		return NULL;
	}
	memset(t, 0, sizeof(*t));
	bucket = &a->buckets[bucket_of(a, tid)];
	t->tid = tid;
	t->bucket_next = *bucket;
	*bucket = t;
	t->prev = a->last;
	*(a->last ? &a->last->next : &a->first) = t;
	a->last = t;
	a->bytes += sizeof(*t);
	return t;
}

void thread_drop(struct assemble *a, struct thread *t)
{
	struct thread **at = &a->buckets[bucket_of(a, t->tid)];

	while (*at != t)
		at = &(*at)->bucket_next;
	*at = t->bucket_next;
	*(t->prev ? &t->prev->next : &a->first) = t->next;
	*(t->next ? &t->next->prev : &a->last) = t->prev;
	a->bytes -= sizeof(*t);
	if (a->free_threads_count == FREE_FRAMES_MAX) {
		free(t);
		return;
	}
	t->next = a->free_threads;
	a->free_threads = t;
	a->free_threads_count++;
}

/* One that was used before keeps its room for a path. */
static struct frame *get_frame(struct assemble *a)
{
	struct frame *f = a->free_frames;
	size_t room;
	char *path;

	if (!f)
		return calloc(1, sizeof(*f));
	a->free_frames = f->next;
	a->free_frames_count--;
	path = f->path;
	room = f->path_room;
	memset(f, 0, sizeof(*f));
	f->path = path;
	f->path_room = room;
	if (path)
		path[0] = '\0';
	return f;
}

static void put_frame(struct assemble *a, struct frame *f)
{
	if (a->free_frames_count == FREE_FRAMES_MAX) {
		free(f->path);
		free(f);
		return;
	}
	f->next = a->free_frames;
	a->free_frames = f;
	a->free_frames_count++;
}

struct frame *frame_new(struct assemble *a, const struct event *ev)
{
	struct frame *f = get_frame(a);

	if (!f)
		return NULL;
	f->inner_last = &f->inner;
	f->tid = ev->tid;
	f->pid = lookup_pid(a, ev->tid);
	f->cpu = ev->cpu;
	lookup_who(a, ev->tid, &f->who);
	if (a->lost && ev->ts <= a->gap_end)
		f->odd = ODD_LOSS_NEARBY;
	f->bytes = sizeof(*f) + f->path_room;
	a->bytes += f->bytes;
	return f;
}

void frame_free(struct assemble *a, struct frame *f)
{
	/* no deeper than THREAD_DEPTH_MAX */
	while (f && f->inner) {
		struct frame *inner = f->inner;

		f->inner = inner->next;
		frame_free(a, inner);
	}
	if (!f)
		return;
	a->bytes -= f->bytes;
	put_frame(a, f);
}

int frame_set_path(struct assemble *a, struct frame *f, const char *path)
{
	size_t size = strlen(path) + 1;

	if (size > f->path_room) {
		free(f->path);
		f->bytes -= f->path_room;
		a->bytes -= f->path_room;
		f->path_room = size < PATH_ROOM ? PATH_ROOM : size;
		f->path = malloc(f->path_room);
		if (!f->path) {
			f->path_room = 0;
			return -1;
		}
		f->bytes += f->path_room;
		a->bytes += f->path_room;
	}
	memcpy(f->path, path, size);
	return 0;
}

void frame_push(struct thread *t, struct frame *f)
{
	f->below = t->top;
	t->top = f;
	t->depth++;
	t->frames++;
}

struct frame *frame_pop(struct thread *t)
{
	struct frame *f = t->top;

	t->top = f->below;
	f->below = NULL;
	t->depth--;
	return f;
}

void frame_hang(struct frame *outer, struct frame *inner)
{
	*outer->inner_last = inner;
	outer->inner_last = &inner->next;
}

struct frame *thread_root(const struct thread *t)
{
	struct frame *f = t->top;

	while (f && f->below)
		f = f->below;
	return f;
}

struct assemble *assemble_new(struct trace_info *info, const struct assemble_target *target)
{
	struct assemble *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->info = info;
	a->outer = *target;
	a->target = (struct assemble_target){.call = front_call, .lost = front_lost, .ctx = a};
	if (getrandom(&a->multiplier, sizeof(a->multiplier), GRND_NONBLOCK) != sizeof(a->multiplier))
		a->multiplier = 0x9e3779b97f4a7c15;
	a->multiplier |= 1;
	a->buffer = -1;
	a->best = RANK_COUNT;
	a->bytes_max = OPEN_BYTES_MAX;
	return a;
}

void assemble_free(struct assemble *a)
{
	if (!a)
		return;
	join_free(a->join);
	related_free(a->related);
	while (a->first) {
		while (a->first->top)
			frame_free(a, frame_pop(a->first));
		thread_drop(a, a->first);
	}
	for (struct frame *f = a->free_frames, *next; f; f = next) {
		next = f->next;
		free(f->path);
		free(f);
	}
	for (struct thread *t = a->free_threads, *next; t; t = next) {
		next = t->next;
		free(t);
	}
	free(a);
}
