/* SPDX-License-Identifier: MIT */
/*
 * Reading a file of which no size and no offset is believed: every read is
 * checked against where the file, or the part of it at hand, ends.
 */
#ifndef FALLOCTRACE_DAT_FILE_H
#define FALLOCTRACE_DAT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/error.h"

struct dat_file {
	int fd;
	char *name; /* for messages */
	uint64_t size;
	bool big_endian;
	int spare;    /* made beforehand for file_open_spool, or -1 */
	bool spooled; /* it holds what sections of a file decompressed to: places in it tell a user nothing */
};

/* A pipe is spooled into a temporary file without a name first. */
int file_open(struct dat_file *f, const char *path, struct error *e);
/* Neither a pipe nor a link, whoever has put one there. */
int file_open_plain(struct dat_file *f, const char *path, struct error *e);
void file_close(struct dat_file *f);
/* Makes that temporary file already, where it will be needed: for when none can be made any more. */
void file_prepare(struct dat_file *f);
/* An empty temporary file without a name, for what sections of another one decompress to. */
int file_open_spool(struct dat_file *spool, struct dat_file *of, struct error *e);
int file_append(struct dat_file *spool, const void *data, size_t size, struct error *e);
/* All of it, or an error. */
int file_read(const struct dat_file *f, uint64_t at, void *buf, size_t size, struct error *e);
/* A part that the file holds whole, with a NUL behind; the caller's to free. */
char *file_text(const struct dat_file *f, uint64_t at, uint64_t size, struct error *e);

/* Walks forward through a part of a file. */
struct cursor {
	const struct dat_file *file;
	uint64_t at, end;
	const char *what; /* the part's name, for messages */
	uint64_t section; /* of a spool: where it lies compressed in the file */
	uint64_t window_at;
	size_t window_size;
	unsigned char window[4096];
};

/* The part is clipped to the file. */
void cursor_start(struct cursor *c, const struct dat_file *f, uint64_t at, uint64_t size, const char *what);
/* The next size bytes of c, or what there is of them. */
void cursor_part(struct cursor *part, const struct cursor *c, uint64_t size, const char *what);
uint64_t cursor_left(const struct cursor *c);
int cursor_bytes(struct cursor *c, void *buf, size_t size, struct error *e);
int cursor_skip(struct cursor *c, uint64_t size, struct error *e);
int cursor_u8(struct cursor *c, uint8_t *v, struct error *e);
int cursor_u16(struct cursor *c, uint16_t *v, struct error *e);
int cursor_u32(struct cursor *c, uint32_t *v, struct error *e);
int cursor_u64(struct cursor *c, uint64_t *v, struct error *e);
/* Up to and with its NUL; one that does not fit is broken. */
int cursor_string(struct cursor *c, char *buf, size_t room, struct error *e);
/* Fills *e: what is at hand is broken. */
int cursor_broken(const struct cursor *c, const char *why, struct error *e);
/* Moves forward to the bytes, or not at all: false. Looks no further than limit bytes. */
bool cursor_find(struct cursor *c, const void *bytes, size_t size, uint64_t limit);

#endif
