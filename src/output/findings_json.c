/* SPDX-License-Identifier: MIT */
/*
 * An object for each finding on a line of its own, then one of what was looked
 * at; what is not known is null:
 *
 *   {"type":"finding","finding":"no-space","path":…,"calls":2,…,"worst":{…},
 *    "evidence":{"calls_with_space_known":2,…},"meaning":"…","advice":"…"}
 *   {"type":"findings","calls":1000,"losses":0,"forgotten":0,"kinds":{"no-space":{"files":1,"calls":2}}}
 */
#include <inttypes.h>
#include <string.h>

#include "output/findings.h"
#include "output/json_string.h"
#include "output/utf8.h"

static void key_number(struct buf *b, const char *key, bool known, int64_t value)
{
	buf_printf(b, ",\"%s\":", key);
	if (known)
		buf_i64(b, value);
	else
		buf_text(b, "null");
}

static void key_count(struct buf *b, const char *key, bool known, uint64_t value)
{
	buf_printf(b, ",\"%s\":", key);
	if (known)
		buf_u64(b, value);
	else
		buf_text(b, "null");
}

static void key_text(struct buf *b, const char *key, const char *text)
{
	buf_printf(b, ",\"%s\":", key);
	if (text && *text)
		json_string(b, text);
	else
		buf_text(b, "null");
}

/* With NAME_hex, where a string cannot hold the bytes. */
static void key_bytes(struct buf *b, const char *key, const char *text)
{
	size_t size = strlen(text);

	key_text(b, key, text);
	if (utf8_valid(text, size))
		return;
	buf_printf(b, ",\"%s_hex\":\"", key);
	for (size_t i = 0; i < size; i++)
		buf_hex_byte(b, (unsigned char)text[i]);
	buf_char(b, '"');
}

static void key_comm(struct buf *b, const char *comm)
{
	char text[COMM_SIZE + 1] = {0};

	memcpy(text, comm, COMM_SIZE);
	key_bytes(b, "comm", text);
}

static void key_time(struct findings_sink *s, const char *key, bool known, int64_t utc)
{
	struct buf *b = &s->line;

	buf_printf(b, ",\"%s\":", key);
	if (!known) {
		buf_text(b, "null");
		return;
	}
	buf_char(b, '"');
	clock_utc(&s->clock, b, utc, 9);
	buf_char(b, '"');
}

/* Without what stands before it, for the first key of an object. */
static void begin_object(struct buf *b, const char *key, size_t *start)
{
	buf_printf(b, ",\"%s\":", key);
	*start = b->size;
}

/* Turns the comma before the first key into the brace. */
static void end_object(struct buf *b, size_t start)
{
	if (!b->failed && start < b->size)
		b->data[start] = '{';
	buf_char(b, '}');
}

static void add_call(struct findings_sink *s, const struct finding_call *c)
{
	struct buf *b = &s->line;
	size_t start;

	begin_object(b, "worst", &start);
	key_time(s, "time", c->has_utc, c->utc);
	key_count(b, "ts", c->has_ts, c->ts);
	key_number(b, "pid", c->pid >= 0, c->pid);
	key_number(b, "tid", true, c->tid);
	key_comm(b, c->comm);
	key_count(b, "mode", c->has_mode, c->mode);
	key_text(b, "op", op_name(c->op));
	key_number(b, "offset", c->has_offset, c->offset);
	key_number(b, "len", c->has_len, c->len);
	key_number(b, "ret", c->has_ret, c->ret);
	key_text(b, "error", c->has_ret && c->ret < 0 && c->ret > -4096 ? errno_name((int)-c->ret) : NULL);
	key_number(b, "latency_ns", c->latency >= 0, c->latency);
	key_number(b, "size_before", c->size_before_known == SEEN, c->size_before);
	key_number(b, "size_after", c->size_after_known == SEEN, c->size_after);
	key_count(b, "blocks_before", c->blocks_before_known == SEEN, c->blocks_before);
	key_count(b, "blocks_after", c->blocks_after_known == SEEN, c->blocks_after);
	if (c->has_space)
		buf_printf(b,
			   ",\"space\":{\"free\":%" PRIu64 ",\"avail\":%" PRIu64 ",\"size\":%" PRIu64
			   ",\"later_ns\":%" PRIu64 "}",
			   c->space_free, c->space_avail, c->space_size, c->space_later);
	end_object(b, start);
}

