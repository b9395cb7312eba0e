/* SPDX-License-Identifier: MIT */
/*
 * Bytes to and from files, all of them or an errno.
 */
#ifndef FALLOCTRACE_DAT_IO_H
#define FALLOCTRACE_DAT_IO_H

#include <stddef.h>
#include <stdint.h>

/* Writes all; *done (may be NULL): how much of it was written, where it fails, too. */
int io_write_some(int fd, const void *data, size_t size, uint64_t at, size_t *done);
int io_write(int fd, const void *data, size_t size, uint64_t at);
/* Reads up to size bytes; fewer at the end of the file. -1: an errno. */
int io_read(int fd, void *data, size_t size, uint64_t at, size_t *got);
/* From one file to another, by the kernel where it can. EIO: from ends early. */
int io_copy(int from, uint64_t from_at, int to, uint64_t to_at, uint64_t size);

#endif
