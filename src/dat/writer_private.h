/* SPDX-License-Identifier: MIT */
/*
 * The writer's parts: writer.c takes pages, writer_reopen.c finds those of a
 * recording that was broken off, writer_finish.c puts the file together, by
 * copying or (writer_move.c) moving, or compressed (writer_v7.c).
 */
#ifndef FALLOCTRACE_DAT_WRITER_PRIVATE_H
#define FALLOCTRACE_DAT_WRITER_PRIVATE_H

#include "falloctrace/dat_writer.h"

#include "partial.h"
#include "target.h"

/* Pages of one CPU. */
struct kept {
	int fd;
	uint64_t size;
	uint64_t asked;	 /* up to where the kernel was asked to write back */
	uint64_t lost;	 /* events, before the next page */
	uint64_t torn;	 /* bytes behind size, of no whole page */
	uint64_t *drops; /* places of pages that are left out, ascending */
	size_t drops_count;
};

struct dat_writer {
	char *path;
	struct target target; /* the file */
	struct target home;   /* what the folder is named after, where that is another one; dir -1: the target */
	struct partial partial;
	size_t page_size;
	uint64_t limit;	  /* of a file's length, by setrlimit; UINT64_MAX none */
	uint64_t reserve; /* bytes set aside */
	uint64_t total;	  /* of pages in the finished file */
	bool left;	  /* finished, and the folder could not be removed */
	bool headed, failed, finished;
	bool ours;	  /* the folder is our own making: empty, it is nobody's loss */
	uint64_t *places; /* of each CPU's pages in the file that they are being moved to; NULL: they are not */

	unsigned char *batch; /* pages of one CPU that are yet to be written */
	size_t batch_room, batch_used;
	int batch_cpu;

	int cpus;
	struct kept *kept;
};

struct dat_writer *writer_new(const char *path, struct error *e);
int writer_set_streams(struct dat_writer *w, int cpus, size_t page_size, struct error *e);
/* All that precedes the pages, as writer_head has it: *head is malloc'ed, and to be freed however it ends. */
int writer_make_head(const struct dat_writer *w, const struct dat_contents *c, const uint64_t *sizes, uint64_t *offsets,
		     char **head, size_t *size, struct error *e);
int writer_remove_folder(struct dat_writer *w);			 /* as partial_remove */
uint64_t writer_kept_bytes(const struct dat_writer *w, int cpu); /* that go into the file */

/* A stretch of a CPU's pages that go into the file: the first one that ends behind from. False: there is none. */
bool writer_stretch(const struct dat_writer *w, int cpu, uint64_t from, uint64_t *start, uint64_t *end);

/* --- writer_lost.c --- */

#define WRITER_PAGE_TIME 8 /* bytes that a page begins with */

/* The page tells that count events (or LOST_UNKNOWN) were lost before it: how many only where its records leave room. */
void writer_mark_lost(unsigned char *page, size_t page_size, uint64_t count);
/* Whether they do not, and so a page without records is to come first, that is marked. */
bool writer_needs_gap(const unsigned char *page, size_t page_size, uint64_t lost);

/* --- writer_v7.c: into an empty file --- */
int writer_compressed(struct dat_writer *w, int fd, const struct dat_contents *c, struct error *e);

/* --- writer_move.c: errno tells whether it was for want of room --- */
int writer_move(struct dat_writer *w, const void *head, size_t head_size, const uint64_t *offsets, struct error *e);
/* Goes on with one that was broken off. */
int writer_move_on(struct dat_writer *w, struct error *e);
int writer_load_places(struct dat_writer *w, struct error *e);

#endif
