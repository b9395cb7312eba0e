/* SPDX-License-Identifier: MIT */
/*
 * A histogram as one object on one line; what is not known is null:
 *
 *   {"type":"histogram","of":"latency","unit":"usecs","by":"op","row":"key","key":"punch","keys":1,
 *    "missing_max":0,"calls":5,"without":2,"buckets":[{"low":0,"high":1,"count":3}],"lost":0,"gaps":0}
 *
 * row is all (then by and key are null), key, rest (of "keys" keys that --top
 * leaves out) or other (which there were too many of); buckets as text has rows.
 */
#include "output/histogram.h"
#include "output/json_string.h"
#include "output/utf8.h"
#include "stats/key.h"

static void add_key(struct buf *b, const struct summary_row *r)
{
	if (r && r->known)
		json_string(b, r->key);
	else
		buf_text(b, "null");
	if (r && !utf8_valid(r->key, r->size)) {
		buf_text(b, ",\"key_hex\":\"");
		for (size_t i = 0; i < r->size; i++)
			buf_hex_byte(b, (unsigned char)r->key[i]);
		buf_char(b, '"');
	}
}

static void add_number(struct buf *b, const char *name, uint64_t value)
{
	buf_text(b, name);
	buf_u64(b, value);
}

static void add_part(struct histogram_sink *s, const struct histogram_part *p)
{
	static const char *const rows[] = {
		[PART_ALL] = "all", [PART_KEY] = "key", [PART_REST] = "rest", [PART_OTHER] = "other"};
	const char *by = stats_by_name(s->o.by);
	struct buf *b = &s->line;

	buf_printf(b, by ? ",\"by\":\"%s\"" : ",\"by\":null", by);
	buf_printf(b, ",\"row\":\"%s\",\"key\":", rows[p->kind]);
	add_key(b, p->kind == PART_KEY ? p->row : NULL);
	if (p->kind == PART_REST)
		add_number(b, ",\"keys\":", p->keys);
	add_number(b, ",\"missing_max\":", p->missing_max);
	add_number(b, ",\"calls\":", p->counts->calls);
}

static void add_buckets(struct buf *b, const struct log2_counts *n)
{
	unsigned slots = histogram_slots(n);

	add_number(b, ",\"without\":", n->without);
	buf_text(b, ",\"buckets\":[");
	for (unsigned slot = 1; slot < slots; slot++) {
		add_number(b, slot > 1 ? ",{\"low\":" : "{\"low\":", (uint64_t)log2_low(slot));
		add_number(b, ",\"high\":", (uint64_t)log2_high(slot));
		add_number(b, ",\"count\":", n->slots[slot]);
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

int histogram_write_json(struct histogram_sink *s, const struct interval *i, const struct histogram_part *p,
			 unsigned kind, struct error *e)
{
	const struct histogram_kind *k = &histogram_kinds[kind];
	struct buf *b = &s->line;

	buf_printf(b, "{\"type\":\"histogram\",\"of\":\"%s\",\"unit\":\"%s\"", k->name, k->unit);
	if (s->o.intervals)
		intervals_json(&s->heads, b, i);
	add_part(s, p);
	add_buckets(b, &p->counts->log2->of[kind]);
	losses_json(&s->losses, b);
	buf_text(b, "}\n");
	return buf_write(b, s->o.out, e);
}
