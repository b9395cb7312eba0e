/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "paper.h"

const struct offsets v5_10 = {
	.f_inode = 32,
	.f_dentry = 24,
	.f_mnt = 16,
	.f_cred = 144,
	.f_mapping = 216,
	.i_sb = 40,
	.i_ino = 64,
	.i_size = 80,
	.i_blocks = 144,
	.s_dev = 16,
	.d_parent = 24,
	.d_name = 40,
	.d_inline = 56,
	.mnt_id = 252,
	.fsuid = 28,
};

const struct offsets v6_12 = {
	.f_inode = 40,
	.f_dentry = 72,
	.f_mnt = 64,
	.f_cred = 56,
	.f_mapping = 16,
	.i_sb = 40,
	.i_ino = 64,
	.i_size = 80,
	.i_blocks = 136,
	.s_dev = 16,
	.d_parent = 24,
	.d_name = 40,
	.d_inline = 56,
	.mnt_id = 284,
	.fsuid = 32,
};

/* --- memory --- */

struct object *paper_object(struct paper *k)
{
	struct object *o = &k->objects[k->count++];

	assert_in_range(k->count, 1, OBJECTS);
	/* As with 5-level page tables; objects lie one behind the other, as in a slab. */
	o->addr = 0xff11000004000000 + k->count * OBJECT_SIZE;
	return o;
}

void object_put64(struct object *o, int at, uint64_t v)
{
	memcpy(o->bytes + at, &v, sizeof(v));
}

void object_put32(struct object *o, int at, uint32_t v)
{
	memcpy(o->bytes + at, &v, sizeof(v));
}

/* False: a fault. */
static bool peek(const struct paper *k, uint64_t addr, uint64_t *v)
{
	uint64_t base = k->objects[0].addr, end = base + k->count * OBJECT_SIZE;

	if (addr < base || addr + sizeof(*v) > end)
		return false;
	/* Objects are contiguous in addresses, their bytes are not. */
	for (size_t i = 0; i < sizeof(*v); i++) {
		uint64_t at = addr + i - base;

		((unsigned char *)v)[i] = k->objects[at / OBJECT_SIZE].bytes[at % OBJECT_SIZE];
	}
	return true;
}

/* As "+last(+…(+first(base)))": the last argument is the outermost offset. */
static uint64_t fetch(const struct paper *k, uint64_t base, const int *offsets, size_t count)
{
	uint64_t v = base;

	for (size_t i = 0; i < count; i++)
		if (!peek(k, v + (uint64_t)offsets[i], &v))
			return GARBAGE;
	return v;
}

/* --- the three specimens --- */

void paper_truth(struct specimen *s)
{
	s[0] = (struct specimen){.fd = 5,
				 .ino = 1031,
				 .size = 0x7a5c3001,
				 .blocks = 40,
				 .dev = 1,
				 .mnt = 12,
				 .mode = 1,
				 .offset = 4096,
				 .len = 4096,
				 .name = "memfd:a",
				 .parent = "memfd:a"};
	s[1] = (struct specimen){.fd = 7,
				 .ino = 1032,
				 .size = 0x1c3d5e7003,
				 .blocks = 88,
				 .dev = 1,
				 .mnt = 12,
				 .fsuid = 1987654321,
				 .mode = 1,
				 .offset = 12288,
				 .len = 8192,
				 .name = "memfd:b",
				 .parent = "memfd:b"};
	s[2] = (struct specimen){.fd = 6,
				 .ino = 7777,
				 .size = 867416,
				 .blocks = 1696,
				 .dev = 254 << 20 | 1,
				 .mnt = 28,
				 .offset = 28672,
				 .len = 12288,
				 .name = "falloctrace",
				 .parent = "build"};
}

static void make_dentry(struct object *d, const struct offsets *o, const char *name, uint64_t parent)
{
	memcpy(d->bytes + o->d_inline, name, strlen(name) + 1);
	object_put64(d, o->d_name, d->addr + (uint64_t)o->d_inline);
	object_put64(d, o->d_parent, parent);
	object_put64(d, 8, 0xff11000f00000000); /* d_hash: leads out of what is mapped here */
}

static void make_inode(struct object *i, const struct offsets *o, const struct specimen *s, uint64_t super)
{
	object_put64(i, o->i_sb, super);
	object_put64(i, o->i_ino, s->ino);
	object_put64(i, o->i_size, s->size);
	object_put64(i, o->i_blocks, s->blocks);
	object_put64(i, 368, i->addr); /* i_data.host */
}

static void make_file(struct object *f, const struct offsets *o, const struct paper *k, int i)
{
	object_put64(f, o->f_inode, k->inode[i]->addr);
	object_put64(f, o->f_dentry, k->dentry[i]->addr);
	object_put64(f, o->f_mnt, k->mount[i == 2]->addr);
	object_put64(f, o->f_cred, k->cred[i == 1]->addr);
	object_put64(f, o->f_mapping, k->inode[i]->addr + 368);
	object_put64(f, 0, 3); /* counters, flags: no pointers */
	object_put64(f, 120, 0x4a801f);
}

