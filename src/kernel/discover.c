// SPDX-License-Identifier: MIT
#include "kernel/discover.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/discover_xfs.h"
#include "kernel/dumper.h"
#include "kernel/search.h"

/* First stage: what each argument of the one probe is. */
#define FILE_WORDS 32 /* struct file's beginning */
#define STACK_WORDS 24
#define SAVED_MAX 6
enum {
	AT_FILE = 0,
	AT_POINTER = FILE_WORDS,
	AT_SP,
	AT_SAVED,
	AT_STACK = AT_SAVED + SAVED_MAX,
	FIRST_WORDS = AT_STACK + STACK_WORDS
};

/* Second stage: what is dumped of that which a word of struct file points to. */
#define TARGET_WORDS 56 /* of the target itself */
#define SUB_FROM 0	/* … of what its words SUB_FROM … point to: SUB_STEP words each */
#define SUB_COUNT 12
#define SUB_STEP 4
#define PARENT_FROM 1 /* … of what the words of what its words PARENT_FROM … point to point to: first word */
#define PARENT_COUNT 6
#define NAME_FROM 2
#define NAME_COUNT 8
#define CANDIDATES_MAX 10
#define REGS_MAX 10
#define REGS_FIELDS 5
#define CODE_WORDS 32 /* of the system-call wrapper */

/* Third stage */
#define BADFD_MAX 4
#define BADFD_STACK 12

struct args {
	char text[4096];
	size_t count;
};

__attribute__((format(printf, 2, 3))) static void add(struct args *a, const char *fmt, ...)
{
	size_t used = strlen(a->text);
	va_list list;

	va_start(list, fmt);
	vsnprintf(a->text + used, sizeof(a->text) - used, fmt, list);
	va_end(list);
	a->count++;
}

/* A dump and a copy of its words for each specimen. */
struct taken {
	struct dump *dump;
	uint64_t words[SPECIMENS][DUMP_WORDS];
};

struct candidate {
	int word; /* of struct file */
	enum pointer_kind kind;
	struct taken target, sub;
};

struct discovery {
	const struct arch *arch;
	struct specimen *specimens;
	struct dumper *dumper;
	struct layout *l;
	struct taken first, regs, code;
	struct dump *back; /* the return of the memfds' own fallocate */
	char regs_place[REGS_MAX][16];
	size_t regs_count;
	struct candidate candidates[CANDIDATES_MAX];
	size_t candidates_count;
	struct dump *badfd[BADFD_MAX];
	int badfd_offsets[BADFD_MAX];
	size_t badfd_count;
	struct dump *done;
};

static struct dumped dumped(const struct taken *t, size_t specimens)
{
	return (struct dumped){.words = {t->words[0], t->words[1], t->words[2]}, .specimens = specimens};
}

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
		add(&args, " +%d(%s):u64", i * 8, a->args[0]);
	add(&args, " %s:u64", a->args[0]);
	add(&args, " $stack:u64");
	for (int i = 0; i < SAVED_MAX; i++)
		add(&args, " %s:u64", a->saved[i]);
	for (int i = 0; i < STACK_WORDS; i++)
		add(&args, " $stack%d:u64", i);
	d->first.dump = define(d, 'p', "first", "vfs_fallocate", &args, e);
	if (!d->first.dump || dumper_arm(d->dumper, e))
		return -1;
	for (int i = 0; i < SPECIMENS; i++) {
		specimen_call(&d->specimens[i]);
		if (dumper_collect(d->dumper, e))
			return -1;
		if (!d->first.dump->hit)
			return error_unsupported(e, "a probe on vfs_fallocate was not hit by a call of our own");
		take(&d->first, i);
	}
	return 0;
}

/* --- second stage: what the pointers in struct file, and those on the stack, point to --- */

