/* SPDX-License-Identifier: MIT */
/*
 * The reader's parts: v6.c and v7.c walk the container, meta.c and options.c
 * what both have in it, streams.c the pages, kallsyms.c what kallsyms tells.
 */
#ifndef FALLOCTRACE_DAT_READER_PRIVATE_H
#define FALLOCTRACE_DAT_READER_PRIVATE_H

#include "falloctrace/dat_reader.h"

#include "file.h"
#include "format.h"

/* A part of the file that it holds whole. */
struct extent {
	uint64_t at, size;
};

struct format_text {
	size_t system; /* index into systems */
	struct extent text;
};

/* The pages of one CPU of one buffer. */
struct stream {
	unsigned buffer; /* number of the buffer it belongs to */
	int cpu;
	size_t page_size;
	uint64_t at, end; /* what the file holds of it */
	uint64_t next;
	uint64_t missing; /* bytes that should lie behind end */
	unsigned char *chunk;
	uint64_t chunk_at;
	size_t chunk_size, chunk_room;
};

/* A version 6 buffer other than the first: where its table is. */
struct instance {
	uint64_t at;
};

struct symbol_index;

struct dat_reader {
	struct source source; /* first: its functions get back here by it */
	struct dat_file file;
	int version;
	uint32_t page_size; /* of the first buffer */
	uint32_t cpus;	    /* version 6: rows of its tables */
	struct page_format format;
	bool has_format;

	char **systems;
	size_t systems_count;
	struct format_text *formats;
	size_t formats_count;

	/* version 6 */
	struct instance *instances;
	size_t instances_count;
	bool has_clock; /* a table is followed by a clock */

	/* version 7: places of sections by option id; 0: none */
	uint64_t sections[DAT_OPTION_CMDLINES + 1];

	struct stream *streams;
	size_t streams_count;
	unsigned buffers;
	bool has_top; /* a buffer without a name came */
	unsigned top; /* its number */
	uint64_t bytes, position;

	struct extent notes; /* info_write's text */
	struct extent kallsyms;
	struct symbol_index *symbols; /* made when first asked for */
	char uname[256], clock[32];
	bool has_date;
	int64_t date; /* ns to add for UTC */
};

/* An array whose count is a power of two, or 0, is full: makes room for as many again. NULL: memory. */
void *grow_array(void *array, size_t count, size_t element);

/* --- the two containers; the common start is behind the cursor --- */
int read_v6(struct dat_reader *r, struct cursor *c, struct error *e);
int read_v7(struct dat_reader *r, struct cursor *c, struct error *e);

/* --- meta.c: the same contents in both --- */
int read_headers(struct dat_reader *r, struct cursor *c, struct error *e);
int skip_ftrace_events(struct cursor *c, struct error *e);
int read_event_formats(struct dat_reader *r, struct cursor *c, struct error *e);
int read_kallsyms(struct dat_reader *r, struct cursor *c, struct error *e);

/* --- options.c: size bytes of an option; the cursor need not be moved --- */
int read_option(struct dat_reader *r, unsigned id, const struct cursor *c, uint32_t size, struct error *e);

/* --- streams.c --- */
int streams_add(struct dat_reader *r, unsigned buffer, const struct stream *s, struct error *e);
void streams_drop_buffer(struct dat_reader *r, unsigned buffer);
/* All are there: checks them, and makes the source. */
int streams_finish(struct dat_reader *r, struct error *e);
void streams_free(struct dat_reader *r);

/* --- kallsyms.c --- */
void symbols_lookup(void *reader, struct symbols *s, uint64_t addr);
void symbol_index_free(struct symbol_index *index);

#endif
