/* SPDX-License-Identifier: MIT */
/*
 * What was found, kept by file and kind.
 */
#include <stdlib.h>
#include <string.h>

#include "info/hash.h"
#include "info/remote.h"
#include "stats/finding_private.h"

struct findings *findings_new(void)
{
	struct findings *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->seed = hash_seed() | 1;
	f->files = calloc(FINDING_FILES, sizeof(*f->files));
	f->hashes = calloc(FINDING_FILES, sizeof(*f->hashes));
	f->groups = calloc(GROUPS, sizeof(*f->groups));
	if (f->files && f->hashes && f->groups)
		return f;
	findings_free(f);
	return NULL;
}

void found_free(struct findings *f, struct file *file, enum finding_kind kind)
{
	if (!file->found[kind])
		return;
	f->kept--;
	free(file->found[kind]);
	file->found[kind] = NULL;
}

void findings_free(struct findings *f)
{
	if (!f)
		return;
	for (size_t i = 0; f->files && f->hashes && i < FINDING_FILES; i++)
		file_drop(f, &f->files[i]);
	for (size_t i = 0; f->groups && i < GROUPS; i++)
		histogram_free(&f->groups[i].latency);
	free(f->files);
	free(f->hashes);
	free(f->groups);
	free(f->end);
	free(f);
}

/* --- a call --- */

void sum_up(int64_t *sum, int64_t value)
{
	if (*sum == INT64_MAX || __builtin_add_overflow(*sum, value, sum))
		*sum = INT64_MAX;
}

static void add_process(struct finding *f, const struct finding_call *c)
{
	for (size_t i = 0; i < f->processes_count; i++)
		if (f->processes[i].pid == c->pid && !memcmp(f->processes[i].comm, c->comm, sizeof(c->comm)))
			return;
	if (f->processes_count == FINDING_PROCESSES) {
		f->more_processes = true;
		return;
	}
	f->processes[f->processes_count].pid = c->pid;
	memcpy(f->processes[f->processes_count++].comm, c->comm, sizeof(c->comm));
}

/* The half of which least was found is counted only from now on. */
static void drop_half(struct findings *f);

static struct found *found_get(struct findings *f, struct file *file, enum finding_kind kind)
{
	struct found *found = file->found[kind];

	if (found)
		return found;
	if (f->kept >= FINDING_KEPT)
		drop_half(f);
	found = calloc(1, sizeof(*found));
	if (!found) {
		f->failed = true;
		return NULL;
	}
	found->f.kind = kind;
	f->kept++;
	file->found[kind] = found;
	return found;
}

struct found *found_note(struct findings *f, struct file *file, enum finding_kind kind, const struct finding_call *c,
			 int64_t by)
{
	struct found *found = found_get(f, file, kind);

	if (!found)
		return NULL;
	if (!found->f.calls++)
		found->f.first = *c;
	found->is_worst = found->f.calls == 1 || by > found->worst;
	if (found->is_worst) {
		found->f.worst = *c;
		found->worst = by;
	}
	found->f.last = *c;
	add_process(&found->f, c);
	return found;
}

void found_more(struct found *found, uint64_t calls, const struct finding_call *first)
{
	if (found->f.calls == 1 && calls)
		found->f.first = *first;
	found->f.calls += calls;
	add_process(&found->f, first);
}

static bool drop_one(struct findings *f, struct file *file, unsigned k, uint64_t calls)
{
	const struct found *found = file->found[k];

	if (!found || (found->proven && found->f.calls > calls))
		return false;
	if (found->proven && k != FINDING_UNUSED_RESERVATION) {
		f->dropped[k].files++;
		f->dropped[k].calls += found->f.calls;
	}
	found_free(f, file, (enum finding_kind)k);
	return true;
}

