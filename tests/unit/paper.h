/* SPDX-License-Identifier: MIT */
/*
 * A machine made of paper for the tests of discovery: objects with addresses and
 * bytes, laid out as the kernels that were looked at (5.10, 6.12), and dumps
 * taken of them as the probes would: a fetch through a bad pointer leaves what
 * was there.
 */
#ifndef FALLOCTRACE_TESTS_UNIT_PAPER_H
#define FALLOCTRACE_TESTS_UNIT_PAPER_H

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

extern const struct offsets v5_10, v6_12;

struct paper {
	struct object objects[OBJECTS];
	size_t count;
	struct object *file[SPECIMENS], *inode[SPECIMENS], *dentry[SPECIMENS], *parent;
	struct object *super[2], *mount[2], *cred[2];
	struct specimen s[SPECIMENS];
	struct dumps dumps;
	struct layout l;
};

/* One more object, of zeroes. */
struct object *paper_object(struct paper *k);
void object_put64(struct object *o, int at, uint64_t v);
void object_put32(struct object *o, int at, uint32_t v);

/* What is known of the three specimens. */
void paper_truth(struct specimen *s);
/* All objects, with these in them. */
void paper_machine(struct paper *k, const struct offsets *o);
void paper_dump(struct paper *k);
/* In what was dumped. */
void find_on_paper(struct paper *k);
/* Both. */
void discover_on_paper(struct paper *k);
void expect_offsets(const struct layout *l, const struct offsets *o);

/* A test's state is an empty struct paper. */
int paper_setup(void **state);
int paper_teardown(void **state);

#endif