static void add_processes(struct buf *b, const struct finding *f)
{
	buf_text(b, ",\"processes\":[");
	for (size_t i = 0; i < f->processes_count; i++) {
		buf_text(b, i ? "," : "");
		size_t start = b->size;

		key_number(b, "pid", f->processes[i].pid >= 0, f->processes[i].pid);
		key_comm(b, f->processes[i].comm);
		end_object(b, start);
	}
	buf_printf(b, "],\"more_processes\":%s", f->more_processes ? "true" : "false");
}

static void add_file(struct buf *b, const struct finding *f)
{
	key_text(b, "host", f->host);
	key_bytes(b, "path", f->path);
	buf_text(b, ",\"dev\":");
	if (f->has_dev)
		buf_printf(b, "\"%u:%u\"", f->dev_major, f->dev_minor);
	else
		buf_text(b, "null");
	key_count(b, "ino", f->has_ino, f->ino);
	key_text(b, "fs", f->fs);
	key_number(b, "fd", f->has_fd, f->fd);
}

static void add_allocated(struct findings_sink *s, const struct finding *f)
{
	struct buf *b = &s->line;
	size_t start;

	if (!f->has_allocated)
		return;
	begin_object(b, "allocated", &start);
	key_time(s, "time", f->allocated.has_utc, f->allocated.utc);
	key_count(b, "ts", f->allocated.has_ts, f->allocated.ts);
	key_number(b, "pid", f->allocated.by.pid >= 0, f->allocated.by.pid);
	key_comm(b, f->allocated.by.comm);
	end_object(b, start);
}

static void add_numbers(struct buf *b, const struct finding *f)
{
	size_t start;

	if (!f->numbers_count)
		return;
	begin_object(b, "evidence", &start);
	for (size_t i = 0; i < f->numbers_count; i++)
		key_number(b, f->numbers[i].name, f->numbers[i].value != INT64_MAX, f->numbers[i].value);
	end_object(b, start);
}

static int write_finding(struct findings_sink *s, const struct interval *i, const struct finding *f, struct error *e)
{
	struct buf *b = &s->line;

	buf_printf(b, "{\"type\":\"finding\",\"finding\":\"%s\"", finding_name(f->kind));
	if (s->o.intervals)
		intervals_json(&s->heads, b, i);
	add_file(b, f);
	key_count(b, "calls", true, f->calls);
	add_processes(b, f);
	key_time(s, "first_time", f->first.has_utc, f->first.utc);
	key_count(b, "first_ts", f->first.has_ts, f->first.ts);
	key_time(s, "last_time", f->last.has_utc, f->last.utc);
	key_count(b, "last_ts", f->last.has_ts, f->last.ts);
	add_call(s, &f->worst);
	add_allocated(s, f);
	add_numbers(b, f);
	if (f->kind == FINDING_UNUSED_RESERVATION)
		buf_printf(b, ",\"before_losses\":%s", f->before_losses ? "true" : "false");
	key_text(b, "meaning", finding_meaning(f));
	key_text(b, "advice", finding_advice(f));
	buf_text(b, "}\n");
	return buf_write(b, s->o.out, e);
}

static int write_totals(struct findings_sink *s, const struct interval *i, struct error *e)
{
	struct buf *b = &s->line;
	const char *comma = "";

	buf_text(b, "{\"type\":\"findings\"");
	if (s->o.intervals)
		intervals_json(&s->heads, b, i);
	key_count(b, "calls", true, findings_calls(s->findings));
	key_count(b, "losses", true, findings_losses(s->findings));
	key_count(b, "forgotten", true, findings_forgotten(s->findings));
	buf_text(b, ",\"kinds\":{");
	for (unsigned k = 0; k < FINDING_COUNT; k++) {
		struct finding_total total;

		findings_total(s->findings, (enum finding_kind)k, &total);
		if (!total.files)
			continue;
		buf_printf(b, "%s\"%s\":{\"files\":%" PRIu64 ",\"calls\":%" PRIu64 "}", comma,
			   finding_name((enum finding_kind)k), total.files, total.calls);
		comma = ",";
	}
	buf_text(b, "}}\n");
	return buf_write(b, s->o.out, e);
}

int findings_write_json(struct findings_sink *s, const struct interval *i, const struct finding *found, size_t count,
			struct error *e)
{
	size_t of_kind[FINDING_COUNT] = {0};

	for (size_t n = 0; n < count; n++)
		if ((!s->o.top || of_kind[found[n].kind]++ < s->o.top) && write_finding(s, i, &found[n], e))
			return -1;
	return write_totals(s, i, e);
}
