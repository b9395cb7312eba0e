/* SPDX-License-Identifier: MIT */
/*
 * Reads trace.dat files as trace-cmd(1) and we make them; the formats are those
 * of trace-cmd's trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5). No byte of a file
 * is believed unchecked, and memory does not grow with a file's length.
 */
#ifndef FALLOCTRACE_DAT_READER_H
#define FALLOCTRACE_DAT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/error.h"
#include "falloctrace/info.h"
#include "falloctrace/page.h"
#include "falloctrace/schema.h"
#include "falloctrace/source.h"

struct dat_reader;

/*
 * path "-" reads standard input (spooled into an unlinked temporary file where
 * it is no file). A file that is broken further on is opened all the same, with
 * what is whole of it: see dat_reader_problem. NULL and *e: it can't be read at
 * all, or is no trace.dat.
 */
struct dat_reader *dat_reader_open(const char *path, struct error *e);
/* Only a file of that very name: what others may have put there, a link or a pipe, is refused. */
struct dat_reader *dat_reader_open_plain(const char *path, struct error *e);
void dat_reader_close(struct dat_reader *r);
/*
 * The same in two steps, between which rights can be given up: what only root may
 * open is opened, and not looked into. dat_reader_take takes the input, however
 * it ends.
 */
struct dat_input;
struct dat_input *dat_input_open(const char *path, struct error *e);
void dat_input_close(struct dat_input *in);
struct dat_reader *dat_reader_take(struct dat_input *in, struct error *e);
/* For messages: the path, or "standard input". */
const char *dat_reader_name(const struct dat_reader *r);

/*
 * What was found broken or missing so far, one line each, with the file's name
 * and the place in it ("trace.dat: …, at byte 4096"); more may come while pages
 * are asked for, by way of PAGE_FAILED, and are not among these. The first few
 * are kept: NULL beyond.
 */
uint64_t dat_reader_problems(const struct dat_reader *r);
const char *dat_reader_problem(const struct dat_reader *r, size_t i);

const struct page_format *dat_reader_format(const struct dat_reader *r);
/* Feeds every event format of the file into s. */
int dat_reader_schema(const struct dat_reader *r, struct schema *s, struct error *e);
/* The name "system:name" of the n-th event format of the file and its id. False: there are no more. buf >= 256. */
bool dat_reader_event(const struct dat_reader *r, size_t n, char *buf, size_t size, int *id);
/*
 * Names of the file's events into buf (size >= 256): "sched:sched_switch, irq:irq_handler_entry and 12 more"; ""
 * if it has none. Returns buf.
 */
char *dat_reader_event_names(const struct dat_reader *r, char *buf, size_t size);
/* What the file tells: our notes, else what trace-cmd's own options, cmdlines and kallsyms tell. */
int dat_reader_info(const struct dat_reader *r, struct trace_info *info, struct error *e);
/*
 * Pages of all buffers (instances too), each CPU of each buffer a stream. Its
 * time() turns the file's stamps into the trace's ns (OFFSET, TSC2NSEC, the
 * guest's shift against its host). The reader's.
 */
struct source *dat_reader_source(struct dat_reader *r);
/* Bytes of pages as they lie in the file, compressed ones too, and how many of them were handed out: for progress. */
uint64_t dat_reader_size(const struct dat_reader *r);
uint64_t dat_reader_position(const struct dat_reader *r);

/* The file's own texts, for who writes them anew: malloc'ed, with a NUL behind; "" where it has none. NULL and *e: memory, or unreadable. */
enum dat_text {
	DAT_TEXT_HEADER_PAGE,
	DAT_TEXT_HEADER_EVENT,
	DAT_TEXT_KALLSYMS,
	DAT_TEXT_CMDLINES,
	DAT_TEXT_CLOCK, /* contents of trace_clock */
	DAT_TEXT_UNAME,
};
char *dat_reader_text(const struct dat_reader *r, enum dat_text which, size_t *size, struct error *e);
/* The n-th event format's text, and its system's name (the reader's). NULL: there are no more, or *e (then n < about->events). */
char *dat_reader_format_text(const struct dat_reader *r, size_t n, const char **system, size_t *size, struct error *e);

/* What a file says of itself. Texts are the file's: any bytes but NUL, "" where it does not say. All the reader's. */
struct dat_buffer {
	const char *name;  /* "": the top one */
	const char *clock; /* "mono" */
	size_t page_size;
	int cpus;	/* that have pages */
	uint64_t bytes; /* of pages, as they lie in the file */
};
struct dat_about {
	uint64_t size; /* of the file, bytes */
	int version;   /* 6, 7 */
	bool big_endian;
	int user_long_size;
	int kernel_long_size; /* 0: it does not say */
	uint32_t page_size;
	const char *compression; /* "none", "zstd", "zlib" */
	const char *tool;	 /* what recorded it, as far as it says: first line of its VERSION option */
	const char *uname;
	const char *clock;
	uint32_t cpus;	   /* announced; 0: not */
	uint64_t trace_id; /* 0: none */
	bool guest;	   /* it is a virtual machine's, with its shift against the host's clock */
	size_t guests;	   /* virtual machines that it, a host's, speaks of */
	size_t events;	   /* formats */
	const struct dat_buffer *buffers;
	size_t buffers_count;
};
const struct dat_about *dat_reader_about(const struct dat_reader *r);

#endif
