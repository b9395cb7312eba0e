/* SPDX-License-Identifier: MIT */
/*
 * Events go over in batches: one is filled while another one is used, and a
 * third keeps both busy. What their strings point to lies in pages that the
 * merge lets go of, so the batch has a copy.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "falloctrace/ahead.h"

#define BATCHES 3
#define EVENTS 256
#define STRINGS_OF_EVENT ((EVENT_NAMES_MAX + 2) * AHEAD_STRING_MAX)
#define TEXT_SIZE (64 * 1024 + STRINGS_OF_EVENT)

struct batch {
	struct event events[EVENTS];
	size_t count;
	/* What came behind them: MERGE_OK where the batch was full. */
	enum merge_result result;
	struct error error;
	size_t text_size;
	char text[TEXT_SIZE];
};

struct ahead {
	struct merge *merge;
	bool threaded;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under the lock: how many batches the thread has filled, and how many have been used up, ever. */
	unsigned filled, used;
	bool stop;

	/* The user's own. */
	struct batch *current; /* NULL: the next one is to be waited for */
	size_t next;	       /* of its events */
	struct batch batches[BATCHES];
};

/* --- filling --- */

static void keep_string(struct batch *b, struct span *s)
{
	if (s->size > AHEAD_STRING_MAX)
		s->size = AHEAD_STRING_MAX;
	if (s->size)
		memcpy(b->text + b->text_size, s->data, s->size);
	s->data = b->text + b->text_size;
	b->text_size += s->size;
}

static void keep_strings(struct batch *b, struct event *ev)
{
	if (ev->has & HAS_COMM)
		keep_string(b, &ev->comm);
	if (ev->has & HAS_FS)
		keep_string(b, &ev->fs);
	for (unsigned i = 0; i < ev->names_count; i++)
		keep_string(b, &ev->names[i]);
}

static void fill(struct merge *m, struct batch *b)
{
	b->count = 0;
	b->text_size = 0;
	b->result = MERGE_OK;
	while (b->count < EVENTS && TEXT_SIZE - b->text_size >= STRINGS_OF_EVENT) {
		b->result = merge_next(m, UINT64_MAX, &b->events[b->count], &b->error);
		if (b->result != MERGE_OK)
			return;
		keep_strings(b, &b->events[b->count++]);
	}
}

/* The next one to fill; NULL: nobody wants any more. */
static struct batch *wait_for_empty(struct ahead *a)
{
	struct batch *b;

	pthread_mutex_lock(&a->lock);
	while (!a->stop && a->filled - a->used == BATCHES)
		pthread_cond_wait(&a->changed, &a->lock);
	b = a->stop ? NULL : &a->batches[a->filled % BATCHES];
	pthread_mutex_unlock(&a->lock);
	return b;
}

static void hand_over(struct ahead *a)
{
	pthread_mutex_lock(&a->lock);
	a->filled++;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

static bool goes_on(const struct batch *b)
{
	return b->result == MERGE_OK || b->result == MERGE_FAILED;
}

static void *run(void *arg)
{
	struct ahead *a = arg;
	bool more = true;
	struct batch *b;

	while (more && (b = wait_for_empty(a))) {
		fill(a->merge, b);
		more = goes_on(b);
		hand_over(a);
	}
	return NULL;
}

/* --- using --- */

static struct batch *wait_for_filled(struct ahead *a)
{
	struct batch *b = &a->batches[a->used % BATCHES];

	pthread_mutex_lock(&a->lock);
	while (a->filled == a->used)
		pthread_cond_wait(&a->changed, &a->lock);
	pthread_mutex_unlock(&a->lock);
	return b;
}

static void give_back(struct ahead *a)
{
	pthread_mutex_lock(&a->lock);
	a->used++;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

enum merge_result ahead_next(struct ahead *a, const struct event **ev, struct error *e)
{
	enum merge_result result;
	struct batch *b;

	for (;;) {
		if (!a->threaded) {
			*ev = a->batches[0].events;
			return merge_next(a->merge, UINT64_MAX, a->batches[0].events, e);
		}
		if (!a->current) {
			a->current = wait_for_filled(a);
			a->next = 0;
		}
		b = a->current;
		if (a->next < b->count) {
			*ev = &b->events[a->next++];
			return MERGE_OK;
		}
		result = b->result;
		/* The last one stays: who asks again gets the same answer. */
		if (!goes_on(b))
			return result;
		if (result == MERGE_FAILED)
			*e = b->error;
		a->current = NULL;
		give_back(a);
		if (result == MERGE_FAILED)
			return result;
	}
}

/* --- the thread --- */

static bool has_another_cpu(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) || CPU_COUNT(&set) > 1;
}

struct ahead *ahead_new(struct merge *m)
{
	struct ahead *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->merge = m;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	a->threaded = has_another_cpu() && !pthread_create(&a->thread, NULL, run, a);
	return a;
}

void ahead_free(struct ahead *a)
{
	if (!a)
		return;
	if (a->threaded) {
		pthread_mutex_lock(&a->lock);
		a->stop = true;
		pthread_cond_signal(&a->changed);
		pthread_mutex_unlock(&a->lock);
		pthread_join(a->thread, NULL);
	}
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
