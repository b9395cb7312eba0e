/* SPDX-License-Identifier: MIT */
/*
 * As strace -f -y -ttt -T -o FILE writes it:
 *
 *   PID   TIME fallocate(FD<PATH>, FLAGS, OFFSET, LEN) = RESULT <SECONDS>
 *
 * PID is the thread's. "?" stands for what is not known. What strace itself would
 * not show is told in a comment, as it has them, behind the first argument: a
 * way in other than the system call, and the machine where there are several.
 *
 * A loss is "TIME +++ 118 events lost on CPU 1 +++": lines of that form are what
 * strace tells beside calls.
 */
#include <stdlib.h>
#include <string.h>

#include "falloctrace/sink.h"
#include "output/buf.h"
#include "output/clock.h"

#define ERRNO_MAX 4095	/* the kernel's MAX_ERRNO */
#define PID_WIDTH 5	/* strace's */
#define ERESTARTSYS 512 /* source: the kernel's include/linux/errno.h */
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516

struct strace {
	struct sink sink;
	struct sink_options o;
	struct buf line;
};

/* --- text of others: ASCII, as strace quotes it --- */

static char letter_of(unsigned char byte)
{
	switch (byte) {
	case '"':
	case '\\':
		return (char)byte;
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '\v':
		return 'v';
	default:
		return 0;
	}
}

/* In as few digits as can be, but all three where another digit follows. */
static void add_octal(struct buf *b, unsigned char byte, char next)
{
	bool all = next >= '0' && next <= '7';

	if (all || byte >= 0100)
		buf_char(b, (char)('0' + (byte >> 6)));
	if (all || byte >= 010)
		buf_char(b, (char)('0' + (byte >> 3 & 7)));
	buf_char(b, (char)('0' + (byte & 7)));
}

/* What is in escaped stands for something where the text goes to. */
static void add_text(struct buf *b, const char *text, const char *escaped)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;
		char letter = letter_of(byte);

		if (!letter && byte >= ' ' && byte < 0x7f && !strchr(escaped, *text)) {
			buf_char(b, *text);
			continue;
		}
		buf_char(b, '\\');
		if (letter)
			buf_char(b, letter);
		else
			add_octal(b, byte, text[1]);
	}
}

/* --- arguments --- */

static void add_number(struct buf *b, bool has, int64_t number)
{
	if (has)
		buf_i64(b, number);
	else
		buf_char(b, '?');
}

static void add_comments(struct strace *s, const struct call *c)
{
	bool via = c->via > VIA_COMPAT, host = s->o.hosts && c->host && *c->host;
	struct buf *b = &s->line;

	if (!via && !host)
		return;
	buf_text(b, " /* ");
	if (via)
		buf_text(b, via_name(c->via));
	if (c->via == VIA_KERNEL && *c->caller) {
		buf_char(b, ':');
		add_text(b, c->caller, "*");
	}
	if (host) {
		buf_text(b, via ? " on " : "on ");
		add_text(b, c->host, "*");
	}
	buf_text(b, " */");
}

static void add_file(struct strace *s, const struct call *c)
{
	struct buf *b = &s->line;

	add_number(b, c->has_fd, c->fd);
	if (*c->path) {
		buf_char(b, '<');
		add_text(b, c->path, "<>");
		buf_char(b, '>');
	}
	add_comments(s, c);
}

static void add_mode(struct buf *b, const struct call *c)
{
	uint32_t rest = c->mode;
	bool named = false;

	if (!c->has_mode || !rest) {
		add_number(b, c->has_mode, 0);
		return;
	}
	for (const struct mode_flag *f = mode_flags; f->name; f++) {
		if (!(rest & f->bit))
			continue;
		buf_text(b, named ? "|FALLOC_FL_" : "FALLOC_FL_");
		buf_text(b, f->name);
		named = true;
		rest &= ~f->bit;
	}
	if (rest)
		buf_printf(b, named ? "|%#x" : "%#x /* FALLOC_FL_??? */", rest);
}

static void add_arguments(struct strace *s, const struct call *c)
{
	struct buf *b = &s->line;

	add_file(s, c);
	buf_text(b, ", ");
	add_mode(b, c);
	buf_text(b, ", ");
	add_number(b, c->has_offset, c->offset);
	buf_text(b, ", ");
	add_number(b, c->has_len, c->len);
}

/* --- results --- */

/* What the kernel returns to itself only: the call begins anew, or its caller sees EINTR. */
static const char *restart_text(int error)
{
	switch (error) {
	case ERESTARTSYS:
		return "To be restarted if SA_RESTART is set";
	case ERESTARTNOINTR:
		return "To be restarted";
	case ERESTARTNOHAND:
		return "To be restarted if no handler";
	case ERESTART_RESTARTBLOCK:
		return "Interrupted by signal";
	default:
		return NULL;
	}
}