static void drop_half(struct findings *f)
{
	/* doubling: the number of calls that half of them have no more of is found in a few steps */
	for (uint64_t calls = 0; f->kept > FINDING_KEPT / 2; calls = calls ? calls * 2 : 1)
		for (size_t i = 0; i < FINDING_FILES; i++)
			for (unsigned k = 0; k < FINDING_COUNT && f->kept > FINDING_KEPT / 2; k++)
				drop_one(f, &f->files[i], k, calls);
}

/* The one call to the filesystem below that does what c does; NULL: there is none, or c does more than that. */
static const struct call *same_below(const struct call *c)
{
	const struct call *inner = c->inner;

	return inner && !inner->next && inner->has_mode && inner->mode == c->mode && inner->offset == c->offset &&
			       inner->len == c->len ?
		       inner :
		       NULL;
}

static void fill_call(struct finding_call *to, const struct call *c)
{
	const struct call *inner = same_below(c);

	memset(to, 0, sizeof(*to));
	to->has_utc = c->has_utc;
	to->utc = c->utc;
	to->has_ts = (c->has_start || c->has_end) && !c->ticks;
	to->ts = c->has_start ? c->start : c->end;
	to->latency = call_latency(c);
	to->pid = c->pid;
	to->tid = c->tid;
	memcpy(to->comm, c->comm, sizeof(to->comm));
	to->op = c->op;
	to->has_mode = c->has_mode;
	to->mode = c->mode;
	to->has_offset = c->has_offset;
	to->offset = c->offset;
	to->has_len = c->has_len;
	to->len = c->len;
	to->has_ret = c->has_ret;
	to->ret = c->ret;
	to->size_before_known = c->size_before_known;
	to->size_before = c->size_before;
	to->size_after_known = c->size_after_known;
	to->size_after = c->size_after;
	/* overlayfs has no blocks of its own: fstat tells those of the file below, to which the same was done */
	if (c->blocks_before_known == UNKNOWN && inner)
		c = inner;
	to->blocks_before_known = c->blocks_before_known;
	to->blocks_before = c->blocks_before;
	to->blocks_after_known = c->blocks_after_known;
	to->blocks_after = c->blocks_after;
	to->blocks_late = !strcmp(c->fs, "btrfs");
}

/* What overlayfs has free is what the filesystem below has: that one may have been asked, and not this one. */
static void fill_space(struct finding_call *to, const struct call *c)
{
	for (const struct call *below = c; below && !c->has_space; below = same_below(below))
		if (below->has_space)
			c = below;
	to->has_space = c->has_space;
	to->space_free = c->space_free;
	to->space_avail = c->space_avail;
	to->space_size = c->space_size;
	to->space_later = c->space_later;
}

/* Sizes and blocks are those of the file at the bottom. */
static bool remote_below(const struct call *c)
{
	for (c = c->inner; c; c = c->inner)
		if (fs_remote(c->fs))
			return true;
	return false;
}

int findings_call(struct findings *f, const struct call *c)
{
	struct finding_call call;
	struct file *file;

	f->calls++;
	file = file_get(f, c);
	if (!file)
		return -1;
	if (c->inner && !file->remote)
		file->remote = remote_below(c);
	file->reservation = c->reservation;
	fill_call(&call, c);
	fill_space(&call, c);
	rules_call(f, file, &call, c->odd);
	return f->failed ? -1 : 0;
}

int findings_related(struct findings *f, const struct call *c)
{
	struct finding_call call;
	struct file *file = file_get(f, c);

	if (!file)
		return -1;
	file->reservation = c->reservation;
	fill_call(&call, c);
	if (c->related == RELATED_TRUNCATE && succeeded(&call) && call.len >= 0)
		blocks_truncate(file, &call);
	return 0;
}

void findings_lost(struct findings *f, const struct loss *l)
{
	(void)l; /* how many, and where, may not be known: any file may be concerned */
	f->losses++;
	f->losses_told++;
}

/* --- the end --- */

static const struct found *found_of(const struct finding *f)
{
	return (const struct found *)f; /* its first member */
}