static int define_candidate(struct discovery *d, int word, enum pointer_kind kind, struct error *e)
{
	struct candidate *c = &d->candidates[d->candidates_count];
	const char *file = d->arch->args[0];
	struct args target = {0}, sub = {0};
	char name[16];

	for (int i = 0; i < TARGET_WORDS; i++)
		add(&target, " +%d(+%d(%s)):u64", i * 8, word * 8, file);
	for (int p = PARENT_FROM; kind == POINTER_EACH && p < PARENT_FROM + PARENT_COUNT; p++)
		for (int n = NAME_FROM; n < NAME_FROM + NAME_COUNT; n++)
			add(&target, " +0(+%d(+%d(+%d(%s)))):u64", n * 8, p * 8, word * 8, file);
	snprintf(name, sizeof(name), "target%d", word);
	c->target.dump = define(d, 'p', name, "vfs_fallocate", &target, e);
	if (!c->target.dump)
		return -1;
	for (int i = 0; kind == POINTER_EACH && i < SUB_COUNT * SUB_STEP; i++)
		add(&sub, " +%d(+%d(+%d(%s))):u64", i % SUB_STEP * 8, (SUB_FROM + i / SUB_STEP) * 8, word * 8, file);
	snprintf(name, sizeof(name), "sub%d", word);
	if (kind == POINTER_EACH && !(c->sub.dump = define(d, 'p', name, "vfs_fallocate", &sub, e)))
		return -1;
	c->word = word;
	c->kind = kind;
	d->candidates_count++;
	return 0;
}

/* A list head of struct file that is empty: it points to itself. */
static bool points_into_file(const struct discovery *d, int word)
{
	const uint64_t *first = d->first.words[0];

	return first[word] - first[AT_POINTER] < FILE_WORDS * sizeof(uint64_t);
}

