/* SPDX-License-Identifier: MIT */
#include "top/state.h"

#include <string.h>

#define CONTROL(c) ((c)-0x40)
#define ESCAPE 0x1b
#define DELETE 0x7f

const char *top_column_name(enum top_column c)
{
	static const char *const names[] = {
		[TOP_RATE] = "CALLS/S", [TOP_CALLS] = "CALLS", [TOP_ERRORS] = "ERRORS", [TOP_BYTES_RATE] = "BYTES/S",
		[TOP_BYTES] = "BYTES",	[TOP_GROWN] = "GROWN", [TOP_GAINED] = "GAINED", [TOP_FREED] = "FREED",
		[TOP_P50] = "P50",	[TOP_P95] = "P95",     [TOP_P99] = "P99",	[TOP_MAX] = "MAX",
		[TOP_KEY] = "KEY",
	};

	return names[c];
}

const char *top_by_title(enum summary_by by)
{
	static const char *const titles[] = {
		[SUMMARY_PROCESS] = "    PID COMM",
		[SUMMARY_FILE] = "FILE",
		[SUMMARY_OP] = "OP",
		[SUMMARY_FS] = "FS",
		[SUMMARY_VIA] = "VIA",
		[SUMMARY_ERRNO] = "ERRNO",
		[SUMMARY_HOST] = "HOST",
		[SUMMARY_USER] = "USER",
		[SUMMARY_CGROUP] = "CGROUP",
		[SUMMARY_CONTAINER] = "CONTAINER",
	};

	return titles[by];
}

void top_state_init(struct top_state *s, const struct options *o)
{
	/* Of a table that moves, what happens now is wanted first. */
	static const enum top_column columns[SORT_COUNT] = {
		[SORT_CALLS] = TOP_RATE,  [SORT_ERRORS] = TOP_ERRORS, [SORT_BYTES] = TOP_BYTES_RATE,
		[SORT_GROWN] = TOP_GROWN, [SORT_GAINED] = TOP_GAINED, [SORT_FREED] = TOP_FREED,
		[SORT_P50] = TOP_P50,	  [SORT_P95] = TOP_P95,	      [SORT_P99] = TOP_P99,
		[SORT_MAX] = TOP_MAX,	  [SORT_KEY] = TOP_KEY,
	};

	memset(s, 0, sizeof(*s));
	s->by = o->by == SUMMARY_DEFAULT ? SUMMARY_PROCESS : o->by;
	s->sort = columns[o->sort];
	s->human = o->human;
}

static void forget_widths(struct top_state *s)
{
	memset(s->width, 0, sizeof(s->width));
	s->known = 0;
}

static enum top_todo switch_by(struct top_state *s, enum summary_by by)
{
	s->by = by;
	s->first = 0;
	forget_widths(s);
	return TOP_TAKE;
}

static void sort_by(struct top_state *s, int step)
{
	s->sort = (enum top_column)(((int)s->sort + step + TOP_KEY + 1) % (TOP_KEY + 1));
	s->first = 0;
}

/* What goes too far is pulled back where the picture is made, which knows how much there is. */
static void scroll(struct top_state *s, bool down, size_t rows)
{
	size_t *first = s->help ? &s->help_first : &s->first;

	if (down)
		*first = *first > SIZE_MAX - rows ? SIZE_MAX : *first + rows;
	else
		*first = *first > rows ? *first - rows : 0;
}

/* --- the filter --- */

static void add_character(struct top_state *s, uint32_t c)
{
	static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
	unsigned char utf8[4];
	size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (s->filter_size + size > TOP_FILTER)
		return;
	for (size_t i = size; i-- > 1; c >>= 6)
		utf8[i] = (unsigned char)(0x80 | (c & 0x3f));
	utf8[0] = (unsigned char)(first[size] | c);
	memcpy(s->filter + s->filter_size, utf8, size);
	s->filter_size += size;
}