/* By kind, then the heaviest, then by name so that two runs tell the same. */
static int compare(const void *a, const void *b)
{
	const struct finding *x = *(struct finding *const *)a, *y = *(struct finding *const *)b;
	int64_t wx = found_of(x)->weight, wy = found_of(y)->weight;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (wx != wy)
		return wx > wy ? -1 : 1;
	if (strcmp(x->path, y->path) != 0)
		return strcmp(x->path, y->path);
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return (x->first.ts > y->first.ts) - (x->first.ts < y->first.ts);
}

static void name_file(struct finding *f, const struct file *file)
{
	f->host = file->host;
	f->path = file->path ? file->path : "";
	f->fs = file->fs;
	f->has_dev = file->has_dev;
	f->has_ino = file->has_ino;
	f->dev_major = file->dev_major;
	f->dev_minor = file->dev_minor;
	f->ino = file->ino;
	f->has_fd = file->has_fd && !file->path && !file->has_ino;
	f->fd = file->fd;
}

/* What became of the file's reservations, where that is known: of zeros nothing is said. */
static void add_reservation(struct found *found, const struct reservation *r)
{
	found->sums[SUM_RESERVED] = r->known ? r->reserved : 0;
	found->sums[SUM_USED] = r->known && r->used_known ? r->used : 0;
	found->sums[SUM_RELEASED] = r->known ? r->released : 0;
	found->sums[SUM_CUT] = r->known ? r->cut : 0;
}

static size_t gather(struct findings *f, struct finding **to)
{
	size_t count = 0;

	for (size_t i = 0; i < FINDING_FILES; i++)
		for (unsigned k = 0; k < FINDING_COUNT; k++) {
			struct file *file = &f->files[i];

			if (!file->found[k] || !file->found[k]->proven)
				continue;
			name_file(&file->found[k]->f, file);
			file->found[k]->f.before_losses = k == FINDING_UNUSED_RESERVATION && file->losses != f->losses;
			if (k == FINDING_UNUSED_RESERVATION)
				add_reservation(file->found[k], &file->reservation);
			found_numbers(file->found[k]);
			to[count++] = &file->found[k]->f;
		}
	return count;
}

const struct finding *findings_end(struct findings *f, size_t *count)
{
	struct finding **order = calloc(f->kept + 1, sizeof(*order));

	free(f->end);
	f->end = NULL;
	*count = SIZE_MAX;
	if (!order)
		return NULL;
	*count = gather(f, order);
	qsort(order, *count, sizeof(*order), compare);
	f->end = *count ? malloc(*count * sizeof(*f->end)) : NULL;
	if (*count && !f->end)
		*count = SIZE_MAX;
	for (size_t i = 0; f->end && i < *count; i++)
		f->end[i] = *order[i];
	free(order);
	return f->end;
}

void findings_total(const struct findings *f, enum finding_kind kind, struct finding_total *total)
{
	*total = f->dropped[kind];
	for (size_t i = 0; i < FINDING_FILES; i++) {
		const struct found *found = f->files[i].found[kind];

		if (!found || !found->proven)
			continue;
		total->files++;
		total->calls += found->f.calls;
	}
}

uint64_t findings_calls(const struct findings *f)
{
	return f->calls;
}

uint64_t findings_losses(const struct findings *f)
{
	return f->losses_told;
}

uint64_t findings_forgotten(const struct findings *f)
{
	return f->forgotten;
}

void findings_clear(struct findings *f)
{
	for (size_t i = 0; i < FINDING_FILES; i++) {
		struct file *file = &f->files[i];

		for (unsigned k = 0; k < FINDING_COUNT; k++)
			found_free(f, file, (enum finding_kind)k);
		if (file->used)
			streaks_clear(file); /* what they were told with is gone; a run of EINTR goes on */
	}
	memset(f->dropped, 0, sizeof(f->dropped));
	free(f->end);
	f->end = NULL;
	f->calls = f->losses_told = f->forgotten = 0;
}
