// SPDX-License-Identifier: MIT
#include "kernel/discover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/args.h"
#include "kernel/discover_code.h"
#include "kernel/discover_deep.h"
#include "kernel/discover_truncate.h"
#include "kernel/discover_xfs.h"
#include "kernel/dumper.h"
#include "kernel/dumps.h"
#include "kernel/find.h"
#include "kernel/nofault.h"

#define FUNCTION_MAX 8192 /* bytes of vfs_fallocate, and more */

struct discovery {
	const struct arch *arch;
	struct specimen *specimens;
	struct dumper *dumper;
	struct layout *l;
	struct dumps dumps;
	struct taken code;
	bool is_deep;
	struct deep_dumps deep;
	struct dump *back; /* the entry of the memfds' own fallocate; its word is where that returns to */
};

static struct dump *define(struct discovery *d, char type, const char *name, const char *where, const struct args *args,
			   struct error *e)
{
	return dumper_add(d->dumper, type, name, where, args->text, args->count, e);
}

static void take(struct taken *t, int specimen)
{
	if (t->dump && t->dump->hit)
		memcpy(t->words[specimen], t->dump->words, sizeof(t->words[specimen]));
}

/* --- first stage: struct file, registers, stack --- */

static int first_stage(struct discovery *d, struct error *e)
{
	const struct arch *a = d->arch;
	struct args args = {0};

	for (int i = 0; i < FILE_WORDS; i++)
		args_add(&args, " +%d(%s):u64", i * 8, a->args[0]);
	args_add(&args, " %s:u64", a->args[0]);
	args_add(&args, " $stack:u64");
	for (int i = 0; i < SAVED_MAX; i++)
		args_add(&args, " %s:u64", a->saved[i]);
	for (int i = 0; i < STACK_WORDS; i++)
		args_add(&args, " $stack%d:u64", i);
	d->dumps.first.dump = define(d, 'p', "first", "vfs_fallocate", &args, e);
	if (!d->dumps.first.dump || dumper_arm(d->dumper, e))
		return -1;
	for (int i = 0; i < SPECIMENS; i++) {
		specimen_call(&d->specimens[i]);
		if (dumper_collect(d->dumper, e))
			return -1;
		if (!d->dumps.first.dump->hit)
			return error_unsupported(e, "a probe on vfs_fallocate was not hit by a call of our own");
		take(&d->dumps.first, i);
	}
	return 0;
}

/* --- second stage: what the pointers in struct file, and those on the stack, point to --- */

static int define_candidate(struct discovery *d, int word, enum pointer_kind kind, struct error *e)
{
	struct target *t = &d->dumps.targets[d->dumps.targets_count];
	struct args args = {0};
	char name[16];

	for (int i = 0; i < TARGET_WORDS; i++)
		args_add(&args, " +%d(+%d(%s)):u64", i * 8, word * 8, d->arch->args[0]);
	snprintf(name, sizeof(name), "target%d", word);
	t->target.dump = define(d, 'p', name, "vfs_fallocate", &args, e);
	if (!t->target.dump)
		return -1;
	t->word = word;
	t->kind = kind;
	d->dumps.targets_count++;
	return 0;
}

/* A list head of struct file that is empty: it points to itself. */
static bool points_into_file(const struct discovery *d, int word)
{
	const uint64_t *first = d->dumps.first.words[0];

	return first[word] - first[AT_POINTER] < FILE_WORDS * sizeof(uint64_t);
}

static int define_candidates(struct discovery *d, struct error *e)
{
	const struct taken *t = &d->dumps.first;
	struct dumped first = {.words = {t->words[0], t->words[1], t->words[2]}, .specimens = SPECIMENS};

	for (int i = 0; i < FILE_WORDS && d->dumps.targets_count < TARGETS_MAX; i++) {
		enum pointer_kind kind = pointer_kind(&first, (size_t)i);

		if (points_into_file(d, i))
			continue;
		if ((kind == POINTER_EACH || kind == POINTER_LAST || kind == POINTER_MIDDLE) &&
		    define_candidate(d, i, kind, e))
			return -1;
	}
	return 0;
}