static void drop_character(struct top_state *s)
{
	while (s->filter_size && ((unsigned char)s->filter[--s->filter_size] & 0xc0) == 0x80)
		;
}

static enum top_todo edit(struct top_state *s, uint32_t key)
{
	s->first = 0;
	switch (key) {
	case ESCAPE:
		s->filter_size = 0;
		s->editing = false;
		break;
	case TOP_ENTER:
	case '\n':
	case '\r':
		s->editing = false;
		break;
	case TOP_BACKSPACE:
	case '\b':
	case DELETE:
		drop_character(s);
		break;
	case CONTROL('U'):
		s->filter_size = 0;
		break;
	default:
		if (key >= ' ' && key < TOP_UP && !(key > DELETE && key < 0xa0))
			add_character(s, key);
	}
	return TOP_DRAW;
}

/* --- keys --- */

/* Whether key is one that moves what is seen. */
static bool move(struct top_state *s, uint32_t key)
{
	size_t page = s->page ? s->page : 1;

	switch (key) {
	case TOP_UP:
	case 'k':
		scroll(s, false, 1);
		return true;
	case TOP_DOWN:
	case 'j':
		scroll(s, true, 1);
		return true;
	case TOP_PAGE_UP:
		scroll(s, false, page);
		return true;
	case TOP_PAGE_DOWN:
		scroll(s, true, page);
		return true;
	case TOP_HOME:
		scroll(s, false, SIZE_MAX);
		return true;
	case TOP_END:
		scroll(s, true, SIZE_MAX);
		return true;
	default:
		return false;
	}
}

static enum top_todo stand_still(struct top_state *s, bool paused)
{
	s->paused = paused;
	return paused ? TOP_DRAW : TOP_TAKE;
}

static enum top_todo change(struct top_state *s, uint32_t key)
{
	switch (key) {
	case '<':
	case TOP_LEFT:
		sort_by(s, -1);
		break;
	case '>':
	case TOP_RIGHT:
		sort_by(s, 1);
		break;
	case 'r':
		s->reverse = !s->reverse;
		break;
	case 'l':
		s->last = !s->last;
		break;
	case 'u':
		s->human = !s->human;
		forget_widths(s);
		break;
	case '/':
		s->editing = true;
		break;
	case ESCAPE:
		s->filter_size = 0;
		break;
	case ' ':
		return stand_still(s, !s->paused);
	case CONTROL('S'):
	case CONTROL('Q'):
		return stand_still(s, key == CONTROL('S'));
	case 'c':
		s->first = 0;
		forget_widths(s);
		return TOP_CLEAR;
	case 'h':
	case '?':
		s->help = true;
		s->help_first = 0;
		break;
	case CONTROL('L'):
		return TOP_WIPE;
	default:
		move(s, key);
	}
	return TOP_DRAW;
}

/* The help goes by any key that doesn't move it. */
static enum top_todo read_help(struct top_state *s, uint32_t key)
{
	if (key == CONTROL('L'))
		return TOP_WIPE;
	s->help = move(s, key);
	return TOP_DRAW;
}

enum top_todo top_state_key(struct top_state *s, uint32_t key)
{
	static const struct {
		char key;
		enum summary_by by;
	} bys[] = {
		{'p', SUMMARY_PROCESS}, {'f', SUMMARY_FILE},   {'o', SUMMARY_OP},
		{'s', SUMMARY_FS},	{'v', SUMMARY_VIA},    {'e', SUMMARY_ERRNO},
		{'w', SUMMARY_USER},	{'g', SUMMARY_CGROUP}, {'n', SUMMARY_CONTAINER},
	};

	if (s->editing)
		return edit(s, key);
	if (key == 'q')
		return TOP_QUIT;
	if (s->help)
		return read_help(s, key);
	for (size_t i = 0; i < sizeof(bys) / sizeof(bys[0]); i++)
		if (key == (unsigned char)bys[i].key)
			return switch_by(s, bys[i].by);
	return change(s, key);
}
