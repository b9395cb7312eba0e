/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cmd/check.h"
#include "output/buf.h"
#include "output/clock.h"
#include "output/json_string.h"

/* --- values --- */

static void key(struct buf *b, const char *name)
{
	buf_text(b, ",\"");
	buf_text(b, name);
	buf_text(b, "\":");
}

static void key_text(struct buf *b, const char *name, const char *text)
{
	key(b, name);
	if (*text)
		json_string(b, text);
	else
		buf_text(b, "null");
}

static void key_u64(struct buf *b, const char *name, bool has, uint64_t value)
{
	key(b, name);
	if (has)
		buf_u64(b, value);
	else
		buf_text(b, "null");
}

static void key_bool(struct buf *b, const char *name, bool value)
{
	key(b, name);
	buf_text(b, value ? "true" : "false");
}

static void key_time(struct buf *b, const char *name, const struct check *c, uint64_t ts)
{
	struct clock k;
	int64_t utc;

	key(b, name);
	if (!c->has_time || !check_wall(c, ts, &utc)) {
		buf_text(b, "null");
		return;
	}
	clock_init(&k);
	buf_char(b, '"');
	clock_utc(&k, b, utc, 9);
	buf_char(b, '"');
}

/* --- parts --- */

static void add_about(const struct check *c, struct buf *b)
{
	const struct dat_about *a = c->about;

	key_text(b, "file", dat_reader_name(c->reader));
	key_u64(b, "version", true, (uint64_t)a->version);
	key_u64(b, "size", true, a->size);
	key_bool(b, "big_endian", a->big_endian);
	key_u64(b, "long_size", true, (uint64_t)a->user_long_size);
	key_u64(b, "kernel_long_size", a->kernel_long_size, (uint64_t)a->kernel_long_size);
	key_u64(b, "page_size", true, a->page_size);
	key_text(b, "compression", a->compression);
	key_text(b, "tool", a->tool);
	key_text(b, "host", c->info.host);
	key_text(b, "release", c->info.release);
	key_text(b, "machine", c->info.machine);
	key_u64(b, "cpus", a->cpus, a->cpus);
	key_text(b, "clock", c->info.clock);
	key_bool(b, "ticks", c->info.ticks);
	key_bool(b, "wall_time", c->info.has_utc_offset && !c->info.ticks);
	key_u64(b, "trace_id", a->trace_id, a->trace_id);
	key_bool(b, "guest", a->guest);
	key_u64(b, "guests", true, a->guests);
}

static void add_buffers(const struct check *c, struct buf *b)
{
	key(b, "buffers");
	buf_char(b, '[');
	for (size_t i = 0; i < c->about->buffers_count; i++) {
		const struct dat_buffer *d = &c->about->buffers[i];

		buf_text(b, i ? ",{\"name\":" : "{\"name\":");
		json_string(b, d->name);
		key_text(b, "clock", d->clock);
		key_u64(b, "page_size", true, d->page_size);
		key_u64(b, "cpus", true, (uint64_t)d->cpus);
		key_u64(b, "bytes", true, d->bytes);
		key_u64(b, "pages", true, c->buffers[i].pages);
		key_u64(b, "events", true, c->buffers[i].events);
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

static void add_events(const struct check *c, struct buf *b)
{
	key_u64(b, "events", true, c->count);
	key(b, "event_types");
	buf_char(b, '[');
	for (size_t i = 0; i < c->events_count; i++) {
		const struct check_event *ev = &c->events[i];

		buf_printf(b, "%s{\"id\":%d", i ? "," : "", ev->id);
		key_text(b, "name", ev->name);
		key_u64(b, "count", true, ev->count);
		key_bool(b, "fallocate", ev->fallocate);
		buf_char(b, '}');
	}
	buf_char(b, ']');
	key_u64(b, "lost", true, c->lost);
	key_u64(b, "gaps", true, c->gaps);
	key_u64(b, "first_ts", c->has_time, c->first);
	key_u64(b, "last_ts", c->has_time, c->last);
	key_time(b, "first_time", c, c->first);
	key_time(b, "last_time", c, c->last);
}

static void add_fallocate(const struct check *c, struct buf *b)
{
	static const char *const words[CHECK_KINDS] = {"falloctrace", "syscalls", "filesystem", "probes"};
	const char *comma = "", *what;

	key(b, "fallocate");
	buf_char(b, '[');
	for (unsigned i = 0; i < CHECK_KINDS; i++) {
		if (!(c->kinds & 1u << i))
			continue;
		buf_text(b, comma);
		json_string(b, words[i]);
		comma = ",";
	}
	buf_char(b, ']');
	key(b, "not_told");
	buf_char(b, '[');
	for (unsigned i = 0; c->has && (what = check_untold(c, i)); i++) {
		buf_text(b, i ? "," : "");
		json_string(b, what);
	}
	buf_char(b, ']');
}

static void add_problems(const struct check *c, struct buf *b)
{
	key_u64(b, "problem_count", true, c->problems);
	key(b, "problems");
	buf_char(b, '[');
	for (size_t i = 0; i < c->problems && i < CHECK_TOLD; i++) {
		buf_text(b, i ? "," : "");
		json_string(b, c->told[i].text);
	}
	buf_char(b, ']');
}

int check_json(const struct check *c, FILE *out, struct error *e)
{
	struct buf b;
	int ret;

	buf_init(&b);
	buf_text(&b, "{\"type\":\"check\"");
	add_about(c, &b);
	add_buffers(c, &b);
	add_events(c, &b);
	add_fallocate(c, &b);
	add_problems(c, &b);
	buf_text(&b, "}\n");
	ret = buf_write(&b, out, e);
	buf_free(&b);
	return ret;
}
