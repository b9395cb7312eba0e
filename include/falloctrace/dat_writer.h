/* SPDX-License-Identifier: MIT */
/*
 * Writes trace.dat files that trace-cmd(1) and KernelShark open; the formats are
 * those of trace-cmd's trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5).
 */
#ifndef FALLOCTRACE_DAT_WRITER_H
#define FALLOCTRACE_DAT_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "falloctrace/error.h"
#include "falloctrace/info.h"

struct dat_writer;

/* What the file says of the traced kernel; texts are the kernel's own, borrowed during dat_writer_finish. */
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
};

/*
 * Pages are kept in unnamed temporary files beside path, one a CPU, until
 * dat_writer_finish puts the whole file together: version 6 wants each CPU's
 * pages in one piece behind everything else. path appears, whole, at the end
 * (or replaces what was there). cpus: the number of streams.
 */
struct dat_writer *dat_writer_create(const char *path, int cpus, struct error *e);
/* Appends one sub-buffer of exactly subbuf_size bytes (a shorter read is padded by the caller). */
int dat_writer_page(struct dat_writer *w, int cpu, const void *data, size_t size, struct error *e);
/*
 * count events (or LOST_UNKNOWN) were lost on cpu before the page that comes
 * next: that page will say so, in the way of the kernel's own, if it does not yet.
 */
void dat_writer_lost(struct dat_writer *w, int cpu, uint64_t count);
uint64_t dat_writer_bytes(const struct dat_writer *w);
/* Pages so far of one CPU, for a second look at them: reads at most size bytes at offset. */
int dat_writer_read(struct dat_writer *w, int cpu, uint64_t offset, void *buf, size_t size, size_t *got,
		    struct error *e);
int dat_writer_finish(struct dat_writer *w, const struct dat_contents *c, struct error *e);
/* Without a finish: leaves nothing behind. */
void dat_writer_close(struct dat_writer *w);

#endif
