/* SPDX-License-Identifier: MIT */
/*
 * A version 7 file, compressed with zstd. Its parts need no order; sizes that
 * are known only afterwards are filled in at the end.
 */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "format.h"
#include "info/memstream.h"
#include "io.h"
#include "writer_parts.h"
#include "writer_private.h"

/* Level 3 makes files 5 % smaller in a quarter more time: a recording shall cost little. */
#define LEVEL 1
#define CHUNK_PAGES 10	  /* as trace-cmd has it: what is looked at together is uncompressed together */
#define STRINGS_NONE (-1) /* a section needs no description */

struct v7 {
	struct dat_writer *w;
	const struct dat_contents *c;
	int fd;
	uint64_t at; /* the file's end */
	ZSTD_CCtx *zstd;
	unsigned char *page_buf, *packed; /* a chunk, before and after */
	size_t packed_room;
	uint64_t sections[DAT_OPTION_CMDLINES + 1]; /* where they begin; 0: there is none */
	uint64_t buffer;			    /* the buffer's section */
	uint64_t *places, *sizes;		    /* of each CPU's pages */
	struct error *e;
};

static int put(struct v7 *v, const void *data, size_t size)
{
	if (io_write(v->fd, data, size, v->at))
		return error_errno(v->e, "cannot write %s", v->w->path);
	v->at += size;
	return 0;
}

static int put_at(struct v7 *v, const void *data, size_t size, uint64_t at)
{
	return io_write(v->fd, data, size, at) ? error_errno(v->e, "cannot write %s", v->w->path) : 0;
}

/* Two lengths, and what is compressed. */
static int put_packed(struct v7 *v, const void *data, size_t size)
{
	size_t n, room = ZSTD_compressBound(size);
	unsigned char *packed = room <= v->packed_room ? v->packed : malloc(room + 8);
	uint32_t lengths[2] = {0, (uint32_t)size};
	int ret;

	if (!packed)
		return error_set(v->e, "out of memory");
	n = ZSTD_compress2(v->zstd, packed + 8, room, data, size);
	if (ZSTD_isError(n)) {
		ret = error_set(v->e, "cannot compress the recording: %s", ZSTD_getErrorName(n));
	} else {
		lengths[0] = (uint32_t)n;
		memcpy(packed, lengths, sizeof(lengths));
		ret = put(v, packed, n + 8);
	}
	if (packed != v->packed)
		free(packed);
	return ret;
}

/* *sized: where its size is to be written, by end_section. */
static int begin_section(struct v7 *v, uint16_t id, bool compressed, uint64_t *sized)
{
	uint16_t words[2] = {id, compressed ? DAT_SECTION_COMPRESSED : 0};
	int32_t description = STRINGS_NONE;
	uint64_t size = 0;

	*sized = v->at + 8;
	return put(v, words, sizeof(words)) || put(v, &description, sizeof(description)) ||
			       put(v, &size, sizeof(size)) ?
		       -1 :
		       0;
}

static int end_section(struct v7 *v, uint64_t sized)
{
	uint64_t size = v->at - (sized + 8);

	return put_at(v, &size, sizeof(size), sized);
}

/* --- what the kernel says of its events --- */

static void write_headers(FILE *f, const struct dat_contents *c)
{
	put_headers(f, c);
}

static void write_ftrace_events(FILE *f, const struct dat_contents *c)
{
	(void)c;
	put_u32(f, 0);
}

static void write_events(FILE *f, const struct dat_contents *c)
{
	put_events(f, c);
}

static void write_kallsyms(FILE *f, const struct dat_contents *c)
{
	put_text32(f, c->kallsyms);
}

static void write_printk(FILE *f, const struct dat_contents *c)
{
	(void)c;
	put_text32(f, "");
}

static void write_cmdlines(FILE *f, const struct dat_contents *c)
{
	put_text64(f, c->cmdlines, strlen(c->cmdlines));
}

