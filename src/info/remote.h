/* SPDX-License-Identifier: MIT */
#ifndef FALLOCTRACE_INFO_REMOTE_H
#define FALLOCTRACE_INFO_REMOTE_H

#include <stdbool.h>

/*
 * Whether what this kernel has of a filesystem's files is only what another
 * machine, or a process, told it some time ago; asking may then take for ever.
 */
bool fs_remote(const char *fs);

#endif
