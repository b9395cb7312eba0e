/* SPDX-License-Identifier: MIT */
/*
 * One object a line, always valid UTF-8; what is not known is null.
 */
#include <stdlib.h>
#include <string.h>

#include "falloctrace/sink.h"
#include "output/buf.h"
#include "output/clock.h"
#include "output/json_string.h"
#include "output/utf8.h"

struct json {
	struct sink sink;
	struct sink_options o;
	struct buf line;
	struct clock clock;
};

/* --- values --- */

/* What stands before a value: in one piece whose length the compiler knows, so that adding it is one copy. */
struct key {
	const char *text;
	size_t size;
};
#define KEY(name)                                              \
	(struct key)                                           \
	{                                                      \
		",\"" name "\":", sizeof(",\"" name "\":") - 1 \
	}

static void add_key(struct buf *b, struct key key)
{
	buf_bytes(b, key.text, key.size);
}

static void key_text(struct buf *b, struct key key, const char *text)
{
	add_key(b, key);
	if (text && *text)
		json_string(b, text);
	else
		buf_text(b, "null");
}

/* With NAME_hex, where a string cannot hold the bytes. */
static void key_text_hex(struct buf *b, struct key key, struct key hex_key, const char *text)
{
	size_t size = text ? strlen(text) : 0, i;

	key_text(b, key, text);
	if (!size || utf8_plain(text, size) == size || utf8_valid(text, size))
		return;
	add_key(b, hex_key);
	buf_char(b, '"');
	for (i = 0; i < size; i++)
		buf_hex_byte(b, (unsigned char)text[i]);
	buf_char(b, '"');
}
#define key_bytes(b, name, text) key_text_hex(b, KEY(name), KEY(name "_hex"), text)

static void key_i64(struct buf *b, struct key key, bool has, int64_t value)
{
	add_key(b, key);
	if (has)
		buf_i64(b, value);
	else
		buf_text(b, "null");
}

static void key_u64(struct buf *b, struct key key, bool has, uint64_t value)
{
	add_key(b, key);
	if (has)
		buf_u64(b, value);
	else
		buf_text(b, "null");
}

/* --- a call --- */

static void add_time(struct json *j, const struct call *c)
{
	struct buf *b = &j->line;

	add_key(b, KEY("time"));
	if (c->has_utc) {
		buf_char(b, '"');
		clock_utc(&j->clock, b, c->utc, 9);
		buf_char(b, '"');
	} else {
		buf_text(b, "null");
	}
	key_u64(b, KEY("ts"), c->has_start || c->has_end, c->has_start ? c->start : c->end);
}

static void add_flags(struct buf *b, const struct call *c)
{
	const struct mode_flag *f;
	uint32_t mode = c->mode;
	const char *comma = "";

	add_key(b, KEY("flags"));
	if (!c->has_mode) {
		buf_text(b, "null");
		return;
	}
	buf_char(b, '[');
	for (f = mode_flags; f->name; f++) {
		if (!(mode & f->bit))
			continue;
		buf_text(b, comma);
		json_string(b, f->name);
		comma = ",";
		mode &= ~f->bit;
	}
	if (mode)
		buf_printf(b, "%s\"0x%x\"", comma, mode);
	buf_char(b, ']');
}

static void add_result(struct buf *b, const struct call *c)
{
	key_i64(b, KEY("ret"), c->has_ret, c->ret);
	key_text(b, KEY("error"), c->has_ret && c->ret < 0 && c->ret > -4096 ? errno_name((int)-c->ret) : NULL);
	key_i64(b, KEY("latency_ns"), call_latency(c) >= 0, call_latency(c));
}

static void add_file(struct buf *b, const struct call *c)
{
	add_key(b, KEY("dev"));
	if (c->has_dev)
		buf_printf(b, "\"%u:%u\"", c->dev_major, c->dev_minor);
	else
		buf_text(b, "null");
	key_u64(b, KEY("ino"), c->has_ino, c->ino);
	key_text(b, KEY("fs"), c->fs);
	key_bytes(b, "path", c->path);
}

/*
 * There is one "after" for size and blocks: derived blocks are told only where it
 * says so. The values before have no such word and are seen.
 */
static void add_sizes(struct buf *b, const struct call *c)
{
	static const char *const words[] = {[UNKNOWN] = "unknown", [DERIVED] = "derived", [SEEN] = "seen"};
	bool blocks = c->blocks_after_known == SEEN ||
		      (c->blocks_after_known == DERIVED && c->size_after_known == DERIVED);

	key_i64(b, KEY("size_before"), c->size_before_known == SEEN, c->size_before);
	key_i64(b, KEY("size_after"), c->size_after_known != UNKNOWN, c->size_after);
	key_u64(b, KEY("blocks_before"), c->blocks_before_known == SEEN, c->blocks_before);
	key_u64(b, KEY("blocks_after"), blocks, c->blocks_after);
	key_text(b, KEY("after"), words[c->size_after_known]);
}

/* Of most calls there is nothing to know: only these have the key. */
static void add_space(struct buf *b, const struct call *c)
{
	if (!c->has_space)
		return;
	buf_text(b, ",\"space\":{\"free\":");
	buf_u64(b, c->space_free);
	key_u64(b, KEY("avail"), true, c->space_avail);
	key_u64(b, KEY("size"), true, c->space_size);
	key_u64(b, KEY("later_ns"), true, c->space_later);
	buf_char(b, '}');
}

static void add_odd(struct buf *b, const struct call *c)
{
	const char *comma = "";
	int i;

	add_key(b, KEY("odd"));
	buf_char(b, '[');
	for (i = 0; i < ODD_COUNT; i++) {
		if (!(c->odd & 1u << i))
			continue;
		buf_text(b, comma);
		json_string(b, odd_name(1u << i));
		comma = ",";
	}
	buf_char(b, ']');
}

