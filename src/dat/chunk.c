/* SPDX-License-Identifier: MIT */
#include "chunk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "decode/bytes.h"

#define CHUNK_PAGES 16		  /* writers use 10 */
#define CHUNK_MAX (1024 * 1024)	  /* a chunk is never larger, unless its pages are */
#define SMALL 64		  /* bytes: no real chunk is smaller */
#define SMALL_MAX 64		  /* so many that are, and broken: they are no chunks */
#define BUDGET (24 * 1024 * 1024) /* bytes of all streams' chunks, where each can be more than a page */

struct shared {
	const struct dat_file *file;
	struct decompressor *decompressor;
	uint64_t held; /* bytes that the streams hold, or will at least */
	unsigned char *in;
	size_t in_room;
	/* The last chunk of a stream that holds but a page of it */
	unsigned char *scratch;
	size_t scratch_room;
	uint64_t scratch_at; /* its data's place in the file; 0: none */
};

/* A compressed chunk's data in the file. */
struct place {
	uint64_t at;
	uint32_t in, out; /* bytes, compressed and not */
};

static size_t least(const struct stream *s)
{
	return s->chunk.room ? s->chunk.room : s->page_size;
}

struct shared *shared_new(const struct dat_file *f, struct decompressor *d, const struct stream *streams, size_t count)
{
	struct shared *shared = calloc(1, sizeof(*shared));

	if (!shared)
		return NULL;
	shared->file = f;
	shared->decompressor = d;
	for (size_t i = 0; i < count; i++)
		if (streams[i].compressed)
			shared->held += streams[i].page_size;
	return shared;
}

void shared_free(struct shared *shared)
{
	if (!shared)
		return;
	free(shared->in);
	free(shared->scratch);
	free(shared);
}

void chunk_release(struct shared *shared, struct stream *s)
{
	if (s->compressed && s->page_size) {
		shared->held -= least(s);
		s->page_size = 0; /* it has ended: it is not counted again */
	}
	free(s->chunk.data);
	s->chunk = (struct chunk){.data = NULL};
}

/* What is in it stays. */
static int grow(struct chunk *c, size_t size, struct error *e)
{
	unsigned char *data = size <= c->room ? c->data : realloc(c->data, size);

	if (!data)
		return error_set(e, "out of memory");
	c->room = size <= c->room ? c->room : size;
	c->data = data;
	return 0;
}

/* Contents do not matter. */
static int make_room(unsigned char **data, size_t *room, size_t size, struct error *e)
{
	if (size <= *room)
		return 0;
	free(*data);
	*room = 0;
	*data = malloc(size);
	if (!*data)
		return error_set(e, "out of memory");
	*room = size;
	return 0;
}

/* --- where the next chunk is --- */

static int broken(const struct shared *shared, const struct stream *s, uint64_t at, const char *why, struct error *e)
{
	return error_set(e, "%s: a chunk of the pages of CPU %d, at byte %" PRIu64 ", is broken: %s",
			 shared->file->name, s->cpu, at, why);
}

/* What follows cannot be found. */
static int give_up(const struct shared *shared, struct stream *s, const char *why, struct error *e)
{
	uint64_t at = s->next;

	s->chunks_left = 0;
	s->next = s->end;
	s->missing = 0;
	return error_set(e, "%s: the pages of CPU %d from byte %" PRIu64 " on are lost: %s", shared->file->name, s->cpu,
			 at, why);
}