/* Registers and stack slots that may hold the struct pt_regs * in all calls. */
static int define_regs(struct discovery *d, struct error *e)
{
	const struct arch *a = d->arch;
	const int offsets[REGS_FIELDS] = {
		[REGS_FD] = a->sys_fd,	 [REGS_MODE] = a->sys_mode, [REGS_OFFSET] = a->sys_offset,
		[REGS_LEN] = a->sys_len, [REGS_NR] = a->sys_nr,
	};
	struct args args = {0};

	for (int i = AT_SAVED; i < FIRST_WORDS && d->dumps.regs_count < REGS_MAX; i++) {
		char *place = d->dumps.regs_place[d->dumps.regs_count];
		int ok = 0;

		for (int f = 0; f < SPECIMENS; f++)
			ok += may_be_regs(d->dumps.first.words[f][i], d->dumps.first.words[f][AT_SP],
					  (size_t)a->regs_size);
		if (ok != SPECIMENS)
			continue;
		if (i < AT_STACK)
			snprintf(place, sizeof(d->dumps.regs_place[0]), "%s", a->saved[i - AT_SAVED]);
		else
			snprintf(place, sizeof(d->dumps.regs_place[0]), "$stack%d", i - AT_STACK);
		for (int k = 0; k < REGS_FIELDS; k++)
			args_add(&args, " +%d(%s):u64", offsets[k], place);
		d->dumps.regs_word[d->dumps.regs_count++] = i;
	}
	if (!d->dumps.regs_count)
		return 0;
	d->dumps.regs.dump = define(d, 'p', "regs", "vfs_fallocate", &args, e);
	return d->dumps.regs.dump ? 0 : -1;
}

/* The wrapper's first bytes; which of its possible names this kernel has shows on the way. */
static void define_code(struct discovery *d)
{
	struct error ignored;

	for (const char *const *name = d->arch->sys; *name && !d->code.dump; name++) {
		struct args args = {0};

		for (int i = 0; i < CODE_WORDS; i++)
			args_add(&args, " @%s+%d:u64", *name, i * 8);
		d->code.dump = define(d, 'p', "code", "vfs_fallocate", &args, &ignored);
		if (d->code.dump)
			d->l->sys = *name;
	}
}

static int second_stage(struct discovery *d, struct error *e)
{
	struct args caller = {0};
	struct error ignored;

	if (define_candidates(d, e) || define_regs(d, e))
		return -1;
	define_code(d);
	if (d->is_deep)
		discover_deep_define(d->dumper, d->arch, &d->dumps.first, &d->deep);
	/*
	 * Not by a return probe: where somebody else has one there, the address of
	 * that is seen. An entry's newest probe comes first, before theirs put it there.
	 */
	args_add(&caller, " %s:u64", d->arch->caller);
	if (!d->l->exit_args || d->is_deep)
		d->back = define(d, 'p', "back", "shmem_fallocate", &caller, &ignored);
	if (dumper_arm(d->dumper, e))
		return -1;
	for (int i = 0; i < SPECIMENS; i++) {
		specimen_call(&d->specimens[i]);
		if (dumper_collect(d->dumper, e))
			return -1;
		for (size_t t = 0; t < d->dumps.targets_count; t++)
			take(&d->dumps.targets[t].target, i);
		take(&d->dumps.regs, i);
		take(&d->code, i);
	}
	return 0;
}

/* --- third stage: what the pointers in these point to --- */

static int define_sub(struct discovery *d, struct target *t, struct error *e)
{
	struct args args = {0};
	char name[16];

	find_pointers(t);
	if (!t->sub_count)
		return 0;
	for (size_t i = 0; i < t->sub_count; i++)
		for (int w = 0; w < SUB_STEP; w++)
			args_add(&args, " +%d(+%d(+%d(%s))):u64", w * 8, t->sub_words[i] * 8, t->word * 8,
				 d->arch->args[0]);
	snprintf(name, sizeof(name), "sub%d", t->word);
	t->sub.dump = define(d, 'p', name, "vfs_fallocate", &args, e);
	return t->sub.dump ? 0 : -1;
}