static void key_sum(struct buf *b, struct key key, bool has, int64_t value)
{
	key_i64(b, key, has && value != INT64_MAX, value);
}

/* With --related alone: only its traces have the key. */
static void add_reservation(struct buf *b, const struct call *c)
{
	const struct reservation *r = &c->reservation;
	int64_t left = r->reserved - r->used - r->released - r->cut;

	if (!r->known)
		return;
	buf_text(b, ",\"reservation\":{\"reserved\":");
	buf_i64(b, r->reserved);
	key_sum(b, KEY("used"), r->used_known, r->used);
	key_sum(b, KEY("released"), true, r->released);
	key_sum(b, KEY("cut"), true, r->cut);
	key_sum(b, KEY("left"), r->used_known, left);
	buf_text(b, r->exact ? ",\"exact\":true}" : ",\"exact\":false}");
}

static void add_object(struct json *j, const struct call *c, bool with_inner)
{
	struct buf *b = &j->line;
	const struct call *inner;

	buf_text(b, "{\"type\":\"call\"");
	add_time(j, c);
	key_text(b, KEY("host"), c->host);
	key_i64(b, KEY("pid"), c->pid >= 0, c->pid);
	key_i64(b, KEY("tid"), true, c->tid);
	key_i64(b, KEY("uid"), c->uid >= 0, c->uid);
	key_bytes(b, "cgroup", c->cgroup);
	key_bytes(b, "container", c->container);
	key_bytes(b, "comm", c->comm);
	key_i64(b, KEY("cpu"), c->cpu >= 0, c->cpu);
	key_text(b, KEY("via"), via_name(c->via));
	key_text(b, KEY("caller"), c->caller);
	key_i64(b, KEY("depth"), true, c->depth);
	key_i64(b, KEY("fd"), c->has_fd, c->fd);
	key_u64(b, KEY("mode"), c->has_mode, c->mode);
	add_flags(b, c);
	key_text(b, KEY("op"), op_name(c->op));
	key_i64(b, KEY("offset"), c->has_offset, c->offset);
	key_i64(b, KEY("len"), c->has_len, c->len);
	add_result(b, c);
	add_file(b, c);
	add_sizes(b, c);
	add_space(b, c);
	add_odd(b, c);
	add_reservation(b, c);
	if (with_inner && c->inner) {
		add_key(b, KEY("inner"));
		for (inner = c->inner; inner; inner = inner->next) {
			buf_char(b, inner == c->inner ? '[' : ',');
			add_object(j, inner, true);
		}
		buf_char(b, ']');
	}
	buf_char(b, '}');
}

/* With a line for each inner call the outer one doesn't repeat them. */
static int json_call(struct sink *s, const struct call *c, struct error *e)
{
	struct json *j = (struct json *)s;
	const struct call *inner;

	add_object(j, c, !j->o.nested);
	buf_char(&j->line, '\n');
	if (buf_write(&j->line, j->o.out, e) < 0)
		return -1;
	for (inner = j->o.nested ? c->inner : NULL; inner; inner = inner->next)
		if (json_call(s, inner, e) < 0)
			return -1;
	return 0;
}

static int json_related(struct sink *s, const struct call *c, struct error *e)
{
	struct json *j = (struct json *)s;
	struct buf *b = &j->line;
	bool truncate = c->related == RELATED_TRUNCATE;

	buf_text(b, truncate ? "{\"type\":\"truncate\"" : "{\"type\":\"used\"");
	add_time(j, c);
	key_text(b, KEY("host"), c->host);
	key_i64(b, KEY("pid"), c->pid >= 0, c->pid);
	key_i64(b, KEY("tid"), true, c->tid);
	key_bytes(b, "comm", c->comm);
	key_i64(b, KEY("cpu"), c->cpu >= 0, c->cpu);
	if (truncate) {
		key_i64(b, KEY("length"), c->has_len, c->len);
		add_result(b, c);
	} else {
		key_i64(b, KEY("offset"), c->has_offset, c->offset);
		key_i64(b, KEY("len"), c->has_len, c->len);
	}
	add_file(b, c);
	if (truncate)
		add_sizes(b, c);
	key_i64(b, truncate ? KEY("cut") : KEY("used"), true, truncate ? c->did.cut : c->did.used);
	add_reservation(b, c);
	buf_text(b, "}\n");
	return buf_write(b, j->o.out, e);
}

static int json_lost(struct sink *s, const struct loss *l, struct error *e)
{
	struct json *j = (struct json *)s;
	struct buf *b = &j->line;

	buf_text(b, "{\"type\":\"lost\"");
	key_text(b, KEY("host"), l->host);
	key_i64(b, KEY("cpu"), l->cpu >= 0, l->cpu);
	key_u64(b, KEY("count"), l->count != LOST_UNKNOWN, l->count);
	key_u64(b, KEY("before_ts"), l->has_before, l->before);
	buf_text(b, "}\n");
	return buf_write(b, j->o.out, e);
}

static int json_nothing(struct sink *s, struct error *e)
{
	(void)s;
	(void)e;
	return 0;
}

static void json_free(struct sink *s)
{
	struct json *j = (struct json *)s;

	if (!j)
		return;
	buf_free(&j->line);
	free(j);
}

static const struct sink_ops json_ops = {
	.name = "json",
	.header = json_nothing,
	.call = json_call,
	.related = json_related,
	.lost = json_lost,
	.footer = json_nothing,
	.free = json_free,
};

struct sink *sink_json_new(const struct sink_options *o)
{
	struct json *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->sink.ops = &json_ops;
	j->o = *o;
	buf_init(&j->line);
	clock_init(&j->clock);
	return &j->sink;
}