static void add_error(struct buf *b, int error)
{
	const char *name = errno_name(error), *restart = restart_text(error);

	buf_text(b, restart ? "? " : "-1 ");
	if (name) {
		buf_text(b, name);
		buf_text(b, " (");
		buf_text(b, restart ? restart : strerror(error));
		buf_char(b, ')');
	} else {
		buf_printf(b, "(errno %d)", error);
	}
}

static void add_result(struct buf *b, const struct call *c)
{
	int64_t latency = call_latency(c);

	buf_text(b, " = ");
	if (!c->has_ret)
		buf_text(b, "? <unavailable>");
	else if (c->ret < 0 && c->ret >= -ERRNO_MAX)
		add_error(b, (int)-c->ret);
	else
		buf_i64(b, c->ret);
	if (c->has_ret && latency >= 0) {
		buf_text(b, " <");
		clock_seconds(b, latency, 6);
		buf_char(b, '>');
	}
}

/* --- lines --- */

/* Since the epoch; on the trace's own clock where that is all there is. */
static void add_time(struct buf *b, bool has_utc, int64_t utc, bool has_ts, uint64_t ts, bool ticks)
{
	if (has_utc)
		clock_seconds(b, utc, 6);
	else if (has_ts && ticks)
		buf_u64(b, ts);
	else if (has_ts)
		clock_seconds(b, (int64_t)ts, 6);
	else
		buf_char(b, '?');
	buf_char(b, ' ');
}

static void add_leader(struct buf *b, const struct call *c)
{
	size_t start = b->size, used;

	buf_i64(b, c->tid);
	used = b->size - start;
	buf_fill(b, ' ', used < PID_WIDTH ? PID_WIDTH - used + 1 : 1);
	add_time(b, c->has_utc, c->utc, c->has_start || c->has_end, c->has_start ? c->start : c->end, c->ticks);
}

/* Whether a return is all that was seen of it. */
static bool only_returned(const struct call *c)
{
	return c->odd & ODD_ORPHAN && !c->has_mode && !c->has_offset && !c->has_len && !*c->path;
}

static int strace_call(struct sink *sink, const struct call *c, struct error *e)
{
	struct strace *s = (struct strace *)sink;
	struct buf *b = &s->line;

	add_leader(b, c);
	if (only_returned(c)) {
		buf_text(b, "<... fallocate resumed>)");
		add_result(b, c);
	} else {
		buf_text(b, "fallocate(");
		add_arguments(s, c);
		if (c->odd & ODD_UNFINISHED && !c->has_ret) {
			buf_text(b, " <unfinished ...>");
		} else {
			buf_char(b, ')');
			add_result(b, c);
		}
	}
	buf_char(b, '\n');
	if (buf_write(b, s->o.out, e) < 0)
		return -1;
	for (const struct call *inner = s->o.nested ? c->inner : NULL; inner; inner = inner->next)
		if (strace_call(sink, inner, e) < 0)
			return -1;
	return 0;
}

static int strace_lost(struct sink *sink, const struct loss *l, struct error *e)
{
	struct strace *s = (struct strace *)sink;
	struct buf *b = &s->line;

	add_time(b, l->has_utc, l->utc, l->has_before, l->before, false);
	buf_text(b, "+++ ");
	if (l->count == LOST_UNKNOWN)
		buf_char(b, '?');
	else
		buf_u64(b, l->count);
	buf_printf(b, " events lost on CPU %d", l->cpu);
	if (s->o.hosts && l->host && *l->host) {
		buf_text(b, " of ");
		add_text(b, l->host, "+");
	}
	buf_text(b, " +++\n");
	return buf_write(b, s->o.out, e);
}

static int strace_nothing(struct sink *sink, struct error *e)
{
	(void)sink;
	(void)e;
	return 0;
}

static void strace_free(struct sink *sink)
{
	struct strace *s = (struct strace *)sink;

	if (!s)
		return;
	buf_free(&s->line);
	free(s);
}

static const struct sink_ops strace_ops = {
	.name = "strace",
	.header = strace_nothing,
	.call = strace_call,
	.lost = strace_lost,
	.footer = strace_nothing,
	.free = strace_free,
};

struct sink *sink_strace_new(const struct sink_options *o)
{
	struct strace *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink.ops = &strace_ops;
	s->o = *o;
	buf_init(&s->line);
	return &s->sink;
}
