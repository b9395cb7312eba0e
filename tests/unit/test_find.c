/* SPDX-License-Identifier: MIT */
/*
 * Discovery on a machine made of paper: objects with addresses and bytes, laid
 * out as the kernels that were looked at (5.10, 6.12), and dumps taken of them
 * as the probes would: a fetch through a bad pointer leaves what was there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "kernel/find.h"

#define OBJECTS 32
#define OBJECT_SIZE 1024
#define GARBAGE 0x6b6b6b6b6b6b6b6b /* old bytes of the ring buffer */

struct object {
	uint64_t addr;
	unsigned char bytes[OBJECT_SIZE];
};

struct offsets {
	int f_inode, f_dentry, f_mnt, f_cred, f_mapping;
	int i_sb, i_ino, i_size, i_blocks, s_dev, d_parent, d_name, d_inline, mnt_id, fsuid;
};

static const struct offsets v5_10 = {
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

static const struct offsets v6_12 = {
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

struct paper {
	struct object objects[OBJECTS];
	size_t count;
	struct object *file[SPECIMENS], *inode[SPECIMENS], *dentry[SPECIMENS], *parent;
	struct object *super[2], *mount[2], *cred[2];
	struct specimen s[SPECIMENS];
	struct dumps dumps;
	struct layout l;
};

/* --- memory --- */

static struct object *object(struct paper *k)
{
	struct object *o = &k->objects[k->count++];

	assert_in_range(k->count, 1, OBJECTS);
	/* As with 5-level page tables; objects lie one behind the other, as in a slab. */
	o->addr = 0xff11000004000000 + k->count * OBJECT_SIZE;
	return o;
}

static void put64(struct object *o, int at, uint64_t v)
{
	memcpy(o->bytes + at, &v, sizeof(v));
}

static void put32(struct object *o, int at, uint32_t v)
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

static void make_truth(struct specimen *s)
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
	put64(d, o->d_name, d->addr + (uint64_t)o->d_inline);
	put64(d, o->d_parent, parent);
	put64(d, 8, 0xff11000f00000000); /* d_hash: leads out of what is mapped here */
}

static void make_inode(struct object *i, const struct offsets *o, const struct specimen *s, uint64_t super)
{
	put64(i, o->i_sb, super);
	put64(i, o->i_ino, s->ino);
	put64(i, o->i_size, s->size);
	put64(i, o->i_blocks, s->blocks);
	put64(i, 368, i->addr); /* i_data.host */
}

static void make_file(struct object *f, const struct offsets *o, const struct paper *k, int i)
{
	put64(f, o->f_inode, k->inode[i]->addr);
	put64(f, o->f_dentry, k->dentry[i]->addr);
	put64(f, o->f_mnt, k->mount[i == 2]->addr);
	put64(f, o->f_cred, k->cred[i == 1]->addr);
	put64(f, o->f_mapping, k->inode[i]->addr + 368);
	put64(f, 0, 3); /* counters, flags: no pointers */
	put64(f, 120, 0x4a801f);
}

static void make_machine(struct paper *k, const struct offsets *o)
{
	make_truth(k->s);
	layout_init(&k->l);
	for (int i = 0; i < 2; i++) {
		k->super[i] = object(k);
		k->mount[i] = object(k);
		k->cred[i] = object(k);
		put32(k->super[i], o->s_dev, k->s[i * 2].dev);
		put32(k->mount[i], o->mnt_id, k->s[i * 2].mnt);
		put32(k->cred[i], o->fsuid, k->s[i].fsuid);
		/* uid and euid of both are root's, and so are the first halves */
		put32(k->cred[i], 0, 3);
	}
	for (int i = 0; i < SPECIMENS; i++)
		k->inode[i] = object(k); /* neighbours */
	for (int i = 0; i < SPECIMENS; i++) {
		k->file[i] = object(k);
		k->dentry[i] = object(k);
	}
	k->parent = object(k);
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

static void dump_all(struct paper *k)
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

static void find_on_paper(struct paper *k)
{
	find_in_targets(&k->dumps, k->s, &k->l);
	dump_subs(k);
	find_in_subs(&k->dumps, k->s, &k->l);
}

static void discover_on_paper(struct paper *k)
{
	dump_all(k);
	find_on_paper(k);
}

static void expect_offsets(const struct layout *l, const struct offsets *o)
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

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct paper));
	return !*state;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void two_kernels(void **state)
{
	struct paper *k = *state;

	make_machine(k, &v5_10);
	discover_on_paper(k);
	expect_offsets(&k->l, &v5_10);
	memset(k, 0, sizeof(*k));
	make_machine(k, &v6_12);
	discover_on_paper(k);
	expect_offsets(&k->l, &v6_12);
}

