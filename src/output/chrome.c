/* SPDX-License-Identifier: MIT */
/*
 * The Trace Event Format, in its form of an array, for Perfetto's and Chrome's
 * viewers: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 *
 *   X   a call, and each that it made, on its thread's track, which they nest on
 *   i   a call whose beginning or end was not seen, or whose clock is no clock; a loss
 *   C   bytes so far, of the machine and of the process
 *   M   names: of a thread or process where it first appears, or is called anew
 *
 * A comma stands before each event but the first, so that what was cut off wants
 * a ] at most, which readers of an array do without. Events come as calls end, not
 * sorted by time: readers sort. Times are us of the trace's clock, with ns behind
 * the point; of several machines those since the first of them was booted. Numbers
 * that a double cannot hold are strings, among a call's arguments.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "falloctrace/field.h"
#include "falloctrace/sink.h"
#include "output/buf.h"
#include "output/chrome_tracks.h"
#include "output/clock.h"
#include "output/json_string.h"
#include "output/utf8.h"

#define EXACT_MAX (INT64_C(1) << 53) /* whole numbers that a double holds */
#define NS_PER_US 1000

struct chrome {
	struct sink sink;
	struct sink_options o;
	struct buf line;
	struct clock clock;
	struct tracks tracks;
	bool begun;    /* an event was written */
	uint64_t last; /* ns, of the latest event so far */
};

/* Where a call is drawn. */
struct place {
	uint32_t pid, tid;
	uint64_t shift; /* ns, from the trace's time to the picture's */
};

/* --- parts of events --- */

static void add_us(struct buf *b, uint64_t ns)
{
	buf_u64(b, ns / NS_PER_US);
	buf_char(b, '.');
	buf_digits(b, ns % NS_PER_US, 3);
}

static uint64_t shifted(struct chrome *s, uint64_t ts, uint64_t shift)
{
	uint64_t ns;

	if (__builtin_add_overflow(ts, shift, &ns))
		ns = UINT64_MAX;
	if (ns > s->last)
		s->last = ns;
	return ns;
}

static void begin_event(struct chrome *s, const char *kind, const char *name)
{
	struct buf *b = &s->line;

	buf_text(b, s->begun ? ",{\"ph\":\"" : "{\"ph\":\"");
	s->begun = true;
	buf_text(b, kind);
	buf_text(b, "\",\"name\":\"");
	buf_text(b, name);
	buf_char(b, '"');
}

static void add_id(struct buf *b, const char *key, uint32_t id)
{
	buf_text(b, key);
	buf_u64(b, id);
}

/* --- names --- */

static void name_it(struct chrome *s, const char *what, uint32_t pid, uint32_t tid, const char *name)
{
	struct buf *b = &s->line;

	begin_event(s, "M", what);
	add_id(b, ",\"pid\":", pid);
	add_id(b, ",\"tid\":", tid);
	buf_text(b, ",\"args\":{\"name\":");
	json_string(b, name);
	buf_text(b, "}}\n");
}

static void name_machine(struct chrome *s, struct track_host *h)
{
	uint32_t id = track_machine_id(h);
	char name[32];

	if (h->named)
		return;
	h->named = true;
	snprintf(name, sizeof(name), s->o.hosts && h->number ? "machine #%u" : "machine", h->number);
	name_it(s, "process_name", id, id, *h->name ? h->name : name);
}

/* A name that changes now and then is told again, one that never stops changing is not. */
static bool is_news(struct track *t, const struct call *c)
{
	if (!*c->comm || t->names >= TRACK_NAMES_MAX || !strncmp(t->comm, c->comm, COMM_SIZE))
		return false;
	memcpy(t->comm, c->comm, COMM_SIZE);
	t->names++;
	return true;
}

/* A process is called as its first thread is, or, before that one called, as any. */
static void name_tracks(struct chrome *s, const struct call *c, const struct place *at, const struct track_host *h,
			struct track *process, struct track *thread)
{
	char comm[COMM_SIZE + 1] = "", name[sizeof(comm) + sizeof(" on ") + sizeof(((struct trace_info *)0)->host)];

	memcpy(comm, c->comm, strnlen(c->comm, COMM_SIZE));
	if ((c->pid == c->tid || !process->names) && is_news(process, c)) {
		if (*h->name && s->o.hosts)
			snprintf(name, sizeof(name), "%s on %.64s", comm, h->name);
		else if (h->number && s->o.hosts)
			snprintf(name, sizeof(name), "%s on #%u", comm, h->number);
		else
			snprintf(name, sizeof(name), "%s", comm);
		name_it(s, "process_name", at->pid, at->tid, name);
	}
	if (is_news(thread, c))
		name_it(s, "thread_name", at->pid, at->tid, comm);
}