static int define_candidates(struct discovery *d, struct error *e)
{
	struct dumped first = dumped(&d->first, SPECIMENS);

	for (int i = 0; i < FILE_WORDS && d->candidates_count < CANDIDATES_MAX; i++) {
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
	const int offsets[REGS_FIELDS] = {a->sys_fd, a->sys_mode, a->sys_offset, a->sys_len, a->sys_nr};
	struct args args = {0};

	for (int i = AT_SAVED; i < FIRST_WORDS && d->regs_count < REGS_MAX; i++) {
		char *place = d->regs_place[d->regs_count];
		int ok = 0;

		for (int f = 0; f < SPECIMENS; f++)
			ok += may_be_regs(d->first.words[f][i], d->first.words[f][AT_SP], (size_t)a->regs_size);
		if (ok != SPECIMENS)
			continue;
		if (i < AT_STACK)
			snprintf(place, sizeof(d->regs_place[0]), "%s", a->saved[i - AT_SAVED]);
		else
			snprintf(place, sizeof(d->regs_place[0]), "$stack%d", i - AT_STACK);
		for (int k = 0; k < REGS_FIELDS; k++)
			add(&args, " +%d(%s):u64", offsets[k], place);
		d->regs_count++;
	}
	if (!d->regs_count)
		return 0;
	d->regs.dump = define(d, 'p', "regs", "vfs_fallocate", &args, e);
	return d->regs.dump ? 0 : -1;
}

/* The wrapper's first bytes; which of its possible names this kernel has shows on the way. */
static void define_code(struct discovery *d)
{
	struct error ignored;

	for (const char *const *name = d->arch->sys; *name && !d->code.dump; name++) {
		struct args args = {0};

		for (int i = 0; i < CODE_WORDS; i++)
			add(&args, " @%s+%d:u64", *name, i * 8);
		d->code.dump = define(d, 'p', "code", "vfs_fallocate", &args, &ignored);
		if (d->code.dump)
			d->l->sys = *name;
	}
}

static int second_stage(struct discovery *d, struct error *e)
{
	struct args none = {0};
	struct error ignored;

	if (define_candidates(d, e) || define_regs(d, e))
		return -1;
	define_code(d);
	if (!d->l->exit_args)
		d->back = define(d, 'r', "back", "shmem_fallocate", &none, &ignored);
	if (dumper_arm(d->dumper, e))
		return -1;
	for (int i = 0; i < SPECIMENS; i++) {
		specimen_call(&d->specimens[i]);
		if (dumper_collect(d->dumper, e))
			return -1;
		for (size_t c = 0; c < d->candidates_count; c++) {
			take(&d->candidates[c].target, i);
			take(&d->candidates[c].sub, i);
		}
		take(&d->regs, i);
		take(&d->code, i);
	}
	return 0;
}

static bool find_inode(struct discovery *d, const struct candidate *c)
{
	const struct specimen *s = d->specimens;
	uint64_t ino[SPECIMENS], size[SPECIMENS], blocks[SPECIMENS];
	uint32_t dev[SPECIMENS];
	/* The third may be a stacked filesystem's: only its device is sure. */
	struct dumped target = dumped(&c->target, SPECIMENS - 1);
	struct dumped sub = dumped(&c->sub, SPECIMENS);
	struct layout *l = d->l;
	int i_ino, i_size, i_blocks;

	for (int i = 0; i < SPECIMENS; i++) {
		ino[i] = s[i].ino;
		size[i] = s[i].size;
		blocks[i] = s[i].blocks;
		dev[i] = s[i].dev;
	}
	i_size = search_word(&target, 0, TARGET_WORDS, 1, size);
	i_ino = search_word(&target, 0, TARGET_WORDS, 1, ino);
	i_blocks = search_word(&target, 0, TARGET_WORDS, 1, blocks);
	if (i_size == SEARCH_NONE || i_ino == SEARCH_NONE)
		return false;
	l->f_inode = c->word * 8;
	l->i_size = i_size * 8;
	l->i_ino = i_ino * 8;
	if (i_blocks != SEARCH_NONE)
		l->i_blocks = i_blocks * 8;
	for (int i = 0; i < SUB_COUNT && l->i_sb == NO_OFFSET; i++) {
		int at = search_half(&sub, (size_t)i * SUB_STEP, ((size_t)i + 1) * SUB_STEP, dev);

		if (at != SEARCH_NONE) {
			l->i_sb = (SUB_FROM + i) * 8;
			l->s_dev = at;
		}
	}
	return true;
}

static bool find_dentry(struct discovery *d, const struct candidate *c)
{
	const char *names[SPECIMENS], *parents[SPECIMENS];
	struct dumped sub = dumped(&c->sub, SPECIMENS);
	struct dumped target = dumped(&c->target, SPECIMENS);
	int at;

	for (int i = 0; i < SPECIMENS; i++) {
		names[i] = d->specimens[i].name;
		parents[i] = d->specimens[i].parent;
	}
	at = search_text(&sub, 0, SUB_COUNT * SUB_STEP, SUB_STEP, names);
	if (at == SEARCH_NONE)
		return false;
	d->l->f_dentry = c->word * 8;
	d->l->d_name = (SUB_FROM + at / SUB_STEP) * 8;
	at = d->l->d_name / 8 - NAME_FROM;
	if (at < 0 || at >= NAME_COUNT)
		return true;
	at = search_text(&target, TARGET_WORDS + (size_t)at, TARGET_WORDS + PARENT_COUNT * NAME_COUNT, NAME_COUNT,
			 parents);
	if (at != SEARCH_NONE)
		d->l->d_parent = (PARENT_FROM + (at - TARGET_WORDS) / NAME_COUNT) * 8;
	return true;
}

static void find_in_candidate(struct discovery *d, const struct candidate *c)
{
	struct dumped target = dumped(&c->target, SPECIMENS);
	struct layout *l = d->l;
	uint32_t mnt[SPECIMENS], fsuid[SPECIMENS];
	int at;

	for (int i = 0; i < SPECIMENS; i++) {
		mnt[i] = d->specimens[i].mnt;
		fsuid[i] = d->specimens[i].fsuid;
	}
	if (c->kind == POINTER_EACH) {
		if (l->f_inode == NO_OFFSET && find_inode(d, c))
			return;
		if (l->f_dentry == NO_OFFSET)
			find_dentry(d, c);
	} else if (c->kind == POINTER_LAST && l->f_mnt == NO_OFFSET) {
		at = search_half(&target, 0, TARGET_WORDS, mnt);
		if (at != SEARCH_NONE) {
			l->f_mnt = c->word * 8;
			l->mnt_id = at;
		}
	} else if (c->kind == POINTER_MIDDLE && l->f_cred == NO_OFFSET) {
		at = search_half(&target, 0, TARGET_WORDS, fsuid);
		if (at != SEARCH_NONE) {
			l->f_cred = c->word * 8;
			l->fsuid = at;
		}
	}
}

/* The place whose pt_regs held the arguments of all three calls. */
static void find_regs(struct discovery *d)
{
	for (size_t r = 0; r < d->regs_count && !d->l->enter_regs[0]; r++) {
		int ok = 0;

		for (int i = 0; i < SPECIMENS; i++) {
			const uint64_t *w = &d->regs.words[i][r * REGS_FIELDS];
			const struct specimen *s = &d->specimens[i];

			ok += (int32_t)w[0] == s->fd && (int32_t)w[1] == s->mode && (int64_t)w[2] == s->offset &&
			      (int64_t)w[3] == s->len && (int64_t)w[4] == d->arch->nr;
		}
		if (ok == SPECIMENS)
			memcpy(d->l->enter_regs, d->regs_place[r], sizeof(d->l->enter_regs));
	}
}

/* --- third stage: places in code --- */

static void define_badfd(struct discovery *d)
{
	const struct arch *a = d->arch;
	struct args args = {0};
	struct error ignored;
	char where[96], name[16];

	if (!a->badfd_code || !d->code.dump || !d->l->enter_regs[0])
		return;
	for (int i = 0; i < SAVED_MAX; i++) {
		add(&args, " +%d(%s):u64", a->sys_fd, a->saved[i]);
		add(&args, " +%d(%s):u64", a->sys_nr, a->saved[i]);
	}
	for (int i = 0; i < BADFD_STACK; i++) {
		add(&args, " +%d($stack%d):u64", a->sys_fd, i);
		add(&args, " +%d($stack%d):u64", a->sys_nr, i);
	}
	d->badfd_count = search_badfd((const unsigned char *)d->code.words[0], CODE_WORDS * 8, d->badfd_offsets,
				      BADFD_MAX);
	for (size_t i = 0; i < d->badfd_count; i++) {
		snprintf(where, sizeof(where), "%s+%d", d->l->sys, d->badfd_offsets[i]);
		snprintf(name, sizeof(name), "badfd%zu", i);
		/* Beyond the wrapper's end, or inside an instruction: the kernel refuses, or it is not hit. */
		d->badfd[i] = define(d, 'p', name, where, &args, &ignored);
	}
}

static void define_done(struct discovery *d)
{
	struct args args = {0};
	struct error ignored;
	char where[64];

	if (!d->back || !d->back->ip)
		return;
	/* Functions begin at multiples of 16; a probe at the entry may sit behind an endbr64. */
	d->l->done = (int)(d->back->ip - (d->first.dump->ip & ~15ULL));
	snprintf(where, sizeof(where), "vfs_fallocate+%d", d->l->done);
	for (int i = 0; i < SAVED_MAX; i++)
		add(&args, " %s:u64", d->arch->saved[i]);
	d->done = define(d, 'p', "done", where, &args, &ignored);
}

/* A probe that the bad call hits and the good one did not; and where pt_regs is there. */
static void find_badfd(struct discovery *d, size_t i)
{
	const struct dump *dump = d->badfd[i];

	for (size_t p = 0; p < SAVED_MAX + BADFD_STACK && d->l->badfd == NO_OFFSET; p++) {
		if ((uint32_t)dump->words[p * 2] != BADFD_FD || (int64_t)dump->words[p * 2 + 1] != d->arch->nr)
			continue;
		if (p < SAVED_MAX)
			snprintf(d->l->badfd_regs, sizeof(d->l->badfd_regs), "%s", d->arch->saved[p]);
		else
			snprintf(d->l->badfd_regs, sizeof(d->l->badfd_regs), "$stack%zu", p - SAVED_MAX);
		d->l->badfd = d->badfd_offsets[i];
	}
}

static void find_done(struct discovery *d)
{
	for (int i = 0; d->done && d->done->hit && i < SAVED_MAX && !d->l->done_file[0]; i++)
		if (d->done->words[i] == d->first.words[0][AT_POINTER])
			snprintf(d->l->done_file, sizeof(d->l->done_file), "%s", d->arch->saved[i]);
	if (!d->l->done_file[0])
		d->l->done = NO_OFFSET;
}

static int third_stage(struct discovery *d, struct error *e)
{
	bool hit_by_good[BADFD_MAX] = {false};

	define_badfd(d);
	define_done(d);
	if (dumper_arm(d->dumper, e))
		return -1;
	specimen_call(&d->specimens[0]);
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

int discover(const char *tracing, const struct arch *a, struct specimen s[SPECIMENS], const char *xfs_dir,
	     struct layout *l, struct error *e)
{
	struct discovery *d = calloc(1, sizeof(*d));
	int result = -1;

	if (!d)
		return error_errno(e, "out of memory");
	layout_init(l);
	d->arch = a;
	d->specimens = s;
	d->l = l;
	d->dumper = dumper_open(tracing, e);
	if (d->dumper) {
		ask_kernel(d);
		result = first_stage(d, e) || second_stage(d, e);
		for (size_t c = 0; c < d->candidates_count && !result; c++)
			find_in_candidate(d, &d->candidates[c]);
		if (!result) {
			find_regs(d);
			result = third_stage(d, e);
		}
		if (!result && xfs_dir)
			discover_xfs(d->dumper, a, xfs_dir, l);
		if (!result)
			result = dumper_disarm(d->dumper, e);
	}
	dumper_close(d->dumper);
	free(d);
	return result ? -1 : 0;
}