static int read_u32s(const struct shared *shared, struct stream *s, uint32_t *v, size_t count, struct error *e)
{
	unsigned char bytes[8];

	if (s->end - s->next < 4 * count)
		return give_up(shared, s, s->missing ? "the file is cut off there" : "more is announced than is there",
			       e);
	if (file_read(shared->file, s->next, bytes, 4 * count, e)) {
		struct error ignored;

		give_up(shared, s, "", &ignored);
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		v[i] = bytes_u32(bytes + 4 * i, shared->file->big_endian);
	s->next += 4 * count;
	return 0;
}

static const char *check_sizes(const struct stream *s, const struct place *p)
{
	size_t max = CHUNK_PAGES * s->page_size > CHUNK_MAX ? CHUNK_PAGES * s->page_size : CHUNK_MAX;

	if (p->out > max)
		return "it claims to be larger than any real one";
	if (!p->out)
		return "it claims to be empty";
	/* What can't be compressed grows a little. */
	return p->in > p->out + p->out / 8 + 4096 ? "it is longer than what it claims to hold" : NULL;
}

/* 1; 0: there is none; -1 and *e. */
static int find_next(const struct shared *shared, struct stream *s, struct place *p, struct error *e)
{
	const char *why;
	uint32_t sizes[2];
	uint64_t at;

	if (!s->begun) {
		s->begun = true;
		if (read_u32s(shared, s, &s->chunks_left, 1, e))
			return -1;
	}
	at = s->next;
	if (!s->chunks_left) {
		/* All that was announced came: so nothing is missing. */
		s->missing = 0;
		return s->end - s->next > 8 ? give_up(shared, s, "there is more than announced", e) : 0;
	}
	if (read_u32s(shared, s, sizes, 2, e))
		return -1;
	*p = (struct place){s->next, sizes[0], sizes[1]};
	if (p->in > s->end - s->next) {
		s->next = at;
		return give_up(shared, s, s->missing ? "the file is cut off in a chunk" : "a chunk is too long", e);
	}
	s->next += p->in;
	s->chunks_left--;
	why = check_sizes(s, p);
	return why ? broken(shared, s, at, why, e) : 1;
}

/* --- what is in it --- */

static int decompress_to(struct shared *shared, const struct stream *s, const struct place *p, unsigned char *out,
			 struct error *e)
{
	const char *why;

	if (!shared->decompressor)
		return broken(shared, s, p->at, "it is compressed with what is not known here", e);
	if (make_room(&shared->in, &shared->in_room, p->in, e) || file_read(shared->file, p->at, shared->in, p->in, e))
		return -1;
	why = decompress(shared->decompressor, shared->in, p->in, out, p->out);
	return why ? broken(shared, s, p->at, why, e) : 0;
}

static int to_scratch(struct shared *shared, const struct stream *s, const struct place *p, struct error *e)
{
	if (shared->scratch_at == p->at)
		return 0;
	shared->scratch_at = 0;
	if (make_room(&shared->scratch, &shared->scratch_room, p->out, e) ||
	    decompress_to(shared, s, p, shared->scratch, e))
		return -1;
	shared->scratch_at = p->at;
	return 0;
}

/* One page of a chunk that there is no memory for, or the rest of one. */
static int lean_page(struct shared *shared, struct stream *s, struct error *e)
{
	struct place p = {s->lean_at, s->lean_in, s->lean_out};
	size_t left = s->lean_out - s->lean_next, room = s->page_size - s->chunk.size;

	if (left > room)
		left = room;
	if (to_scratch(shared, s, &p, e) || grow(&s->chunk, s->page_size, e)) {
		s->lean_next = s->lean_out;
		return -1;
	}
	memcpy(s->chunk.data + s->chunk.size, shared->scratch + s->lean_next, left);
	s->chunk.size += left;
	s->lean_next += (uint32_t)left;
	return 1;
}

static int take(struct shared *shared, struct stream *s, const struct place *p, struct error *e)
{
	uint64_t others = shared->held - least(s);
	size_t room = s->chunk.size + p->out;

	if (room > s->chunk.room && room > s->page_size && others + room > BUDGET) {
		/* It is decompressed as often as it has pages, in turns with others. */
		if (p->out > CHUNK_PAGES * s->page_size)
			return broken(shared, s, p->at, "it is too large where so many CPUs are read at once", e);
		s->lean_at = p->at;
		s->lean_in = p->in;
		s->lean_out = p->out;
		s->lean_next = 0;
		return lean_page(shared, s, e);
	}
	if (grow(&s->chunk, room > s->page_size ? room : s->page_size, e))
		return -1;
	shared->held = others + s->chunk.room;
	if (decompress_to(shared, s, p, s->chunk.data + s->chunk.size, e))
		return -1;
	s->chunk.size += p->out;
	return 1;
}

/* The start of a page, at a chunk's end: the rest of it should be in the next one. */
static void keep_start(struct stream *s)
{
	size_t size = s->chunk.size - s->chunk.next;

	if (size)
		memmove(s->chunk.data, s->chunk.data + s->chunk.next, size);
	s->chunk.size = size;
	s->chunk.next = 0;
	if (size && s->chunks_left)
		s->spans = true;
}

/*
 * Where chunks don't begin with a page, nobody knows where one begins behind a
 * broken one; nor where the next chunk is, behind many that can't be any: a file
 * of nothing else would take hours.
 */
static int failed(const struct shared *shared, struct stream *s, uint64_t passed, struct error *e)
{
	struct error ignored;

	if (!s->spans && (passed >= SMALL || ++s->small < SMALL_MAX))
		return -1;
	if (s->chunks_left)
		error_set(e, "%s; what follows it of that CPU is lost, too", e->text);
	give_up(shared, s, "", &ignored);
	s->lean_next = s->lean_out;
	s->chunk.size = 0;
	return -1;
}

int chunk_next(struct shared *shared, struct stream *s, struct error *e)
{
	uint64_t before = s->next;
	struct place p;
	int ret;

	keep_start(s);
	if (s->lean_next < s->lean_out) {
		ret = lean_page(shared, s, e);
	} else {
		ret = find_next(shared, s, &p, e);
		if (ret > 0)
			ret = take(shared, s, &p, e);
	}
	return ret < 0 ? failed(shared, s, s->next - before, e) : ret;
}