/* --- a call's arguments: all that is known of it --- */

static void add_integer(struct buf *b, bool exact, const struct value *v)
{
	if (!exact)
		buf_char(b, '"');
	if (v->kind == VALUE_SIGNED)
		buf_i64(b, v->number);
	else
		buf_u64(b, v->unsigned_number);
	if (!exact)
		buf_char(b, '"');
}

static void add_hex(struct buf *b, const char *name, const char *text)
{
	buf_text(b, ",\"");
	buf_text(b, name);
	buf_text(b, "_hex\":\"");
	for (; *text; text++)
		buf_hex_byte(b, (unsigned char)*text);
	buf_char(b, '"');
}

static void add_value(struct chrome *s, const struct field *f, const struct value *v)
{
	struct buf *b = &s->line;

	if (f->unit == UNIT_UTC && v->kind == VALUE_SIGNED) {
		buf_char(b, '"');
		clock_utc(&s->clock, b, v->number, 9);
		buf_char(b, '"');
	} else if (v->kind == VALUE_SIGNED) {
		add_integer(b, v->number <= EXACT_MAX && v->number >= -EXACT_MAX, v);
	} else if (v->kind == VALUE_UNSIGNED) {
		add_integer(b, v->unsigned_number <= (uint64_t)EXACT_MAX, v);
	} else if (v->kind == VALUE_TEXT) {
		size_t size = strlen(v->text);

		json_string(b, v->text);
		if (utf8_plain(v->text, size) != size && !utf8_valid(v->text, size))
			add_hex(b, f->name, v->text);
	} else {
		buf_text(b, "null");
	}
}

static void add_args(struct chrome *s, const struct call *c)
{
	struct buf *b = &s->line;
	struct value v;

	buf_text(b, ",\"args\":{");
	for (size_t i = 0; i < fields_count; i++) {
		fields[i].get(c, &v);
		/* "after" speaks for what is derived; what it does not speak for would pass for seen */
		if (v.known == DERIVED && c->size_after_known != DERIVED)
			v.kind = VALUE_NONE;
		buf_text(b, i ? ",\"" : "\"");
		buf_text(b, fields[i].name);
		buf_text(b, "\":");
		add_value(s, &fields[i], &v);
	}
	buf_text(b, "}}\n");
}

/* --- events --- */

static void begin_call(struct chrome *s, const char *kind, const struct call *c, const struct place *at)
{
	const char *name = op_name(c->op), *via = via_name(c->via);
	struct buf *b = &s->line;

	begin_event(s, kind, name ? name : "fallocate");
	buf_text(b, ",\"cat\":\"");
	buf_text(b, via ? via : "unknown");
	add_id(b, "\",\"pid\":", at->pid);
	add_id(b, ",\"tid\":", at->tid);
	if (c->has_ret && c->ret < 0)
		buf_text(b, ",\"cname\":\"terrible\""); /* red */
	buf_text(b, ",\"ts\":");
}

/* Without a beginning, an end, or a clock that counts ns: a moment. */
static void add_moment(struct chrome *s, const struct call *c, const struct place *at)
{
	begin_call(s, "i", c, at);
	add_us(&s->line, c->has_start ? shifted(s, c->start, at->shift) :
			 c->has_end   ? shifted(s, c->end, at->shift) :
					s->last);
	buf_text(&s->line, ",\"s\":\"t\"");
	add_args(s, c);
}

static bool has_slice(const struct call *c, const struct place *at, uint64_t from, uint64_t to)
{
	uint64_t start, end;

	return call_latency(c) >= 0 && !__builtin_add_overflow(c->start, at->shift, &start) && start >= from &&
	       !__builtin_add_overflow(c->end, at->shift, &end) && end <= to;
}

static void add_slice(struct chrome *s, const struct call *c, const struct place *at)
{
	begin_call(s, "X", c, at);
	add_us(&s->line, shifted(s, c->start, at->shift));
	buf_text(&s->line, ",\"dur\":");
	add_us(&s->line, c->end - c->start);
	shifted(s, c->end, at->shift);
	add_args(s, c);
}

/*
 * A call and those in it, between from and to: slices of one thread nest or stand
 * apart, which readers rely on. One that would break that (a file can claim
 * anything, and the same calls can come from two) is a moment. Returns where the
 * next may begin.
 */
static uint64_t add_calls(struct chrome *s, const struct call *c, const struct place *at, uint64_t from, uint64_t to)
{
	bool slice = has_slice(c, at, from, to);
	uint64_t next = from;

	if (slice) {
		add_slice(s, c, at);
		next = c->start + at->shift;
		to = c->end + at->shift;
	} else {
		add_moment(s, c, at);
	}
	for (const struct call *inner = c->inner; inner; inner = inner->next)
		next = add_calls(s, inner, at, next, to);
	return slice ? to : next;
}