/* Offsets that no kernel has had yet. */
static void a_kernel_to_come(void **state)
{
	const struct offsets odd = {
		.f_inode = 128,
		.f_dentry = 232,
		.f_mnt = 8,
		.f_cred = 248,
		.f_mapping = 240,
		.i_sb = 88,
		.i_ino = 440,
		.i_size = 0,
		.i_blocks = 432,
		.s_dev = 28,
		.d_parent = 48,
		.d_name = 72,
		.d_inline = 200,
		.mnt_id = 444,
		.fsuid = 4,
	};
	struct paper *k = *state;

	make_machine(k, &odd);
	discover_on_paper(k);
	expect_offsets(&k->l, &odd);
}

/* What one specimen has by chance, another has not. */
static void matches_by_chance(void **state)
{
	struct paper *k = *state;

	make_machine(k, &v6_12);
	put64(k->inode[0], 24, k->s[0].blocks); /* a small block count */
	put64(k->inode[1], 32, k->s[1].blocks);
	put64(k->inode[0], 8, k->s[0].ino);
	put64(k->inode[1], 56, k->s[1].size);
	put64(k->inode[0], 128, k->s[1].blocks); /* the other's */
	put64(k->inode[1], 128, k->s[0].blocks);
	/* The device's number in the first two alone: 1 is a common number. */
	put64(k->inode[0], 8 * 3, k->super[1]->addr);
	put32(k->super[0], 4, 1);
	put32(k->super[1], 4, 1);
	put32(k->mount[0], 16, k->s[0].mnt);
	put32(k->cred[1], 8, k->s[1].fsuid);
	put32(k->cred[0], 8, 1);
	discover_on_paper(k);
	expect_offsets(&k->l, &v6_12);
}

/* Files of a slab lie side by side: what is read behind one's end is another's. */
static void a_neighbours_bytes(void **state)
{
	struct paper *k = *state;

	make_machine(k, &v6_12);
	/* From f_mapping on (in the list before f_inode) the next inode's fields are in sight. */
	for (int i = 0; i + 1 < SPECIMENS; i++) {
		put64(k->inode[i], 368 + 88, k->s[i + 1].size);
		put64(k->inode[i], 368 + 96, k->s[i + 1].ino);
		put64(k->inode[i], 368 + 104, k->s[i + 1].blocks);
	}
	discover_on_paper(k);
	expect_offsets(&k->l, &v6_12);
}

/* The name is where the pointer to it leads, not where a short one's bytes happen to lie. */
static void names_inside_the_dentry(void **state)
{
	struct paper *k = *state;

	make_machine(k, &v6_12);
	/* d_hash leads to the neighbour's inline name: of one specimen it is the right text. */
	put64(k->dentry[0], 8, k->dentry[0]->addr + (uint64_t)v6_12.d_inline);
	put64(k->dentry[1], 8, k->dentry[0]->addr + (uint64_t)v6_12.d_inline);
	put64(k->dentry[2], 8, k->dentry[1]->addr + (uint64_t)v6_12.d_inline);
	/* What leads to its own dentry in all three is no parent of our program's. */
	for (int i = 0; i < SPECIMENS; i++)
		put64(k->dentry[i], 16, k->dentry[i]->addr);
	discover_on_paper(k);
	expect_offsets(&k->l, &v6_12);
}

