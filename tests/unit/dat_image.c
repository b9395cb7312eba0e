/* SPDX-License-Identifier: MIT */
#include "dat_image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

void image_free(struct image *im)
{
	free(im->data);
	memset(im, 0, sizeof(*im));
}

void image_bytes(struct image *im, const void *data, size_t size)
{
	if (im->size + size > im->room) {
		im->room = (im->size + size) * 2;
		im->data = realloc(im->data, im->room);
		if (!im->data)
			abort();
	}
	if (size)
		memcpy(im->data + im->size, data, size);
	im->size += size;
}

/* By hand, so that it depends on no machine's order. */
static void order(const struct image *im, unsigned char *to, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		to[im->big ? size - 1 - i : i] = (unsigned char)(v >> 8 * i);
}

static void number(struct image *im, uint64_t v, unsigned size)
{
	unsigned char bytes[8];

	order(im, bytes, v, size);
	image_bytes(im, bytes, size);
}

void image_u8(struct image *im, unsigned v)
{
	number(im, v, 1);
}

void image_u16(struct image *im, unsigned v)
{
	number(im, v, 2);
}

void image_u32(struct image *im, uint32_t v)
{
	number(im, v, 4);
}

void image_u64(struct image *im, uint64_t v)
{
	number(im, v, 8);
}

void image_string(struct image *im, const char *s)
{
	image_bytes(im, s, strlen(s) + 1);
}

void image_text32(struct image *im, const char *s)
{
	image_u32(im, (uint32_t)strlen(s));
	image_bytes(im, s, strlen(s));
}

void image_text64(struct image *im, const char *s)
{
	image_u64(im, strlen(s));
	image_bytes(im, s, strlen(s));
}

void image_option(struct image *im, unsigned id, const void *data, size_t size)
{
	image_u16(im, id);
	image_u32(im, (uint32_t)size);
	image_bytes(im, data, size);
}

void image_align(struct image *im, size_t align)
{
	while (im->size % align)
		image_u8(im, 0);
}

void image_set_u32(struct image *im, size_t at, uint32_t v)
{
	order(im, im->data + at, v, 4);
}

void image_set_u64(struct image *im, size_t at, uint64_t v)
{
	order(im, im->data + at, v, 8);
}

void image_start(struct image *im, const char *version, unsigned long_size, uint32_t page_size)
{
	image_bytes(im, "\x17\x08\x44tracing", 10);
	image_string(im, version);
	image_u8(im, im->big);
	image_u8(im, long_size);
	image_u32(im, page_size);
}

void image_headers(struct image *im, unsigned long_size)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		 "\tfield: local_t commit;\toffset:8;\tsize:%u;\tsigned:1;\n"
		 "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
		 "\tfield: char data;\toffset:%u;\tsize:%u;\tsigned:0;\n",
		 long_size, 8 + long_size, 4096 - 8 - long_size);
	image_string(im, "header_page");
	image_text64(im, text);
	image_string(im, "header_event");
	image_text64(im, "# compressed entry header\n\ttype_len    :    5 bits\n");
}

size_t image_section(struct image *im, unsigned id, unsigned flags)
{
	size_t at = im->size;

	image_u16(im, id);
	image_u16(im, flags);
	image_u32(im, UINT32_MAX); /* no description */
	image_u64(im, 0);
	return at;
}

void image_section_end(struct image *im, size_t at)
{
	image_set_u64(im, at + 8, im->size - at - 16);
}

static size_t zstd(unsigned char *to, size_t room, const void *data, size_t size)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t n;

	ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 0);
	n = ZSTD_compress2(c, to, room, data, size);
	ZSTD_freeCCtx(c);
	return ZSTD_isError(n) ? 0 : n;
}

static void put_packed(struct image *im, const void *data, size_t size, enum packing how)
{
	size_t n = ZSTD_compressBound(size) + compressBound(size);
	unsigned char *packed = malloc(n);
	uLongf zn = n;

	if (!packed)
		abort();
	if (how == ZSTD)
		n = zstd(packed, n, data, size);
	else
		n = compress(packed, &zn, data, size) == Z_OK ? zn : 0;
	if (!n)
		abort();
	image_u32(im, (uint32_t)n);
	image_u32(im, (uint32_t)size);
	image_bytes(im, packed, n);
	free(packed);
}

void image_pack(struct image *im, size_t from, enum packing how)
{
	struct image whole = {.data = NULL};

	if (how == PLAIN)
		return;
	image_bytes(&whole, im->data + from, im->size - from);
	im->size = from;
	put_packed(im, whole.data, whole.size, how);
	image_free(&whole);
}

void image_chunks(struct image *im, const struct image *pages, size_t chunk, enum packing how, size_t *ends)
{
	if (how == PLAIN) {
		image_bytes(im, pages->data, pages->size);
		return;
	}
	image_u32(im, (uint32_t)((pages->size + chunk - 1) / chunk));
	for (size_t at = 0; at < pages->size; at += chunk) {
		put_packed(im, pages->data + at, chunk < pages->size - at ? chunk : pages->size - at, how);
		if (ends)
			ends[at / chunk] = im->size;
	}
}

void image_page(struct image *im, uint64_t ts, unsigned long_size, size_t page_size, const void *record, unsigned words)
{
	size_t start = im->size;

	image_u64(im, ts);
	number(im, 4 + 4 * words, long_size);
	image_u32(im, im->big ? words << 27 : words);
	image_bytes(im, record, 4 * words);
	while (im->size < start + page_size)
		image_u8(im, 0);
}

void image_write(const struct image *im, const char *path)
{
	int fd;

	/* A file that is cut to nothing and written again waits for the disk on some filesystems. */
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, im->data, im->size) != (ssize_t)im->size || close(fd))
		abort();
}

static char dir[64], file[80];

static void clean(void)
{
	unlink(file);
	rmdir(dir);
}

const char *image_path(void)
{
	if (dir[0])
		return file;
	strcpy(dir, "/tmp/falloctrace-test-XXXXXX");
	if (!mkdtemp(dir))
		abort();
	snprintf(file, sizeof(file), "%s/trace.dat", dir);
	atexit(clean);
	return file;
}
