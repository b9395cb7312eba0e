// SPDX-License-Identifier: MIT
#include "kernel/find.h"

#include <stdbool.h>
#include <string.h>

static struct dumped dumped(const struct taken *t, size_t specimens)
{
	return (struct dumped){.words = {t->words[0], t->words[1], t->words[2]}, .specimens = specimens};
}

static bool find_inode(const struct target *c, const struct specimen *s, struct layout *l)
{
	uint64_t ino[SPECIMENS], size[SPECIMENS], blocks[SPECIMENS];
	uint32_t dev[SPECIMENS];
	/* The third may be a stacked filesystem's: only its device is sure. */
	struct dumped target = dumped(&c->target, SPECIMENS - 1);
	struct dumped sub = dumped(&c->sub, SPECIMENS);
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
			l->i_sb = i * 8;
			l->s_dev = at;
		}
	}
	return true;
}

static bool find_dentry(const struct target *c, const struct specimen *s, struct layout *l)
{
	const char *names[SPECIMENS], *parents[SPECIMENS];
	struct dumped sub = dumped(&c->sub, SPECIMENS);
	struct dumped target = dumped(&c->target, SPECIMENS);
	int at;

	for (int i = 0; i < SPECIMENS; i++) {
		names[i] = s[i].name;
		parents[i] = s[i].parent;
	}
	at = search_text(&sub, 0, SUB_COUNT * SUB_STEP, SUB_STEP, names);
	if (at == SEARCH_NONE)
		return false;
	l->f_dentry = c->word * 8;
	l->d_name = at / SUB_STEP * 8;
	at = l->d_name / 8 - NAME_FROM;
	if (at < 0 || at >= NAME_COUNT)
		return true;
	at = search_text(&target, TARGET_WORDS + (size_t)at, TARGET_WORDS + PARENT_COUNT * NAME_COUNT, NAME_COUNT,
			 parents);
	if (at != SEARCH_NONE)
		l->d_parent = (PARENT_FROM + (at - TARGET_WORDS) / NAME_COUNT) * 8;
	return true;
}

static void find_in_target(const struct target *c, const struct specimen *s, struct layout *l)
{
	struct dumped target = dumped(&c->target, SPECIMENS);
	uint32_t mnt[SPECIMENS], fsuid[SPECIMENS];
	int at;

	for (int i = 0; i < SPECIMENS; i++) {
		mnt[i] = s[i].mnt;
		fsuid[i] = s[i].fsuid;
	}
	if (c->kind == POINTER_EACH) {
		if (l->f_inode == NO_OFFSET && find_inode(c, s, l))
			return;
		if (l->f_dentry == NO_OFFSET)
			find_dentry(c, s, l);
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

void find_offsets(const struct dumps *d, const struct specimen s[SPECIMENS], struct layout *l)
{
	for (size_t i = 0; i < d->targets_count; i++)
		find_in_target(&d->targets[i], s, l);
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