static const struct {
	uint16_t id;
	void (*write)(FILE *f, const struct dat_contents *c);
} parts[] = {
	{DAT_OPTION_HEADER_INFO, write_headers},  {DAT_OPTION_FTRACE_EVENTS, write_ftrace_events},
	{DAT_OPTION_EVENT_FORMATS, write_events}, {DAT_OPTION_KALLSYMS, write_kallsyms},
	{DAT_OPTION_PRINTK, write_printk},	  {DAT_OPTION_CMDLINES, write_cmdlines},
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static int put_part(struct v7 *v, size_t i)
{
	char *text = NULL;
	size_t size;
	FILE *f = memstream_open(&text, &size);
	uint64_t sized;
	int ret;

	if (!f)
		return error_set(v->e, "out of memory");
	parts[i].write(f, v->c);
	v->sections[parts[i].id] = v->at;
	ret = memstream_close(f, &text) ?
		      error_errno(v->e, "cannot put the recording's head together") :
		      begin_section(v, parts[i].id, true, &sized) || put_packed(v, text, size) || end_section(v, sized);
	free(text);
	return ret ? -1 : 0;
}

/* --- pages --- */

static int put_stretch(struct v7 *v, int cpu, uint64_t start, uint64_t end, uint32_t *chunks)
{
	size_t size, got;

	for (; start < end; start += size) {
		size = CHUNK_PAGES * v->w->page_size;
		if (size > end - start)
			size = (size_t)(end - start);
		if (io_read(v->w->kept[cpu].fd, v->page_buf, size, start, &got) || got != size)
			return error_errno(v->e, "cannot read %s/cpu%d", v->w->partial.path, cpu);
		if (put_packed(v, v->page_buf, size))
			return -1;
		++*chunks;
	}
	return 0;
}

static int put_cpu(struct v7 *v, int cpu)
{
	uint64_t start, end, from = 0;
	uint32_t chunks = 0;

	v->at = align_pages(v->at, v->w->page_size);
	v->places[cpu] = v->at;
	if (!writer_kept_bytes(v->w, cpu))
		return 0;
	if (put(v, &chunks, sizeof(chunks)))
		return -1;
	for (; writer_stretch(v->w, cpu, from, &start, &end); from = end)
		if (put_stretch(v, cpu, start, end, &chunks))
			return -1;
	v->sizes[cpu] = v->at - v->places[cpu];
	return put_at(v, &chunks, sizeof(chunks), v->places[cpu]);
}

static int put_pages(struct v7 *v)
{
	uint64_t sized;

	v->buffer = v->at;
	if (begin_section(v, DAT_OPTION_BUFFER, true, &sized))
		return -1;
	for (int i = 0; i < v->w->cpus; i++)
		if (put_cpu(v, i))
			return -1;
	return end_section(v, sized);
}

/* --- options --- */

static void write_buffer_option(struct v7 *v, FILE *f)
{
	const char *clock;
	size_t clock_size;
	uint32_t cpus = 0;

	clock_of(v->c->trace_clock, &clock, &clock_size);
	for (int i = 0; i < v->w->cpus; i++)
		cpus += v->sizes[i] > 0;
	put_u16(f, DAT_OPTION_BUFFER);
	put_u32(f, (uint32_t)(8 + 1 + (clock_size - 2 + 1) + 4 + 4 + (size_t)cpus * 20));
	put_u64(f, v->buffer);
	put_string(f, "");
	/* without its brackets */
	fwrite(clock + 1, 1, clock_size - 2, f);
	fputc('\0', f);
	put_u32(f, (uint32_t)v->w->page_size);
	put_u32(f, cpus);
	for (int i = 0; i < v->w->cpus; i++) {
		if (!v->sizes[i])
			continue;
		put_u32(f, (uint32_t)i);
		put_u64(f, v->places[i]);
		put_u64(f, v->sizes[i]);
	}
}

static int write_options(struct v7 *v, FILE *f)
{
	for (size_t i = 0; i < PARTS; i++)
		put_option(f, parts[i].id, &v->sections[parts[i].id], 8);
	if (put_options(f, v->c, v->w->cpus, v->e))
		return -1;
	write_buffer_option(v, f);
	put_u16(f, DAT_OPTION_DONE);
	put_u32(f, 8);
	put_u64(f, 0); /* there are no more options */
	return 0;
}

/* link: where the file's start says where they are */
static int put_option_section(struct v7 *v, uint64_t link)
{
	char *text = NULL;
	size_t size;
	FILE *f = memstream_open(&text, &size);
	uint64_t place = v->at, sized;
	int ret;

	if (!f)
		return error_set(v->e, "out of memory");
	ret = write_options(v, f);
	if (memstream_close(f, &text) && !ret)
		ret = error_errno(v->e, "cannot put the recording's options together");
	if (!ret)
		ret = begin_section(v, DAT_OPTION_DONE, false, &sized) || put(v, text, size) || end_section(v, sized) ||
		      put_at(v, &place, sizeof(place), link);
	free(text);
	return ret ? -1 : 0;
}

static int put_file_start(struct v7 *v, uint64_t *link)
{
	char *text = NULL;
	size_t size;
	FILE *f = memstream_open(&text, &size);
	int ret;

	if (!f)
		return error_set(v->e, "out of memory");
	put_start(f, v->c, "7");
	put_string(f, "zstd");
	put_string(f, ZSTD_versionString());
	*link = (uint64_t)ftello(f);
	put_u64(f, 0);
	ret = memstream_close(f, &text) ? error_set(v->e, "out of memory") : put(v, text, size);
	free(text);
	return ret;
}

static int put_all(struct v7 *v)
{
	uint64_t link = 0;

	if (put_file_start(v, &link))
		return -1;
	for (size_t i = 0; i < PARTS; i++)
		if (put_part(v, i))
			return -1;
	return put_pages(v) || put_option_section(v, link) ? -1 : 0;
}

int writer_compressed(struct dat_writer *w, int fd, const struct dat_contents *c, struct error *e)
{
	size_t chunk = CHUNK_PAGES * w->page_size;
	struct v7 v = {.w = w, .c = c, .fd = fd, .e = e};
	int ret = -1;

	v.packed_room = ZSTD_compressBound(chunk);
	v.zstd = ZSTD_createCCtx();
	v.page_buf = malloc(chunk);
	v.packed = malloc(v.packed_room + 8);
	v.places = calloc((size_t)w->cpus, sizeof(*v.places));
	v.sizes = calloc((size_t)w->cpus, sizeof(*v.sizes));
	if (!v.zstd || !v.page_buf || !v.packed || !v.places || !v.sizes)
		error_set(e, "out of memory");
	else if (!check_contents(c, e) && !ZSTD_isError(ZSTD_CCtx_setParameter(v.zstd, ZSTD_c_compressionLevel, LEVEL)))
		ret = put_all(&v);
	ZSTD_freeCCtx(v.zstd);
	free(v.page_buf);
	free(v.packed);
	free(v.places);
	free(v.sizes);
	return ret;
}
