/* SPDX-License-Identifier: MIT */
/*
 * The terminal: pictures onto it, keys from it. The only place that knows ncurses.
 */
#ifndef FALLOCTRACE_TOP_SCREEN_H
#define FALLOCTRACE_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "falloctrace/error.h"
#include "top/picture.h"

struct screen {
	void *terminal; /* NULL: not open */
	bool utf8;
	bool color;
	size_t width, height;
	FILE *to;   /* pictures go there */
	FILE *file; /* what ncurses writes to: the terminal, or memory while a picture is made */
	int tty;    /* the terminal's descriptor */
	int memory;
	void *modes; /* the terminal's, as they were */
};

/*
 * Whether standard input and output are a terminal that a table can be drawn
 * on. Before anything else is begun: nothing is written.
 *
 * What describes a terminal is a file, found by the environment's TERM,
 * TERMINFO, TERMINFO_DIRS, TERMCAP and HOME, and read by a library that was not
 * made for other people's files. Run as root, with whatever environment sudo or
 * su left, or with the capabilities of the program's file, it gets to see TERM
 * alone, and so takes only the system's own descriptions.
 */
int screen_check(struct error *e);
/*
 * color: wanted, where the terminal has any. to: pictures are written there, to go
 * on to the terminal, which may take nothing for a while; borrowed. Ctrl-S does not
 * stop the terminal from here on, but is a key. s is zeroed or closed.
 */
int screen_open(struct screen *s, bool color, FILE *to, struct error *e);
/*
 * Leaves the terminal as it was; takes one that isn't open. stuck: something
 * could not be written to it, which is not to be waited for; where it still takes
 * nothing, what is on it stays.
 */
void screen_close(struct screen *s, bool stuck);
/* In memory, then to `to`, which is flushed: so it never waits. */
void screen_draw(struct screen *s, const struct top_picture *p);
/* From scratch, the next time. */
void screen_wipe(struct screen *s);
/* The terminal may have another size, or have been used by somebody else meanwhile. */
void screen_resize(struct screen *s);
/* Leaves it for a while; screen_draw takes it again. */
void screen_leave(struct screen *s);
/* The next key, as top_state_key wants it. False: there is none now. */
bool screen_key(struct screen *s, uint32_t *key);

#endif
