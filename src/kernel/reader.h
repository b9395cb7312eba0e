/* SPDX-License-Identifier: MIT */
/*
 * The raw per-CPU buffers of an instance as a source of pages, without waiting.
 */
#ifndef FALLOCTRACE_KERNEL_READER_H
#define FALLOCTRACE_KERNEL_READER_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/error.h"
#include "falloctrace/page.h"
#include "falloctrace/source.h"

struct reader;

/* dir: an instance's directory, which must outlive the reader. */
struct reader *reader_open(const char *dir, struct error *e);
void reader_close(struct reader *r);
struct source *reader_source(struct reader *r); /* the reader's */
const struct page_format *reader_format(const struct reader *r);
size_t reader_subbuf_size(const struct reader *r); /* bytes */
int reader_cpus(const struct reader *r);	   /* streams */
/*
 * Reads ahead what the kernel has, up to 64 MiB in all: for now and then while
 * the output of what was read takes long, so that the kernel's buffers don't
 * run over.
 */
void reader_absorb(struct reader *r);
/* What the kernel says of stream i (per_cpu/cpuN/stats); malloc'ed. NULL: it can't be read. */
char *reader_stats(const struct reader *r, int i);
/* What the kernel has is not to be read any more: only what was read ahead comes. */
void reader_shut(struct reader *r);
/* POLLIN where a page may be read; fds[reader_cpus]. */
void reader_pollfds(const struct reader *r, struct pollfd *fds);
/*
 * Events that the kernel counted as lost on stream i and that no page has told
 * of so far. Asks the kernel: for the end of a trace.
 */
uint64_t reader_unreported(struct reader *r, int i);
/* All that it and pages have told of on stream i, since the reader was opened. */
uint64_t reader_lost(const struct reader *r, int i);
/*
 * Events that the kernel counts as still to be read from stream i, although it
 * has none any more: for the end, once everything has been read. The kernel's
 * reader can leave a page that another CPU is just writing to (rb_get_reader_page
 * looks at what was written first, and whether it goes on there afterwards), and
 * counts the events that come in between neither as read nor as lost. Seen in a
 * virtual machine whose processors take turns, 20 events in some 100,000 calls.
 * Reading on the CPU itself, which we do where we may, leaves no room for that.
 */
uint64_t reader_left(struct reader *r, int i);

#endif