static int third_stage(struct discovery *d, struct error *e)
{
	for (size_t t = 0; t < d->dumps.targets_count; t++)
		if (define_sub(d, &d->dumps.targets[t], e))
			return -1;
	if (dumper_arm(d->dumper, e))
		return -1;
	for (int i = 0; i < SPECIMENS; i++) {
		specimen_call(&d->specimens[i]);
		if (dumper_collect(d->dumper, e))
			return -1;
		for (size_t t = 0; t < d->dumps.targets_count; t++)
			take(&d->dumps.targets[t].sub, i);
	}
	return 0;
}

/* Where vfs_fallocate goes on after the filesystem; 0: not known. */
static uint64_t back(const struct discovery *d)
{
	uint64_t to = d->back && d->back->ip ? d->back->words[0] : 0;
	uint64_t entry = d->dumps.first.dump->ip;

	return to > entry && to - entry < FUNCTION_MAX ? to : 0;
}

/* --- fourth stage: places in code --- */

static int fourth_stage(struct discovery *d, struct error *e)
{
	const struct dump *first = d->dumps.first.dump;
	struct code_hints h = {
		.code = d->code.dump ? d->code.words[0] : NULL,
		.entry = first->ip,
		.back = d->l->exit_args ? 0 : back(d),
		.file = d->dumps.first.words[0][AT_POINTER],
		.regs = find_regs_value(&d->dumps, d->l),
	};

	return discover_code(d->dumper, d->arch, &h, d->specimens, d->l, e);
}

/* What the kernel takes and has shows by its answer to a line; that these are armed with the others does no harm. */
static void ask_kernel(struct discovery *d)
{
	struct args args = {.text = " +0($arg1):u64", .count = 1}, none = {0};
	struct error ignored;

	d->l->exit_args = define(d, 'r', "exit", "vfs_fallocate", &args, &ignored) != NULL;
	for (const char *const *name = d->arch->compat; *name && !d->l->compat; name++)
		if (define(d, 'p', "compat", *name, &none, &ignored))
			d->l->compat = *name;
}

static void find_truncate(struct discovery *d)
{
	uint64_t inodes[SPECIMENS];

	for (int i = 0; i < SPECIMENS; i++)
		inodes[i] = d->dumps.first.words[i][d->l->f_inode / 8];
	discover_truncate(d->dumper, d->arch, d->specimens, inodes, d->l);
}

int discover(const char *tracing, const struct arch *a, struct specimen s[SPECIMENS], const char *xfs_dir, bool related,
	     bool deep, struct layout *l, struct error *e)
{
	struct discovery *d = calloc(1, sizeof(*d));
	int result = -1;

	if (!d)
		return error_errno(e, "out of memory");
	layout_init(l);
	d->arch = a;
	d->specimens = s;
	d->l = l;
	d->is_deep = deep;
	d->dumper = dumper_open(tracing, e);
	if (d->dumper) {
		ask_kernel(d);
		result = first_stage(d, e) || second_stage(d, e);
		if (!result) {
			find_in_targets(&d->dumps, s, l);
			l->follow = any_word_may_be_followed(d->dumps.first.words[0][AT_POINTER]);
			if (deep) {
				discover_deep_find(&d->deep, l);
				l->vfs_back = back(d);
			}
			if (l->follow)
				find_enter_regs(&d->dumps, s, a, l);
			result = third_stage(d, e);
		}
		if (!result) {
			find_in_subs(&d->dumps, s, l);
			result = fourth_stage(d, e);
		}
		if (!result && xfs_dir)
			discover_xfs(d->dumper, a, xfs_dir, l);
		if (!result && related && l->f_inode != NO_OFFSET)
			find_truncate(d);
		if (!result)
			result = dumper_disarm(d->dumper, e);
	}
	dumper_close(d->dumper);
	free(d);
	return result ? -1 : 0;
}
