/* SPDX-License-Identifier: MIT */
/*
 * Files to check a filesystem's count of blocks with.
 */
#ifndef FALLOCTRACE_KERNEL_BLOCKS_FILE_H
#define FALLOCTRACE_KERNEL_BLOCKS_FILE_H

#include <stdbool.h>

/*
 * Calls back with files and directories on the filesystem mounted at point that
 * have blocks, its root first, opened read-only and closed afterwards, until the
 * callback returns true or enough has been looked at.
 */
void each_with_blocks(const char *point, bool (*each)(void *ctx, int fd), void *ctx);
/*
 * Something on the filesystem mounted at point that has blocks: its root, or a
 * file or directory somewhat below. Read-only; -1 where there is nothing such.
 */
int open_with_blocks(const char *point);
/* A file without a name, with some blocks allocated: gone when it is closed. -1: read-only, full, or not to be had. */
int open_scratch(const char *point);

#endif
