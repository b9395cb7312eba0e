/* SPDX-License-Identifier: MIT */
/*
 * Files to check a filesystem's count of blocks with.
 */
#ifndef FALLOCTRACE_KERNEL_BLOCKS_FILE_H
#define FALLOCTRACE_KERNEL_BLOCKS_FILE_H

/*
 * Something on the filesystem mounted at point that has blocks: its root, or a
 * file or directory somewhat below. Read-only; -1 where there is nothing such.
 */
int open_with_blocks(const char *point);
/* A file without a name, with some blocks allocated: gone when it is closed. -1: read-only, full, or not to be had. */
int open_scratch(const char *point);

#endif