static void add_counter(struct chrome *s, uint32_t id, const struct track_bytes *bytes)
{
	struct buf *b = &s->line;

	begin_event(s, "C", "bytes");
	add_id(b, ",\"pid\":", id);
	add_id(b, ",\"tid\":", id);
	buf_text(b, ",\"ts\":");
	add_us(b, s->last);
	buf_text(b, ",\"args\":{\"asked\":");
	buf_i64(b, bytes->asked);
	buf_text(b, ",\"grown\":");
	buf_i64(b, bytes->grown);
	buf_text(b, ",\"allocated\":");
	buf_i64(b, bytes->gained);
	buf_text(b, ",\"freed\":");
	buf_i64(b, bytes->lost);
	buf_text(b, "}}\n");
}

/* Where one is drawn, and what the tables have of it, come from its machine. */
static int chrome_call(struct sink *sink, const struct call *c, struct error *e)
{
	struct chrome *s = (struct chrome *)sink;
	struct track *process, *thread;
	struct track_host *h;
	struct place at;
	bool made;

	h = tracks_host(&s->tracks, c->host, &at.shift);
	if (!h)
		return error_set(e, "out of memory");
	/* a thread of an unknown process can be of no other than of its own number */
	at.pid = track_id(h, c->pid >= 0 ? c->pid : c->tid);
	at.tid = track_id(h, c->tid);
	process = tracks_process(&s->tracks, at.pid, &made);
	thread = tracks_thread(&s->tracks, at.tid, &made);
	name_machine(s, h);
	name_tracks(s, c, &at, h, process, thread);
	thread->end = add_calls(s, c, &at, thread->end, UINT64_MAX);
	if (track_bytes_add(&h->bytes, c))
		add_counter(s, track_machine_id(h), &h->bytes);
	if (process->counted && track_bytes_add(&process->bytes, c))
		add_counter(s, at.pid, &process->bytes);
	return buf_write(&s->line, s->o.out, e);
}

static int chrome_lost(struct sink *sink, const struct loss *l, struct error *e)
{
	struct chrome *s = (struct chrome *)sink;
	struct buf *b = &s->line;
	struct track_host *h;
	uint64_t shift;

	h = tracks_host(&s->tracks, l->host, &shift);
	if (!h)
		return error_set(e, "out of memory");
	name_machine(s, h);
	begin_event(s, "i", "events lost");
	add_id(b, ",\"cat\":\"lost\",\"pid\":", track_machine_id(h));
	add_id(b, ",\"tid\":", track_machine_id(h));
	buf_text(b, ",\"cname\":\"terrible\",\"ts\":");
	add_us(b, l->has_before ? shifted(s, l->before, shift) : s->last);
	buf_printf(b, ",\"s\":\"p\",\"args\":{\"cpu\":%d,\"count\":", l->cpu);
	if (l->count == LOST_UNKNOWN)
		buf_text(b, "null");
	else
		buf_printf(b, l->count > (uint64_t)EXACT_MAX ? "\"%" PRIu64 "\"" : "%" PRIu64, l->count);
	buf_text(b, "}}\n");
	return buf_write(b, s->o.out, e);
}

static int chrome_header(struct sink *sink, struct error *e)
{
	struct chrome *s = (struct chrome *)sink;

	buf_text(&s->line, "[\n");
	return buf_write(&s->line, s->o.out, e);
}

static int chrome_trace(struct sink *sink, const struct trace_info *info, struct error *e)
{
	struct chrome *s = (struct chrome *)sink;

	return tracks_add_trace(&s->tracks, info) ? error_set(e, "out of memory") : 0;
}

static int chrome_footer(struct sink *sink, struct error *e)
{
	struct chrome *s = (struct chrome *)sink;

	buf_text(&s->line, "]\n");
	return buf_write(&s->line, s->o.out, e);
}

static void chrome_free(struct sink *sink)
{
	struct chrome *s = (struct chrome *)sink;

	if (!s)
		return;
	buf_free(&s->line);
	tracks_free(&s->tracks);
	free(s);
}

static const struct sink_ops chrome_ops = {
	.name = "chrome",
	.header = chrome_header,
	.trace = chrome_trace,
	.call = chrome_call,
	.lost = chrome_lost,
	.footer = chrome_footer,
	.free = chrome_free,
};

struct sink *sink_chrome_new(const struct sink_options *o)
{
	struct chrome *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink.ops = &chrome_ops;
	s->o = *o;
	buf_init(&s->line);
	clock_init(&s->clock);
	if (tracks_init(&s->tracks)) {
		chrome_free(&s->sink);
		return NULL;
	}
	return &s->sink;
}
