// SPDX-License-Identifier: MIT
#include "kernel/discover_code.h"

#include <stdbool.h>
#include <stdio.h>

#include "kernel/args.h"
#include "kernel/dumps.h"
#include "kernel/search.h"

#define BADFD_MAX 4    /* places that look like "return -EBADF" */
#define BADFD_STACK 12 /* stack slots that are looked at there */
#define DONE_MAX 3     /* where vfs_fallocate may begin, seen from its entry's probe */

struct stage {
	struct dumper *dumper;
	const struct arch *a;
	const struct code_hints *h;
	struct layout *l;
	struct dump *badfd[BADFD_MAX];
	int badfd_offsets[BADFD_MAX];
	size_t badfd_count;
	struct dump *done[DONE_MAX];
	int done_offsets[DONE_MAX];
};

static struct dump *define(struct stage *d, char type, const char *name, const char *where, const struct args *args,
			   struct error *e)
{
	return dumper_add(d->dumper, type, name, where, args->text, args->count, e);
}

static void define_badfd(struct stage *d)
{
	const struct arch *a = d->a;
	struct args args = {0};
	struct error ignored;
	char where[96], name[16];

	if (!a->badfd_code || !d->h->code || !d->h->regs)
		return;
	for (int i = 0; i < SAVED_MAX; i++)
		args_add(&args, " %s:u64", a->saved[i]);
	for (int i = 0; i < BADFD_STACK; i++)
		args_add(&args, " $stack%d:u64", i);
	d->badfd_count = search_badfd((const unsigned char *)d->h->code, CODE_WORDS * 8, d->badfd_offsets, BADFD_MAX);
	for (size_t i = 0; i < d->badfd_count; i++) {
		snprintf(where, sizeof(where), "%s+%d", d->l->sys, d->badfd_offsets[i]);
		snprintf(name, sizeof(name), "badfd%zu", i);
		/* Beyond the wrapper's end, or inside an instruction: the kernel refuses, or it is not hit. */
		d->badfd[i] = define(d, 'p', name, where, &args, &ignored);
	}
}

/*
 * A probe's place is told as an offset from the function's symbol, and the probe at the entry may sit behind an
 * endbr64 there: most kernels begin functions at multiples of 16, those made for size anywhere.
 */
static void define_done(struct stage *d)
{
	const uint64_t entry = d->h->entry, begins[DONE_MAX] = {entry, entry - 4, entry & ~15ULL};
	struct args args = {0};
	struct error ignored;
	char where[64], name[16];

	if (!d->h->back)
		return;
	for (int i = 0; i < SAVED_MAX; i++)
		args_add(&args, " %s:u64", d->a->saved[i]);
	for (int i = 0; i < (entry % 16 ? DONE_MAX : 1); i++) {
		d->done_offsets[i] = (int)(d->h->back - begins[i]);
		snprintf(where, sizeof(where), "vfs_fallocate+%d", d->done_offsets[i]);
		snprintf(name, sizeof(name), "done%d", i);
		/* The kernel refuses what lies inside an instruction. */
		d->done[i] = define(d, 'p', name, where, &args, &ignored);
	}
}

/* A probe that the bad call hits and the good one did not; and where pt_regs is there: a thread's has one place. */
static void find_badfd(struct stage *d, size_t i)
{
	const struct dump *dump = d->badfd[i];

	for (size_t p = 0; p < SAVED_MAX + BADFD_STACK && d->l->badfd == NO_OFFSET; p++) {
		if (dump->words[p] != d->h->regs)
			continue;
		if (p < SAVED_MAX)
			snprintf(d->l->badfd_regs, sizeof(d->l->badfd_regs), "%s", d->a->saved[p]);
		else
			snprintf(d->l->badfd_regs, sizeof(d->l->badfd_regs), "$stack%zu", p - SAVED_MAX);
		d->l->badfd = d->badfd_offsets[i];
	}
}

/* Of the places the one that is where the filesystem returned to; and which register has the file there. */
static void find_done(struct stage *d)
{
	for (int k = 0; k < DONE_MAX && d->l->done == NO_OFFSET; k++) {
		const struct dump *done = d->done[k];

		for (int i = 0; done && done->hit && done->ip == d->h->back && i < SAVED_MAX; i++) {
			if (done->words[i] != d->h->file)
				continue;
			snprintf(d->l->done_file, sizeof(d->l->done_file), "%s", d->a->saved[i]);
			d->l->done = d->done_offsets[k];
			break;
		}
	}
}

int discover_code(struct dumper *dumper, const struct arch *a, const struct code_hints *h, const struct specimen *s,
		  struct layout *l, struct error *e)
{
	struct stage stage = {.dumper = dumper, .a = a, .h = h, .l = l}, *d = &stage;
	bool hit_by_good[BADFD_MAX] = {false};

	define_badfd(d);
	define_done(d);
	if (dumper_arm(d->dumper, e))
		return -1;
	specimen_call(s);
	if (dumper_collect(d->dumper, e))
		return -1;
	find_done(d);
	for (size_t i = 0; i < d->badfd_count; i++)
		hit_by_good[i] = d->badfd[i] && d->badfd[i]->hit;
	badfd_call();
	if (dumper_collect(d->dumper, e))
		return -1;
	for (size_t i = 0; i < d->badfd_count; i++)
		if (d->badfd[i] && d->badfd[i]->hit && !hit_by_good[i])
			find_badfd(d, i);
	return 0;
}
