/* SPDX-License-Identifier: MIT */
/*
 * Writes trace.dat files that trace-cmd(1) and KernelShark open; the formats are
 * those of trace-cmd's trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5).
 */
#ifndef FALLOCTRACE_DAT_WRITER_H
#define FALLOCTRACE_DAT_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/error.h"
#include "falloctrace/info.h"

struct dat_writer;

/* What the file says of the traced kernel; texts are the kernel's own, borrowed for the call. */
struct dat_event_format {
	const char *system, *name;
	const char *text;
	size_t size;
};
struct dat_contents {
	const char *header_page, *header_event; /* events/header_page, events/header_event */
	const struct dat_event_format *events;
	size_t events_count;
	const char *kallsyms;	    /* lines of a /proc/kallsyms, those that the events need; "" none */
	const char *cmdlines;	    /* "pid comm\n" lines; "" none */
	const char *trace_clock;    /* contents of trace_clock: "… [mono] …" */
	const char *uname;	    /* "Linux host 6.1.0 …" */
	const char *const *cpustat; /* per_cpu/cpuN/stats, one a CPU; NULL none */
	const struct trace_info *info;
	size_t subbuf_size; /* bytes of a sub-buffer */
	bool compress;	    /* version 7, compressed with zstd; false: version 6 */
};

/*
 * While a recording runs, it lies in a folder beside path, path.partial: its
 * head (all but the pages: dat_writer_head), and a file of pages for each CPU.
 * Version 6 wants each CPU's pages in one piece behind everything else, so the
 * file is put together at the end; it appears, whole, or replaces what was
 * there, and the folder goes. Whatever ends the process before that leaves the
 * folder, for dat_writer_reopen.
 *
 * Once flushed, a page survives the end of the process. It survives a power cut
 * once dat_writer_sync_soon was called after it and the filesystem has committed
 * what it knows of the file: within 5 seconds on ext4, 30 on XFS and btrfs, if
 * nobody has set them otherwise. Waiting for that (fdatasync) would make the
 * journal commit each second, and the traced calls with it.
 *
 * Refuses a path that is being recorded to, or whose folder holds the pages of a
 * recording that was broken off. Sets some room aside (by fallocate: before
 * anything is traced).
 */
struct dat_writer *dat_writer_open(const char *path, struct error *e);
/* cpus: the number of streams. */
int dat_writer_streams(struct dat_writer *w, int cpus, size_t subbuf_size, struct error *e);
/* Both of them. */
struct dat_writer *dat_writer_create(const char *path, int cpus, size_t subbuf_size, struct error *e);
/*
 * What is known by now of the contents, so that what is in the folder can be
 * made sense of. Again, where more is known. The first one waits for the disk.
 */
int dat_writer_head(struct dat_writer *w, const struct dat_contents *c, struct error *e);
/*
 * Appends a sub-buffer of at most subbuf_size bytes; the rest of it is zeros.
 * Pages go to the file in batches: see dat_writer_flush. Once this or a flush
 * has failed, nothing is written any more.
 */
int dat_writer_page(struct dat_writer *w, int cpu, const void *data, size_t size, struct error *e);
/* Gives the kernel what has come so far: before waiting for more. */
int dat_writer_flush(struct dat_writer *w, struct error *e);
/* After a failure: pages of one CPU that came and were not written. NULL: none. Forgets them. */
const void *dat_writer_unwritten(struct dat_writer *w, int *cpu, size_t *size);
/* Has the kernel begin to bring to the disk what was written; does not wait for it. */
void dat_writer_sync_soon(struct dat_writer *w);
/*
 * count events (or LOST_UNKNOWN) were lost on cpu before the page that comes
 * next: that page will say so, in the way of the kernel's own, if it does not yet.
 * Where its records leave no room for the number, a page without records comes before
 * it that has it.
 */
void dat_writer_lost(struct dat_writer *w, int cpu, uint64_t count);
uint64_t dat_writer_bytes(const struct dat_writer *w);
/*
 * Puts the file together. Where there is too little room for a copy of the
 * pages, they are moved instead. -1: the folder stays as it is or, if it was
 * moving that failed, as what dat_writer_reopen can go on with. That the disk has
 * not taken all pages is such a failure, once: which ones is for dat_writer_reopen.
 */
int dat_writer_finish(struct dat_writer *w, const struct dat_contents *c, struct error *e);
/* Without a finish, the folder stays, unless no page has come. */
void dat_writer_close(struct dat_writer *w);
/* Before capabilities are given up: what the user who called sudo may write can go on to be written. */
int dat_writer_keep(const struct dat_writer *w, struct error *e);
/* Whether what is there and what is to come can be written without any privilege. */
bool dat_writer_unaided(const struct dat_writer *w);
/* The folder's path, for messages; NULL once it is gone. */
const char *dat_writer_folder(const struct dat_writer *w);
/* After a finish, a folder that could not be removed: nothing in it is needed any more. NULL: it is gone. */
const char *dat_writer_left(const struct dat_writer *w);

/* --- a recording that was broken off --- */

/*
 * Opens path.partial to finish it as a file called target. What its head says is
 * for dat_reader (folder/head); from there the sizes of its sub-buffers come.
 */
struct dat_writer *dat_writer_reopen(const char *path, const char *target, size_t subbuf_size, struct error *e);
/* Where such a recording lies: "path.partial", malloc'ed. NULL and *e: there is none. */
char *dat_writer_folder_of(const char *path, struct error *e);
int dat_writer_cpus(const struct dat_writer *w);
/* Bytes of whole pages of a CPU, and of what was torn behind them. */
uint64_t dat_writer_cpu_bytes(const struct dat_writer *w, int cpu);
uint64_t dat_writer_torn(const struct dat_writer *w, int cpu);
/* Reads at most size bytes of a CPU's pages at offset. */
int dat_writer_read(struct dat_writer *w, int cpu, uint64_t offset, void *buf, size_t size, size_t *got,
		    struct error *e);
/* Leaves the page at offset out of the file, and has the next one tell of a loss. Pages in ascending order. */
int dat_writer_drop(struct dat_writer *w, int cpu, uint64_t offset, struct error *e);
/* Throws away what there is. */
void dat_writer_discard(struct dat_writer *w);
/* Whether an earlier finish has begun to move the pages: then the contents were settled by it. */
bool dat_writer_moving(const struct dat_writer *w);

#endif