/* A size without an inode number is not an inode. */
static void half_an_inode(void **state)
{
	struct paper *k = *state;
	struct object *private[SPECIMENS];

	make_machine(k, &v5_10);
	/* Before f_inode in struct file: something else that knows the size and the blocks. */
	for (int i = 0; i < SPECIMENS; i++) {
		private[i] = object(k);
		put64(private[i], 0, k -> s[i].size);
		put64(private[i], 8, k -> s[i].blocks);
		put64(k->file[i], 8, private[i] -> addr);
	}
	discover_on_paper(k);
	expect_offsets(&k->l, &v5_10);
}

/* Fetches that fault leave the same old bytes in all dumps, or worse, those of the record before. */
static void faults(void **state)
{
	struct paper *k = *state;

	make_machine(k, &v5_10);
	for (int i = 0; i < SPECIMENS; i++) {
		put64(k->file[i], 8, 0xff11000f00000000 + (uint64_t)i * 64);
		put64(k->inode[i], 48, 0xff11000f10000000 + (uint64_t)i * 64);
	}
	dump_all(k);
	assert_int_equal(k->dumps.targets[0].word, 1);
	for (int w = 0; w < TARGET_WORDS; w++)
		assert_true(k->dumps.targets[0].target.words[0][w] == GARBAGE);
	/* The first specimen's words, still there from the event of the inode's target. */
	for (int i = 0; i < SPECIMENS; i++)
		memcpy(k->dumps.targets[0].target.words[i], k->inode[0]->bytes, TARGET_WORDS * sizeof(uint64_t));
	find_on_paper(k);
	expect_offsets(&k->l, &v5_10);
}

/* Words that are no pointers in one of the dumps are not followed. */
static void only_pointers_are_followed(void **state)
{
	struct paper *k = *state;
	struct target *t;

	make_machine(k, &v6_12);
	put64(k->inode[0], 0, 0x0000ffffca2c000b); /* non-canonical */
	put64(k->inode[1], 8, 0x4141414141414141);
	for (int i = 0; i < SPECIMENS; i++)
		put64(k->inode[i], 16, k->super[0]->addr);
	put64(k->inode[2], 16, (uint64_t)-22);
	dump_all(k);
	t = &k->dumps.targets[k->dumps.targets_count - 1];
	while (t->word * 8 != v6_12.f_inode)
		t--;
	find_pointers(t);
	assert_int_equal(t->sub_count, 1);
	assert_int_equal(t->sub_words[0] * 8, v6_12.i_sb);
	t->kind = POINTER_LAST;
	find_pointers(t);
	assert_int_equal(t->sub_count, 0);
}

/* --- a missing piece costs what hangs on it, and nothing else --- */

static void no_blocks(void **state)
{
	struct offsets want = v6_12;
	struct paper *k = *state;

	make_machine(k, &v6_12);
	put64(k->inode[1], v6_12.i_blocks, 0);
	want.i_blocks = NO_OFFSET;
	discover_on_paper(k);
	expect_offsets(&k->l, &want);
}

static void no_device(void **state)
{
	struct offsets want = v6_12;
	struct paper *k = *state;

	make_machine(k, &v6_12);
	k->s[2].dev = 254 << 20 | 2; /* btrfs: fstat's device is no super block's */
	want.i_sb = want.s_dev = NO_OFFSET;
	discover_on_paper(k);
	expect_offsets(&k->l, &want);
}

static void no_parent_no_mount_no_credentials(void **state)
{
	struct offsets want = v6_12;
	struct paper *k = *state;

	make_machine(k, &v6_12);
	put64(k->dentry[2], v6_12.d_parent, k->dentry[2]->addr);
	put32(k->mount[1], v6_12.mnt_id, 29);
	put32(k->cred[1], v6_12.fsuid, 0);
	want.d_parent = want.f_mnt = want.mnt_id = want.f_cred = want.fsuid = NO_OFFSET;
	discover_on_paper(k);
	expect_offsets(&k->l, &want);
}

