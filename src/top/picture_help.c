/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "top/cut.h"
#include "top/picture.h"

static const char *const help[] = {
	"falloctrace top: who calls fallocate, and how much",
	"",
	"p f o s v e    a row for each process, file, operation, filesystem,",
	"               way in, errno",
	"< >            sort by the column to the left, to the right (arrows, too)",
	"r              the other way round",
	"/              only rows whose key holds a text; Esc: all again",
	"l              latencies: since the start, or of the last interval",
	"u              sizes and times with units, or plain",
	"space          stand still (counting goes on)",
	"c              count anew (losses stay)",
	"arrows, PgUp, PgDn, Home, End, k, j   move",
	"Ctrl-L         draw the screen again",
	"q, Ctrl-C      end",
	"",
	"CALLS/S and BYTES/S (bytes asked for) are of the last interval, the rest is",
	"since the start. GROWN: sizes after, less sizes before. GAINED, FREED: bytes",
	"of blocks. -: not known.  +: at least so many.  ?: too large to tell.",
	"(other): too many rows, those with the fewest calls are here.",
};

/* Lines of so many columns, broken at blanks. */
static void add_wrapped(struct top_picture *p, const char *text, enum top_style style, bool utf8)
{
	size_t rest = strlen(text);

	while (rest) {
		size_t n = rest < p->width ? rest : p->width;
		struct top_line *l = top_picture_line(p, style);

		if (n < rest)
			while (n > 1 && text[n] != ' ')
				n--;
		if (n <= 1 && p->width > 1 && n < rest)
			n = rest < p->width ? rest : p->width;
		cut_end(&l->text, text, n, p->width, utf8);
		text += n;
		rest -= n;
		while (*text == ' ') {
			text++;
			rest--;
		}
	}
}

void top_picture_help(struct top_picture *p, const struct top_about *about)
{
	for (size_t i = 0; i < sizeof(help) / sizeof(help[0]); i++) {
		struct top_line *l = top_picture_line(p, i ? TOP_PLAIN : TOP_STRONG);

		cut_end(&l->text, help[i], strlen(help[i]), p->width, true);
	}
	if (!about->note_whole)
		return;
	top_picture_line(p, TOP_PLAIN);
	add_wrapped(p, about->note_whole, TOP_WARNING, about->utf8);
}
