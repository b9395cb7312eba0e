/* SPDX-License-Identifier: MIT */
/*
 * The reader's parts: v6.c and v7.c walk the container, meta.c and options.c
 * what both have in it, streams.c and chunk.c the pages, kallsyms.c what
 * kallsyms tells, names.c and texts.c what others ask for.
 */
#ifndef FALLOCTRACE_DAT_READER_PRIVATE_H
#define FALLOCTRACE_DAT_READER_PRIVATE_H

#include "falloctrace/dat_reader.h"

#include "compress.h"
#include "file.h"
#include "format.h"
#include "time.h"

#define PROBLEMS_KEPT 16
#define OPTIONS_MAX 256 /* sections of options: files have a few */

/* A part of a file, or of what its sections decompressed to, which holds it whole. */
struct extent {
	const struct dat_file *file; /* NULL: there is no such part */
	uint64_t at, size;
};

struct format_text {
	size_t system; /* index into systems */
	struct extent text;
};

/*
 * Where the pages of a stream are read to: as they lie in the file, or one
 * compressed chunk at a time.
 */
struct chunk {
	unsigned char *data;
	size_t room;
	size_t size; /* bytes of pages in it */
	size_t next; /* the page that is handed out next */
};

/* The pages of one CPU of one buffer. */
struct stream {
	unsigned buffer; /* index of the buffer it belongs to */
	int cpu;
	size_t page_size;
	bool compressed;
	uint64_t at, end;     /* what the file holds of it */
	uint64_t next;	      /* what is read next */
	uint64_t missing;     /* bytes that should lie behind end */
	uint32_t chunks_left; /* compressed, of those announced */
	bool begun;	      /* their number was read */
	unsigned small;	      /* broken ones that were too small for any real one */
	bool spans;	      /* a page began in one of them and ended in the next */
	uint64_t lost;	      /* for the next page: something before it was unreadable */
	struct chunk chunk;
	/* Compressed, where there is no memory for all of a chunk: its place, and the page at hand */
	uint64_t lean_at;
	uint32_t lean_in, lean_out, lean_next;
};

/* A version 6 buffer other than the first: where its table is. */
struct instance {
	uint64_t at;
	char *name;
};

struct symbol_index;

struct dat_reader {
	struct source source; /* first: its functions get back here by it */
	struct dat_file file, spool;
	int version;
	int user_long_size;
	uint32_t page_size; /* of the first buffer */
	uint32_t cpus;	    /* version 6: rows of its tables */
	struct page_format format;
	bool has_format;

	struct error problems[PROBLEMS_KEPT];
	uint64_t problems_count;

	char **systems;
	size_t systems_count;
	struct format_text *formats;
	size_t formats_count;

	/* version 6 */
	struct instance *instances;
	size_t instances_count;
	bool has_clock; /* a table is followed by a clock */

	/* version 7 */
	enum compression compression;
	char compression_name[64];
	uint64_t sections[DAT_OPTION_CMDLINES + 1]; /* their places by option id; 0: none */
	uint64_t options[OPTIONS_MAX];		    /* places of the sections of options that were read */
	size_t options_count;
	bool latency; /* a latency tracer's text lies where pages would */
	struct decompressor *decompressor;

	struct stream *streams;
	size_t streams_count;
	struct dat_buffer *buffers;
	size_t buffers_count;
	bool has_top;  /* a buffer without a name came */
	unsigned top;  /* its index */
	unsigned tops; /* how many came */
	uint64_t bytes, position;
	struct shared *shared; /* memory that streams share, see chunk.c */

	struct dat_about about;
	struct extent header_page, header_event, kallsyms, cmdlines;
	struct extent notes;	      /* info_write's text */
	struct extent clocks;	      /* trace_clock's contents */
	struct symbol_index *symbols; /* made when first asked for */
	struct comms *comms;	      /* likewise */
	bool has_comms;		      /* it was asked for */
	char uname[256], clock[32], tool[128];
	struct dat_time time;
};

/* An array whose count is a power of two, or 0, is full: makes room for as many again. NULL: memory. */
void *grow_array(void *array, size_t count, size_t element);

/* --- problems.c --- */
/* What e says becomes a problem of the file's. */
void add_problem(struct dat_reader *r, const struct error *e);
void add_problem_text(struct dat_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- the two containers; the common start is behind the cursor. What is broken becomes a problem. --- */
void read_v6(struct dat_reader *r, struct cursor *c);
void read_v7(struct dat_reader *r, struct cursor *c);

/* --- meta.c: the same contents in both --- */
int read_headers(struct dat_reader *r, struct cursor *c, struct error *e);
/* Without them, or without what is needed of them. */
void assume_format(struct dat_reader *r);
int skip_ftrace_events(struct cursor *c, struct error *e);
int read_event_formats(struct dat_reader *r, struct cursor *c, struct error *e);
int read_kallsyms(struct dat_reader *r, struct cursor *c, struct error *e);
int read_cmdlines(struct dat_reader *r, struct cursor *c, struct error *e);

/* --- options.c: size bytes of an option; the cursor need not be moved --- */
int read_option(struct dat_reader *r, unsigned id, const struct cursor *c, uint32_t size, struct error *e);

/* --- buffers.c --- */
/*
 * A buffer begins. *index: which it is. Of several without a name in a version 7
 * file only the last counts, as for trace-cmd.
 */
int buffers_add(struct dat_reader *r, const char *name, const char *clock, size_t page_size, unsigned *index,
		struct error *e);
int buffer_set_clock(struct dat_buffer *b, const char *clock, struct error *e);
/* One more CPU of a buffer: only buffer's index, CPU, place, missing (its announced size) and compressed are looked at. */
int streams_add(struct dat_reader *r, const struct stream *s, struct error *e);
/* All are there: drops what can't be, and makes the source. */
int streams_finish(struct dat_reader *r, struct error *e);
void buffers_free(struct dat_reader *r);

/* --- streams.c --- */
enum page_result streams_next(struct source *source, int i, struct page *page, struct error *e);
int streams_start(struct dat_reader *r, struct error *e);
void streams_free(struct dat_reader *r);

/* --- kallsyms.c --- */
void symbols_lookup(void *reader, struct symbols *s, uint64_t addr);
void symbol_index_free(struct symbol_index *index);

#endif
