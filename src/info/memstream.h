/* SPDX-License-Identifier: MIT */
#ifndef FALLOCTRACE_INFO_MEMSTREAM_H
#define FALLOCTRACE_INFO_MEMSTREAM_H

#include <stddef.h>
#include <stdio.h>

/*
 * open_memstream that tells when memory runs out: glibc's drops what it has no
 * room for, and neither ferror nor fclose says a word of it. *text and *size hold
 * after memstream_close; *text is NULL until then, and the caller's to free
 * afterwards. NULL with errno.
 */
FILE *memstream_open(char **text, size_t *size);
/* Closes it; *text ends with a NUL that *size does not count. -1 with errno, *text NULL: memory ran out, now or before. */
int memstream_close(FILE *f, char **text);

#endif
