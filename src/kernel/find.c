// SPDX-License-Identifier: MIT
#include "kernel/find.h"

#include <stdbool.h>
#include <string.h>

static struct dumped dumped(const struct taken *t, size_t specimens)
{
	return (struct dumped){.words = {t->words[0], t->words[1], t->words[2]}, .specimens = specimens};
}

static void find_inode(const struct target *t, const struct specimen *s, struct layout *l)
{
	/* The third may be a stacked filesystem's: only its device is sure. */
	struct dumped target = dumped(&t->target, SPECIMENS - 1);
	uint64_t ino[SPECIMENS], size[SPECIMENS], blocks[SPECIMENS];
	int i_ino, i_size, i_blocks;

	for (int i = 0; i < SPECIMENS; i++) {
		ino[i] = s[i].ino;
		size[i] = s[i].size;
		blocks[i] = s[i].blocks;
	}
	i_size = search_word(&target, 0, TARGET_WORDS, 1, size);
	i_ino = search_word(&target, 0, TARGET_WORDS, 1, ino);
	i_blocks = search_word(&target, 0, TARGET_WORDS, 1, blocks);
	if (i_size == SEARCH_NONE || i_ino == SEARCH_NONE)
		return;
	l->f_inode = t->word * 8;
	l->i_size = i_size * 8;
	l->i_ino = i_ino * 8;
	if (i_blocks != SEARCH_NONE)
		l->i_blocks = i_blocks * 8;
}

static void find_mount(const struct target *t, const struct specimen *s, struct layout *l)
{
	struct dumped target = dumped(&t->target, SPECIMENS);
	uint32_t mnt[SPECIMENS];
	int at;

	for (int i = 0; i < SPECIMENS; i++)
		mnt[i] = s[i].mnt;
	at = search_half(&target, 0, TARGET_WORDS, mnt);
	if (at == SEARCH_NONE)
		return;
	l->f_mnt = t->word * 8;
	l->mnt_id = at;
}

static void find_cred(const struct target *t, const struct specimen *s, struct layout *l)
{
	struct dumped target = dumped(&t->target, SPECIMENS);
	uint32_t fsuid[SPECIMENS];
	int at;

	for (int i = 0; i < SPECIMENS; i++)
		fsuid[i] = s[i].fsuid;
	at = search_half(&target, 0, TARGET_WORDS, fsuid);
	if (at == SEARCH_NONE)
		return;
	l->f_cred = t->word * 8;
	l->fsuid = at;
}

void find_in_targets(const struct dumps *d, const struct specimen s[SPECIMENS], struct layout *l)
{
	for (size_t i = 0; i < d->targets_count; i++) {
		const struct target *t = &d->targets[i];

		if (t->kind == POINTER_EACH && l->f_inode == NO_OFFSET)
			find_inode(t, s, l);
		else if (t->kind == POINTER_LAST && l->f_mnt == NO_OFFSET)
			find_mount(t, s, l);
		else if (t->kind == POINTER_MIDDLE && l->f_cred == NO_OFFSET)
			find_cred(t, s, l);
	}
}

void find_pointers(struct target *t)
{
	struct dumped target = dumped(&t->target, SPECIMENS);

	t->sub_count = 0;
	for (int i = 0; i < SUB_COUNT && t->kind == POINTER_EACH; i++)
		if (pointer_kind(&target, (size_t)i) != POINTER_NONE)
			t->sub_words[t->sub_count++] = i;
}

static void find_super(const struct target *t, const struct specimen *s, struct layout *l)
{
	struct dumped sub = dumped(&t->sub, SPECIMENS);
	uint32_t dev[SPECIMENS];

	for (int i = 0; i < SPECIMENS; i++)
		dev[i] = s[i].dev;
	for (size_t i = 0; i < t->sub_count && l->i_sb == NO_OFFSET; i++) {
		int at = search_half(&sub, i * SUB_STEP, (i + 1) * SUB_STEP, dev);

		if (at != SEARCH_NONE) {
			l->i_sb = t->sub_words[i] * 8;
			l->s_dev = at;
		}
	}
}

/*
 * A memfd's dentry is its own parent, and our program's is not. No other word
 * points to its own dentry's beginning; the self-check compares the names.
 */
static int find_parent(const struct dumps *d, const struct target *t)
{
	for (size_t i = 0; i < t->sub_count; i++) {
		int own = 0, word = t->sub_words[i];

		for (int f = 0; f < SPECIMENS; f++)
			own += (t->target.words[f][word] == d->first.words[f][t->word]) == (f < SPECIMENS - 1);
		if (own == SPECIMENS)
			return word * 8;
	}
	return NO_OFFSET;
}

static void find_dentry(const struct dumps *d, const struct target *t, const struct specimen *s, struct layout *l)
{
	struct dumped sub = dumped(&t->sub, SPECIMENS);
	const char *names[SPECIMENS];
	int at;

	for (int i = 0; i < SPECIMENS; i++)
		names[i] = s[i].name;
	at = search_text(&sub, 0, t->sub_count * SUB_STEP, SUB_STEP, names);
	if (at == SEARCH_NONE)
		return;
	l->f_dentry = t->word * 8;
	l->d_name = t->sub_words[at / SUB_STEP] * 8;
	l->d_parent = find_parent(d, t);
}

void find_in_subs(const struct dumps *d, const struct specimen s[SPECIMENS], struct layout *l)
{
	for (size_t i = 0; i < d->targets_count; i++) {
		const struct target *t = &d->targets[i];

		if (t->word * 8 == l->f_inode)
			find_super(t, s, l);
		else if (l->f_dentry == NO_OFFSET)
			find_dentry(d, t, s, l);
	}
}

static bool holds_call(const uint64_t *words, const struct specimen *s, const struct arch *a)
{
	return (int32_t)words[REGS_FD] == s->fd && (int32_t)words[REGS_MODE] == s->mode &&
	       (int64_t)words[REGS_OFFSET] == s->offset && (int64_t)words[REGS_LEN] == s->len &&
	       (int64_t)words[REGS_NR] == a->nr;
}

void find_enter_regs(const struct dumps *d, const struct specimen s[SPECIMENS], const struct arch *a, struct layout *l)
{
	for (size_t r = 0; r < d->regs_count && !l->enter_regs[0]; r++) {
		int ok = 0;

		for (int i = 0; i < SPECIMENS; i++)
			ok += holds_call(&d->regs.words[i][r * REGS_FIELDS], &s[i], a);
		if (ok == SPECIMENS)
			memcpy(l->enter_regs, d->regs_place[r], sizeof(l->enter_regs));
	}
}

uint64_t find_regs_value(const struct dumps *d, const struct layout *l)
{
	for (size_t r = 0; r < d->regs_count && l->enter_regs[0]; r++)
		if (!strcmp(l->enter_regs, d->regs_place[r]))
			return d->first.words[0][d->regs_word[r]];
	return 0;
}
