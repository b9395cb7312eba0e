/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "falloctrace/field.h"
#include "info/units.h"
#include "output/finding_text.h"
#include "output/utf8.h"

void finding_words_init(struct finding_words *w, const struct sink_options *o)
{
	memset(w, 0, sizeof(*w));
	w->human = o->human;
	w->hosts = o->hosts;
	w->time = o->time;
	clock_init(&w->clock);
}

/* --- values --- */

static void add_bytes(const struct finding_words *w, struct buf *b, int64_t bytes)
{
	char text[UNITS_TEXT];

	if (w->human)
		buf_text(b, units_size(bytes, text));
	else
		buf_i64(b, bytes);
}

static void add_ns(struct buf *b, int64_t ns)
{
	char text[UNITS_TEXT];

	buf_text(b, units_time(ns, text));
}

static void add_time(struct finding_words *w, struct buf *b, const struct finding_stamp *s)
{
	int64_t since;

	if (w->time == TIME_STYLE_LOCAL && s->has_utc)
		clock_local(&w->clock, b, s->utc, 6);
	else if (w->time == TIME_STYLE_UTC && s->has_utc)
		clock_utc(&w->clock, b, s->utc, 6);
	else if ((w->time == TIME_STYLE_RELATIVE || w->time == TIME_STYLE_DELTA) && s->has_ts && w->has_first &&
		 !__builtin_sub_overflow(s->ts, w->first, &since))
		clock_seconds(b, since, 6);
	else if (s->has_ts && s->ts <= INT64_MAX)
		clock_seconds(b, (int64_t)s->ts, 9);
	else
		buf_char(b, '-');
}

static void add_process(struct buf *b, const struct finding_process *p)
{
	size_t size = strnlen(p->comm, sizeof(p->comm));

	if (size)
		utf8_escape(b, p->comm, size, false);
	else
		buf_char(b, '-');
	if (p->pid >= 0)
		buf_printf(b, "[%" PRId32 "]", p->pid);
}

static struct finding_stamp stamp_of(const struct finding_call *c)
{
	struct finding_stamp s = {c->has_utc, c->has_ts, c->utc, c->ts, {.pid = c->pid}};

	memcpy(s.by.comm, c->comm, sizeof(s.by.comm));
	return s;
}

static void add_call_time(struct finding_words *w, struct buf *b, const struct finding_call *c)
{
	struct finding_stamp s = stamp_of(c);

	add_time(w, b, &s);
}

static void add_error(struct buf *b, int64_t ret)
{
	const char *name = ret < 0 && ret > -4096 ? errno_name((int)-ret) : NULL;

	if (name)
		buf_text(b, name);
	else
		buf_i64(b, ret);
}

/* --- lines --- */

void finding_about(struct finding_words *w, struct buf *b, const struct finding *f)
{
	/* one that lasts was not made by a call of its own */
	if (f->kind != FINDING_UNUSED_RESERVATION)
		buf_printf(b, "%" PRIu64 " call%s on ", f->calls, f->calls == 1 ? "" : "s");
	if (w->hosts) {
		utf8_escape(b, *f->host ? f->host : "-", *f->host ? strlen(f->host) : 1, true);
		buf_char(b, ':');
	}
	if (*f->path)
		utf8_escape(b, f->path, strlen(f->path), false);
	else if (f->has_dev && f->has_ino)
		buf_printf(b, "%u:%u/%" PRIu64, f->dev_major, f->dev_minor, f->ino);
	else if (f->has_fd)
		buf_printf(b, "fd %" PRId32, f->fd);
	else
		buf_text(b, "a file that is not known");
	if (*f->fs) {
		buf_text(b, " (");
		utf8_escape(b, f->fs, strlen(f->fs), true);
		buf_char(b, ')');
	}
}

static const char *who_line(struct finding_words *w, struct buf *b, const struct finding *f)
{
	(void)w;
	for (size_t i = 0; i < f->processes_count; i++) {
		buf_text(b, i ? ", " : "");
		add_process(b, &f->processes[i]);
	}
	if (f->more_processes)
		buf_text(b, " and others");
	return "by";
}

static const char *when_line(struct finding_words *w, struct buf *b, const struct finding *f)
{
	if (f->calls == 1)
		return "";
	add_call_time(w, b, &f->first);
	buf_text(b, " to ");
	add_call_time(w, b, &f->last);
	return "from";
}

static void add_size_change(const struct finding_words *w, struct buf *b, const struct finding_call *c)
{
	if (c->size_before_known != SEEN)
		return;
	buf_text(b, "; size ");
	add_bytes(w, b, c->size_before);
	if (c->size_after_known == SEEN && c->size_after != c->size_before) {
		buf_text(b, "->");
		add_bytes(w, b, c->size_after);
	}
}

static void add_block_change(struct buf *b, const struct finding_call *c)
{
	if (c->blocks_before_known != SEEN)
		return;
	buf_printf(b, "; blocks %" PRIu64, c->blocks_before);
	if (c->blocks_after_known == SEEN && c->blocks_after != c->blocks_before)
		buf_printf(b, "->%" PRIu64, c->blocks_after);
}