static void no_inode(void **state)
{
	struct offsets want = v6_12;
	struct paper *k = *state;

	make_machine(k, &v6_12);
	put64(k->inode[0], v6_12.i_ino, 1);
	want.f_inode = want.i_ino = want.i_size = want.i_blocks = want.i_sb = want.s_dev = NO_OFFSET;
	discover_on_paper(k);
	expect_offsets(&k->l, &want);
}

static void no_name(void **state)
{
	struct offsets want = v6_12;
	struct paper *k = *state;

	make_machine(k, &v6_12);
	memcpy(k->dentry[1]->bytes + v6_12.d_inline, "memfd:", sizeof("memfd:"));
	want.f_dentry = want.d_name = want.d_parent = NO_OFFSET;
	discover_on_paper(k);
	expect_offsets(&k->l, &want);
}

static void nothing_dumped(void **state)
{
	struct paper *k = *state;
	struct layout none;

	make_truth(k->s);
	layout_init(&none);
	layout_init(&k->l);
	find_in_targets(&k->dumps, k->s, &k->l);
	find_in_subs(&k->dumps, k->s, &k->l);
	find_enter_regs(&k->dumps, k->s, &(struct arch){.nr = 285}, &k->l);
	assert_memory_equal(&k->l, &none, sizeof(none));
}

/* --- the caller's registers --- */

static void add_place(struct dumps *d, const char *place, const struct specimen *s, uint64_t nr)
{
	size_t r = d->regs_count++;

	memcpy(d->regs_place[r], place, strlen(place) + 1);
	d->regs_word[r] = (int)r;
	d->first.words[0][r] = 0xff5a000000003f58 + r;
	for (int i = 0; i < SPECIMENS; i++) {
		uint64_t *w = &d->regs.words[i][r * REGS_FIELDS];

		/* The upper halves of what the caller passes as an int are not ours to know. */
		w[REGS_FD] = 0x5a5a5a5a00000000 | (uint32_t)s[i].fd;
		w[REGS_MODE] = 0xffffffff00000000 | (uint32_t)s[i].mode;
		w[REGS_OFFSET] = (uint64_t)s[i].offset;
		w[REGS_LEN] = (uint64_t)s[i].len;
		w[REGS_NR] = nr;
	}
}

static void registers_of_the_call(void **state)
{
	const struct arch a = {.nr = 285};
	struct paper *k = *state;
	struct dumps *d = &k->dumps;

	make_truth(k->s);
	layout_init(&k->l);
	for (int field = 0; field < REGS_FIELDS; field++) {
		add_place(d, "%bx", k->s, 285);
		/* Right but for one field of one call: registers of an earlier one, say. */
		d->regs.words[field % SPECIMENS][field * REGS_FIELDS + field] ^= 1;
	}
	find_enter_regs(d, k->s, &a, &k->l);
	assert_string_equal(k->l.enter_regs, "");
	assert_true(find_regs_value(d, &k->l) == 0);
	add_place(d, "$stack2", k->s, 47); /* another machine's number */
	find_enter_regs(d, k->s, &a, &k->l);
	assert_string_equal(k->l.enter_regs, "");
	add_place(d, "$stack4", k->s, 285);
	add_place(d, "$stack9", k->s, 285);
	find_enter_regs(d, k->s, &a, &k->l);
	assert_string_equal(k->l.enter_regs, "$stack4");
	assert_true(find_regs_value(d, &k->l) == 0xff5a000000003f58 + REGS_FIELDS + 1);
}

int main(void)
{
#define FIND_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		FIND_TEST(two_kernels),
		FIND_TEST(a_kernel_to_come),
		FIND_TEST(matches_by_chance),
		FIND_TEST(a_neighbours_bytes),
		FIND_TEST(names_inside_the_dentry),
		FIND_TEST(half_an_inode),
		FIND_TEST(faults),
		FIND_TEST(only_pointers_are_followed),
		FIND_TEST(no_blocks),
		FIND_TEST(no_device),
		FIND_TEST(no_parent_no_mount_no_credentials),
		FIND_TEST(no_inode),
		FIND_TEST(no_name),
		FIND_TEST(nothing_dumped),
		FIND_TEST(registers_of_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
