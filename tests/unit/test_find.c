/* SPDX-License-Identifier: MIT */
/*
 * Discovery on machines made of paper.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "paper.h"

static void two_kernels(void **state)
{
	struct paper *k = *state;

	paper_machine(k, &v5_10);
	discover_on_paper(k);
	expect_offsets(&k->l, &v5_10);
	memset(k, 0, sizeof(*k));
	paper_machine(k, &v6_12);
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

	paper_machine(k, &odd);
	discover_on_paper(k);
	expect_offsets(&k->l, &odd);
}

/* What one specimen has by chance, another has not. */
static void matches_by_chance(void **state)
{
	struct paper *k = *state;

	paper_machine(k, &v6_12);
	object_put64(k->inode[0], 24, k->s[0].blocks); /* a small block count */
	object_put64(k->inode[1], 32, k->s[1].blocks);
	object_put64(k->inode[0], 8, k->s[0].ino);
	object_put64(k->inode[1], 56, k->s[1].size);
	object_put64(k->inode[0], 128, k->s[1].blocks); /* the other's */
	object_put64(k->inode[1], 128, k->s[0].blocks);
	/* The device's number in the first two alone: 1 is a common number. */
	object_put64(k->inode[0], 8 * 3, k->super[1]->addr);
	object_put32(k->super[0], 4, 1);
	object_put32(k->super[1], 4, 1);
	object_put32(k->mount[0], 16, k->s[0].mnt);
	object_put32(k->cred[1], 8, k->s[1].fsuid);
	object_put32(k->cred[0], 8, 1);
	discover_on_paper(k);
	expect_offsets(&k->l, &v6_12);
}

/* Files of a slab lie side by side: what is read behind one's end is another's. */
static void a_neighbours_bytes(void **state)
{
	struct paper *k = *state;

	paper_machine(k, &v6_12);
	/* From f_mapping on (in the list before f_inode) the next inode's fields are in sight. */
	for (int i = 0; i + 1 < SPECIMENS; i++) {
		object_put64(k->inode[i], 368 + 88, k->s[i + 1].size);
		object_put64(k->inode[i], 368 + 96, k->s[i + 1].ino);
		object_put64(k->inode[i], 368 + 104, k->s[i + 1].blocks);
	}
	discover_on_paper(k);
	expect_offsets(&k->l, &v6_12);
}

/* The name is where the pointer to it leads, not where a short one's bytes happen to lie. */
static void names_inside_the_dentry(void **state)
{
	struct paper *k = *state;

	paper_machine(k, &v6_12);
	/* d_hash leads to the neighbour's inline name: of one specimen it is the right text. */
	object_put64(k->dentry[0], 8, k->dentry[0]->addr + (uint64_t)v6_12.d_inline);
	object_put64(k->dentry[1], 8, k->dentry[0]->addr + (uint64_t)v6_12.d_inline);
	object_put64(k->dentry[2], 8, k->dentry[1]->addr + (uint64_t)v6_12.d_inline);
	/* What leads to its own dentry in all three is no parent of our program's. */
	for (int i = 0; i < SPECIMENS; i++)
		object_put64(k->dentry[i], 16, k->dentry[i]->addr);
	discover_on_paper(k);
	expect_offsets(&k->l, &v6_12);
}

/* A size without an inode number is not an inode. */
static void half_an_inode(void **state)
{
	struct paper *k = *state;
	struct object *private[SPECIMENS];

	paper_machine(k, &v5_10);
	/* Before f_inode in struct file: something else that knows the size and the blocks. */
	for (int i = 0; i < SPECIMENS; i++) {
		private[i] = paper_object(k);
		object_put64(private[i], 0, k -> s[i].size);
		object_put64(private[i], 8, k -> s[i].blocks);
		object_put64(k->file[i], 8, private[i] -> addr);
	}
	discover_on_paper(k);
	expect_offsets(&k->l, &v5_10);
}

/* Fetches that fault leave the same old bytes in all dumps, or worse, those of the record before. */
static void faults(void **state)
{
	struct paper *k = *state;

	paper_machine(k, &v5_10);
	for (int i = 0; i < SPECIMENS; i++) {
		object_put64(k->file[i], 8, 0xff11000f00000000 + (uint64_t)i * 64);
		object_put64(k->inode[i], 48, 0xff11000f10000000 + (uint64_t)i * 64);
	}
	paper_dump(k);
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

	paper_machine(k, &v6_12);
	object_put64(k->inode[0], 0, 0x0000ffffca2c000b); /* non-canonical */
	object_put64(k->inode[1], 8, 0x4141414141414141);
	for (int i = 0; i < SPECIMENS; i++)
		object_put64(k->inode[i], 16, k->super[0]->addr);
	object_put64(k->inode[2], 16, (uint64_t)-22);
	paper_dump(k);
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

	paper_machine(k, &v6_12);
	object_put64(k->inode[1], v6_12.i_blocks, 0);
	want.i_blocks = NO_OFFSET;
	discover_on_paper(k);
	expect_offsets(&k->l, &want);
}

static void no_device(void **state)
{
	struct offsets want = v6_12;
	struct paper *k = *state;

	paper_machine(k, &v6_12);
	k->s[2].dev = 254 << 20 | 2; /* btrfs: fstat's device is no super block's */
	want.i_sb = want.s_dev = NO_OFFSET;
	discover_on_paper(k);
	expect_offsets(&k->l, &want);
}

static void no_parent_no_mount_no_credentials(void **state)
{
	struct offsets want = v6_12;
	struct paper *k = *state;

	paper_machine(k, &v6_12);
	object_put64(k->dentry[2], v6_12.d_parent, k->dentry[2]->addr);
	object_put32(k->mount[1], v6_12.mnt_id, 29);
	object_put32(k->cred[1], v6_12.fsuid, 0);
	want.d_parent = want.f_mnt = want.mnt_id = want.f_cred = want.fsuid = NO_OFFSET;
	discover_on_paper(k);
	expect_offsets(&k->l, &want);
}

static void no_inode(void **state)
{
	struct offsets want = v6_12;
	struct paper *k = *state;

	paper_machine(k, &v6_12);
	object_put64(k->inode[0], v6_12.i_ino, 1);
	want.f_inode = want.i_ino = want.i_size = want.i_blocks = want.i_sb = want.s_dev = NO_OFFSET;
	discover_on_paper(k);
	expect_offsets(&k->l, &want);
}

static void no_name(void **state)
{
	struct offsets want = v6_12;
	struct paper *k = *state;

	paper_machine(k, &v6_12);
	memcpy(k->dentry[1]->bytes + v6_12.d_inline, "memfd:", sizeof("memfd:"));
	want.f_dentry = want.d_name = want.d_parent = NO_OFFSET;
	discover_on_paper(k);
	expect_offsets(&k->l, &want);
}

static void nothing_dumped(void **state)
{
	struct paper *k = *state;
	struct layout none;

	paper_truth(k->s);
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

	paper_truth(k->s);
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
#define FIND_TEST(f) cmocka_unit_test_setup_teardown(f, paper_setup, paper_teardown)
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