/* Of calls that failed for want of space the largest of which the free space is known is told: that need not be the largest. */
static bool only_an_example(const struct finding *f)
{
	if (f->kind != FINDING_NO_SPACE || !f->worst.has_space)
		return false;
	for (size_t i = 0; i < f->numbers_count; i++)
		if (!strcmp(f->numbers[i].name, "calls_with_space_known"))
			return (uint64_t)f->numbers[i].value < f->calls;
	return false;
}

/* "21:34:30.321813 postgres[207] extend 524288 bytes at 4194304: ENOSPC after 2.4ms; size 4194304; blocks 8192" */
static const char *call_line(struct finding_words *w, struct buf *b, const struct finding *f)
{
	static const char *const labels[FINDING_COUNT] = {
		[FINDING_NO_SPACE] = "largest",
		[FINDING_PARTIAL_ALLOCATION] = "largest",
		[FINDING_SIZE_NOT_AS_PROMISED] = "worst",
		[FINDING_PUNCH_FREED_NOTHING] = "largest",
		[FINDING_UNSUPPORTED] = "such as",
		[FINDING_INTERRUPTED] = "slowest",
		[FINDING_ABSURD_LENGTH] = "largest",
		[FINDING_SLOW] = "slowest",
		[FINDING_UNUSED_RESERVATION] = "last call",
		[FINDING_TINY_EXTENDS] = "slowest",
		[FINDING_TINY_PUNCHES] = "slowest",
		[FINDING_UNALIGNED] = "largest",
	};
	const struct finding_call *c = &f->worst;
	struct finding_stamp s = stamp_of(c);

	add_time(w, b, &s);
	buf_char(b, ' ');
	add_process(b, &s.by);
	buf_printf(b, " %s", op_name(c->op) ? op_name(c->op) : "-");
	if (c->has_len) {
		buf_char(b, ' ');
		add_bytes(w, b, c->len);
	}
	if (c->has_offset) {
		buf_text(b, " at ");
		add_bytes(w, b, c->offset);
	}
	buf_text(b, ": ");
	if (c->has_ret)
		add_error(b, c->ret);
	else
		buf_char(b, '-');
	if (c->latency >= 0) {
		buf_text(b, " after ");
		add_ns(b, c->latency);
	}
	add_size_change(w, b, c);
	add_block_change(b, c);
	if (f->calls == 1 && f->kind != FINDING_UNUSED_RESERVATION)
		return "call";
	return only_an_example(f) ? "such as" : labels[f->kind];
}

static void add_unsigned_bytes(const struct finding_words *w, struct buf *b, uint64_t bytes)
{
	if (bytes > INT64_MAX)
		buf_u64(b, bytes);
	else
		add_bytes(w, b, (int64_t)bytes);
}

static const char *space_line(struct finding_words *w, struct buf *b, const struct finding *f)
{
	const struct finding_call *c = &f->worst;

	if (!c->has_space && f->kind != FINDING_NO_SPACE)
		return "";
	if (!c->has_space) {
		buf_text(b, "not known");
		return "free";
	}
	add_unsigned_bytes(w, b, c->space_avail);
	buf_text(b, " of ");
	add_unsigned_bytes(w, b, c->space_size);
	if (c->space_free != c->space_avail) {
		buf_text(b, "; for root ");
		add_unsigned_bytes(w, b, c->space_free);
	}
	buf_text(b, " (");
	add_ns(b, c->space_later > INT64_MAX ? INT64_MAX : (int64_t)c->space_later);
	buf_text(b, " later)");
	return "free";
}

static const char *allocated_line(struct finding_words *w, struct buf *b, const struct finding *f)
{
	if (!f->has_allocated)
		return "";
	add_time(w, b, &f->allocated);
	buf_char(b, ' ');
	add_process(b, &f->allocated.by);
	return "allocated";
}

/* "longest run 20, time in calls 108.0ms"; no calls are no news, a size of 0 is. */
static const char *numbers_line(struct finding_words *w, struct buf *b, const struct finding *f)
{
	const char *comma = "";

	for (size_t i = 0; i < f->numbers_count; i++) {
		const struct finding_number *n = &f->numbers[i];

		if (!n->value && n->unit != UNIT_BYTES)
			continue;
		buf_text(b, comma);
		comma = ", ";
		for (const char *name = n->name; *name; name++)
			buf_char(b, *name == '_' ? ' ' : *name);
		buf_text(b, ": ");
		if (n->value == INT64_MAX)
			buf_char(b, '?');
		else if (n->unit == UNIT_BYTES)
			add_bytes(w, b, n->value);
		else if (n->unit == UNIT_NS)
			add_ns(b, n->value);
		else
			buf_i64(b, n->value);
	}
	return *comma ? "counts" : "";
}

static const char *meaning_line(struct finding_words *w, struct buf *b, const struct finding *f)
{
	(void)w;
	buf_text(b, finding_meaning(f));
	return "means";
}

static const char *advice_line(struct finding_words *w, struct buf *b, const struct finding *f)
{
	(void)w;
	buf_text(b, finding_advice(f));
	return "do";
}

const char *finding_line(struct finding_words *w, struct buf *b, const struct finding *f, unsigned i)
{
	static const char *(*const lines[])(struct finding_words * w, struct buf * b, const struct finding *f) = {
		who_line, when_line, call_line, space_line, allocated_line, numbers_line, meaning_line, advice_line,
	};

	return i < sizeof(lines) / sizeof(lines[0]) ? lines[i](w, b, f) : NULL;
}
