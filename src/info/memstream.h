/* SPDX-License-Identifier: MIT */
#ifndef FALLOCTRACE_INFO_MEMSTREAM_H
#define FALLOCTRACE_INFO_MEMSTREAM_H

#include <stdio.h>

/*
 * Closes what open_memstream(text, …) opened. -1 with errno, *text freed and
 * NULL: memory ran out, now or while something was written. glibc's fclose says
 * nothing of either, and what there is then is a piece of the whole, or NULL.
 */
int memstream_close(FILE *f, char **text);

#endif
