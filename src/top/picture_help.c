/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "top/cut.h"
#include "top/picture.h"

static const char *const help[] = {
	"falloctrace top: who calls fallocate, and how much",
	"",
	"p f o s v e    a row for each process, file, operation, filesystem,",
	"               way in, errno",
	"w g n          for each user (who), cgroup, container",
	"< >            sort by the column to the left, to the right (arrows, too)",
	"r              the other way round",
	"/              only rows whose key holds a text; Esc: all again",
	"l              latencies: since the start, or of the last interval",
	"u              sizes and times with units, or plain",
	"space          stand still (counting goes on); Ctrl-S, Ctrl-Q, too",
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

/* How much of text stands in a line of so many columns: up to a blank, or all that there is room for. */
static size_t line_of(const char *text, size_t size, size_t width)
{
	size_t n = width;

	if (size <= width)
		return size;
	while (n && text[n] != ' ')
		n--;
	return n ? n : width;
}

static void add_wrapped(struct top_picture *p, const char *text, enum top_style style, bool utf8)
{
	size_t rest = strlen(text);

	do {
		struct top_line *l = top_picture_line(p, style);
		size_t n = line_of(text, rest, p->width ? p->width : 1);

		cut_end(&l->text, text, n, p->width, utf8);
		for (text += n, rest -= n; *text == ' '; rest--)
			text++;
	} while (rest);
}

static void add_all(struct top_picture *p, const struct top_about *about)
{
	p->count = p->wanted = 0;
	for (size_t i = 0; i < sizeof(help) / sizeof(help[0]); i++)
		add_wrapped(p, help[i], i ? TOP_PLAIN : TOP_STRONG, true);
	if (!about->note_whole)
		return;
	top_picture_line(p, TOP_PLAIN);
	add_wrapped(p, about->note_whole, TOP_WARNING, about->utf8);
}

void top_picture_help(struct top_picture *p, struct top_state *s, const struct top_about *about)
{
	size_t last;

	s->page = p->height;
	p->skip = SIZE_MAX;
	add_all(p, about);
	last = p->wanted > p->height ? p->wanted - p->height : 0;
	if (s->help_first > last)
		s->help_first = last;
	p->skip = s->help_first;
	add_all(p, about);
}