void paper_machine(struct paper *k, const struct offsets *o)
{
	paper_truth(k->s);
	layout_init(&k->l);
	for (int i = 0; i < 2; i++) {
		k->super[i] = paper_object(k);
		k->mount[i] = paper_object(k);
		k->cred[i] = paper_object(k);
		object_put32(k->super[i], o->s_dev, k->s[i * 2].dev);
		object_put32(k->mount[i], o->mnt_id, k->s[i * 2].mnt);
		object_put32(k->cred[i], o->fsuid, k->s[i].fsuid);
		/* uid and euid of both are root's, and so are the first halves */
		object_put32(k->cred[i], 0, 3);
	}
	for (int i = 0; i < SPECIMENS; i++)
		k->inode[i] = paper_object(k); /* neighbours */
	for (int i = 0; i < SPECIMENS; i++) {
		k->file[i] = paper_object(k);
		k->dentry[i] = paper_object(k);
	}
	k->parent = paper_object(k);
	make_dentry(k->parent, o, k->s[2].parent, k->parent->addr);
	for (int i = 0; i < SPECIMENS; i++) {
		make_inode(k->inode[i], o, &k->s[i], k->super[i == 2]->addr);
		make_dentry(k->dentry[i], o, k->s[i].name, (i == 2 ? k->parent : k->dentry[i])->addr);
		make_file(k->file[i], o, k, i);
	}
}

/* --- the dumps, in the order that dumps.h gives --- */

static void dump_target(const struct paper *k, struct target *t, int i)
{
	for (int w = 0; w < TARGET_WORDS; w++)
		t->target.words[i][w] = fetch(k, k->file[i]->addr, (int[]){t->word * 8, w * 8}, 2);
}

static void dump_subs(struct paper *k)
{
	for (size_t n = 0; n < k->dumps.targets_count; n++) {
		struct target *t = &k->dumps.targets[n];

		find_pointers(t);
		for (size_t w = 0; w < t->sub_count * SUB_STEP; w++)
			for (int i = 0; i < SPECIMENS; i++)
				t->sub.words[i][w] = fetch(k, k->file[i]->addr,
							   (int[]){t->word * 8, t->sub_words[w / SUB_STEP] * 8,
								   (int)(w % SUB_STEP) * 8},
							   3);
	}
}

void paper_dump(struct paper *k)
{
	const uint64_t *words[SPECIMENS];
	struct dumped files = {.specimens = SPECIMENS};

	for (int i = 0; i < SPECIMENS; i++) {
		for (int w = 0; w < FILE_WORDS; w++)
			k->dumps.first.words[i][w] = fetch(k, k->file[i]->addr, &(int){w * 8}, 1);
		words[i] = k->dumps.first.words[i];
		files.words[i] = words[i];
	}
	for (int w = 0; w < FILE_WORDS; w++) {
		enum pointer_kind kind = pointer_kind(&files, (size_t)w);
		struct target *t = &k->dumps.targets[k->dumps.targets_count];

		if (kind == POINTER_NONE || kind == POINTER_OTHER)
			continue;
		assert_in_range(++k->dumps.targets_count, 1, TARGETS_MAX);
		t->word = w;
		t->kind = kind;
		for (int i = 0; i < SPECIMENS; i++)
			dump_target(k, t, i);
	}
}

void find_on_paper(struct paper *k)
{
	find_in_targets(&k->dumps, k->s, &k->l);
	dump_subs(k);
	find_in_subs(&k->dumps, k->s, &k->l);
}

void discover_on_paper(struct paper *k)
{
	paper_dump(k);
	find_on_paper(k);
}

void expect_offsets(const struct layout *l, const struct offsets *o)
{
	assert_int_equal(l->f_inode, o->f_inode);
	assert_int_equal(l->f_dentry, o->f_dentry);
	assert_int_equal(l->f_mnt, o->f_mnt);
	assert_int_equal(l->f_cred, o->f_cred);
	assert_int_equal(l->i_sb, o->i_sb);
	assert_int_equal(l->i_ino, o->i_ino);
	assert_int_equal(l->i_size, o->i_size);
	assert_int_equal(l->i_blocks, o->i_blocks);
	assert_int_equal(l->s_dev, o->s_dev);
	assert_int_equal(l->d_parent, o->d_parent);
	assert_int_equal(l->d_name, o->d_name);
	assert_int_equal(l->mnt_id, o->mnt_id);
	assert_int_equal(l->fsuid, o->fsuid);
}

int paper_setup(void **state)
{
	*state = calloc(1, sizeof(struct paper));
	return !*state;
}

int paper_teardown(void **state)
{
	free(*state);
	return 0;
}
