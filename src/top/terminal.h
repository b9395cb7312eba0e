/* SPDX-License-Identifier: MIT */
/*
 * A terminal description of our own, for machines that have none of theirs: a
 * rescue system with nothing but this program, or a terminal younger than the
 * system. It has what the VT100 and all that came after it share.
 */
#ifndef FALLOCTRACE_TOP_TERMINAL_H
#define FALLOCTRACE_TOP_TERMINAL_H

#include <stdbool.h>

#define TERMINAL_OWN "ecma48"
/* As the environment's TERMINFO takes it (ncurses 6.1 and newer), under that name. */
extern const char terminal_own[];
/* Whether a terminal of this name understands that. */
bool terminal_is_alike(const char *name);

#endif
