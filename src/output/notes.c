/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "output/notes.h"
#include "output/utf8.h"

static unsigned count_inner(const struct call *c)
{
	const struct call *i;
	unsigned count = 0;

	for (i = c->inner; i; i = i->next)
		count += 1 + count_inner(i);
	return count;
}

static void note(struct buf *b, size_t start)
{
	buf_char(b, b->size == start ? '[' : ',');
}

/* The ordinary way in goes without saying; one that we don't know doesn't. */
static void note_via(struct buf *b, size_t start, const struct call *c)
{
	if (c->via == VIA_SYSCALL)
		return;
	note(b, start);
	buf_text(b, c->via == VIA_UNKNOWN ? "via?" : via_name(c->via));
	if (c->via == VIA_KERNEL && *c->caller) {
		buf_char(b, ':');
		utf8_escape(b, c->caller, strlen(c->caller), true);
	}
}

/* What of the reservation is something else now. */
static void note_related(struct buf *b, size_t start, const struct call *c)
{
	int64_t bytes = c->related == RELATED_USED ? c->did.used : c->did.cut;

	if (!bytes)
		return;
	note(b, start);
	buf_text(b, c->related == RELATED_USED ? "used:" : "cut:");
	buf_i64(b, bytes);
}

static void note_inner(struct buf *b, size_t start, const struct call *c)
{
	note(b, start);
	buf_char(b, '+');
	buf_u64(b, count_inner(c));
	buf_char(b, ':');
	if (*c->inner->fs)
		utf8_escape(b, c->inner->fs, strlen(c->inner->fs), true);
	else
		buf_char(b, '-');
	if (*c->inner->path) {
		buf_char(b, ':');
		utf8_escape(b, c->inner->path, strlen(c->inner->path), true);
	}
}

void text_notes(struct buf *b, const struct call *c, bool inner)
{
	size_t start = b->size;
	int i;

	if (c->related)
		note_related(b, start, c);
	else
		note_via(b, start, c);
	for (i = 0; i < ODD_COUNT; i++)
		if (c->odd & 1u << i) {
			note(b, start);
			buf_text(b, odd_name(1u << i));
		}
	if (c->has_fd && !*c->path) { /* all that names the file */
		note(b, start);
		buf_text(b, "fd:");
		buf_i64(b, c->fd);
	}
	if (inner && c->inner)
		note_inner(b, start, c);
	if (b->size != start)
		buf_char(b, ']');
}
