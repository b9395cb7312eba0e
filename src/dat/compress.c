/* SPDX-License-Identifier: MIT */
#include "compress.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/*
 * How far back a zstd stream may refer, which is memory: what its format
 * (RFC 8878, 3.1.1.1.2) wants every decoder to support, 8 MiB.
 */
#define WINDOW_LOG 23
#define STREAM_SIZE (64 * 1024) /* read, and written, at once */

struct decompressor {
	enum compression kind;
	ZSTD_DCtx *zstd;
	z_stream zlib;
	bool zlib_ready;
};

enum compression compression_find(const char *name)
{
	if (!strcmp(name, "none"))
		return COMPRESSION_NONE;
	if (!strcmp(name, "zstd"))
		return COMPRESSION_ZSTD;
	return strcmp(name, "zlib") ? COMPRESSION_UNKNOWN : COMPRESSION_ZLIB;
}

struct decompressor *decompressor_new(enum compression kind)
{
	struct decompressor *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->kind = kind;
	if (kind == COMPRESSION_ZSTD) {
		d->zstd = ZSTD_createDCtx();
		if (d->zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax, WINDOW_LOG)))
			return d;
	} else if (kind == COMPRESSION_ZLIB) {
		d->zlib_ready = inflateInit(&d->zlib) == Z_OK;
		if (d->zlib_ready)
			return d;
	}
	decompressor_free(d);
	return NULL;
}

void decompressor_free(struct decompressor *d)
{
	if (!d)
		return;
	ZSTD_freeDCtx(d->zstd);
	if (d->zlib_ready)
		inflateEnd(&d->zlib);
	free(d);
}

/* zlib only reads what it is given, but does not say so everywhere. */
static Bytef *input(const void *in)
{
	return (Bytef *)(uintptr_t)in;
}

static const char *unzstd(struct decompressor *d, const void *in, size_t in_size, void *out, size_t out_size)
{
	size_t n = ZSTD_decompressDCtx(d->zstd, out, out_size, in, in_size);

	if (ZSTD_isError(n))
		return ZSTD_getErrorCode(n) == ZSTD_error_dstSize_tooSmall ? "it decompresses to more than announced" :
									     "it does not decompress";
	return n == out_size ? NULL : "it decompresses to less than announced";
}

static const char *unzlib(struct decompressor *d, const void *in, size_t in_size, void *out, size_t out_size)
{
	int ret;

	if (in_size > UINT32_MAX || out_size > UINT32_MAX || inflateReset(&d->zlib) != Z_OK)
		return "it does not decompress";
	d->zlib.next_in = input(in);
	d->zlib.avail_in = (uInt)in_size;
	d->zlib.next_out = out;
	d->zlib.avail_out = (uInt)out_size;
	ret = inflate(&d->zlib, Z_FINISH);
	if (ret == Z_STREAM_END)
		return d->zlib.avail_out ? "it decompresses to less than announced" : NULL;
	if ((ret == Z_BUF_ERROR || ret == Z_OK) && !d->zlib.avail_out)
		return "it decompresses to more than announced";
	return "it does not decompress";
}

const char *decompress(struct decompressor *d, const void *in, size_t in_size, void *out, size_t out_size)
{
	return d->kind == COMPRESSION_ZSTD ? unzstd(d, in, in_size, out, out_size) :
					     unzlib(d, in, in_size, out, out_size);
}

/* --- streams --- */

struct stream_state {
	unsigned char in[STREAM_SIZE], out[STREAM_SIZE];
	size_t in_size, in_used;
	size_t out_size; /* what the last step gave */
	bool ended;	 /* it was the frame's last */
};

static bool step_zstd(struct decompressor *d, struct stream_state *s)
{
	ZSTD_inBuffer in = {s->in, s->in_size, s->in_used};
	ZSTD_outBuffer out = {s->out, sizeof(s->out), 0};
	size_t ret = ZSTD_decompressStream(d->zstd, &out, &in);

	s->in_used = in.pos;
	s->out_size = out.pos;
	s->ended = !ret;
	return !ZSTD_isError(ret);
}

static bool step_zlib(struct decompressor *d, struct stream_state *s)
{
	int ret;

	d->zlib.next_in = s->in + s->in_used;
	d->zlib.avail_in = (uInt)(s->in_size - s->in_used);
	d->zlib.next_out = s->out;
	d->zlib.avail_out = sizeof(s->out);
	ret = inflate(&d->zlib, Z_NO_FLUSH);
	s->in_used = s->in_size - d->zlib.avail_in;
	s->out_size = sizeof(s->out) - d->zlib.avail_out;
	s->ended = ret == Z_STREAM_END;
	return ret == Z_OK || ret == Z_STREAM_END || ret == Z_BUF_ERROR;
}

static bool restart(struct decompressor *d)
{
	if (d->kind == COMPRESSION_ZLIB)
		return inflateReset(&d->zlib) == Z_OK;
	return !ZSTD_isError(ZSTD_DCtx_reset(d->zstd, ZSTD_reset_session_only));
}

/* Takes the next bytes of the frame, once all before are used up. */
static int refill(struct stream_state *s, struct cursor *c, struct error *e)
{
	if (s->in_used < s->in_size)
		return 0;
	s->in_used = 0;
	s->in_size = cursor_left(c) < STREAM_SIZE ? (size_t)cursor_left(c) : STREAM_SIZE;
	return cursor_bytes(c, s->in, s->in_size, e);
}

static int stream(struct decompressor *d, struct stream_state *s, struct cursor *c, const struct cursor *start,
		  struct dat_file *spool, uint64_t out_size, struct error *e)
{
	while (!s->ended) {
		if (refill(s, c, e))
			return -1;
		if (!(d->kind == COMPRESSION_ZSTD ? step_zstd(d, s) : step_zlib(d, s)))
			return cursor_broken(start, "it does not decompress", e);
		if (s->out_size > out_size)
			return cursor_broken(start, "it decompresses to more than announced", e);
		if (file_append(spool, s->out, s->out_size, e))
			return -1;
		out_size -= s->out_size;
		if (!s->out_size && !s->ended && s->in_used == s->in_size && !cursor_left(c))
			return cursor_broken(start, "what is compressed is cut off", e);
	}
	return out_size ? cursor_broken(start, "it decompresses to less than announced", e) : 0;
}

int decompress_at(struct decompressor *d, const struct cursor *c, uint64_t size, struct dat_file *spool,
		  uint64_t out_size, struct error *e)
{
	struct stream_state *s = calloc(1, sizeof(*s));
	struct cursor part;
	int ret;

	if (!s)
		return error_set(e, "out of memory");
	cursor_part(&part, c, size, c->what);
	ret = restart(d) ? stream(d, s, &part, c, spool, out_size, e) : cursor_broken(c, "it does not decompress", e);
	free(s);
	return ret;
}
