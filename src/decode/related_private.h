/* SPDX-License-Identifier: MIT */
#ifndef FALLOCTRACE_DECODE_RELATED_PRIVATE_H
#define FALLOCTRACE_DECODE_RELATED_PRIVATE_H

#include "extents.h"
#include "related.h"

#define BLOCK 4096
#define UNIT 512
#define TRUNCATES 256 /* that run at once; of two that meet the later one stays */

struct related_file {
	uint64_t used; /* when, in what came; 0: an empty place */
	uint32_t dev;
	uint64_t ino;
	bool shown;
	bool silent; /* what is used is not told, or whose it is */
	bool has_root;
	uint64_t root; /* btrfs: the subvolume */
	uint64_t losses;
	char *path, fs[32];
	struct extents left;
	struct reservation sum;
};

struct truncate {
	int32_t tid; /* 0: none */
	uint32_t dev;
	uint64_t ino;
	uint64_t start;
	int64_t size, before;
	bool has_before, has_blocks, has_comm;
	uint64_t blocks;
	char comm[COMM_SIZE];
};

struct related_files {
	const struct trace_info *info;
	uint64_t seed, tick, losses;
	uint32_t seen;		    /* bits 1 << enum convert: of which an event came */
	size_t bytes;		    /* of ranges */
	struct related_file *files; /* RELATED_FILES, in sets */
	struct truncate truncates[TRUNCATES];
	struct call call; /* what is told */
};

/* NULL: it was not fallocated, or is forgotten. */
struct related_file *related_find(struct related_files *r, uint32_t dev, uint64_t ino);
/* Where the device is mounted; NULL: unknown. */
const struct mount *related_mount(const struct related_files *r, uint32_t dev);
/* Bytes of a block; 0: not known. */
int64_t related_block(const struct related_files *r, uint32_t dev);
/* The file's sums, and how they are known. */
struct reservation related_state(const struct related_files *r, const struct related_file *f);
/* Bytes of [start, end) that were left, and are so no more; -1: memory. */
int64_t related_go(struct related_files *r, struct related_file *f, int64_t start, int64_t end);
/* What is between two states of one file. */
struct reservation related_difference(const struct reservation *now, const struct reservation *before);
int64_t related_down(int64_t n, int64_t block);
int64_t related_up(int64_t n, int64_t block);

#endif
