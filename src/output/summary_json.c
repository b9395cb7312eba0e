/* SPDX-License-Identifier: MIT */
/*
 * The summary as one object on one line; what is not known is null:
 *
 *   {"type":"summary","by":"process","begin":…,"end":…,"rows":[{"key":"postgres","calls":…},…],
 *    "rest":{"rows":37,…} or null,"other":{…} or null,…,"total":{…},…}
 *
 * with begin and end where it is one of several. Of one machine's processes the
 * pids are told, too.
 */
#include <string.h>

#include "output/json_string.h"
#include "output/summary.h"
#include "output/utf8.h"
#include "stats/key.h"

static void key_number(struct buf *b, const char *key, bool known, int64_t value)
{
	buf_text(b, key);
	if (known)
		buf_i64(b, value);
	else
		buf_text(b, "null");
}

static void key_count(struct buf *b, const char *key, uint64_t value)
{
	buf_text(b, key);
	buf_u64(b, value);
}

static void add_errors(struct buf *b, const struct error_counts *n)
{
	const char *comma = "";

	buf_text(b, ",\"errnos\":{");
	for (unsigned i = 0; i < n->count; i++, comma = ",") {
		buf_text(b, comma);
		buf_char(b, '"');
		error_count_name(b, &n->of[i]);
		key_count(b, "\":", n->of[i].calls);
	}
	if (n->others) {
		buf_text(b, comma);
		key_count(b, "\"other\":", n->others);
	}
	buf_char(b, '}');
}

static void add_pids(struct buf *b, const struct pid_set *s)
{
	buf_text(b, ",\"pids\":[");
	for (unsigned i = 0; s && i < s->count; i++) {
		if (i)
			buf_char(b, ',');
		buf_i64(b, s->pids[i]);
	}
	buf_text(b, s && s->more ? "],\"pids_more\":true" : "],\"pids_more\":false");
}

/* Only with --related. */
static void add_reservation(struct buf *b, const struct summary_counts *n)
{
	key_number(b, ",\"reserved\":", n->reserved != SUM_OVER, n->reserved);
	key_number(b, ",\"used\":", n->related_used == n->related && n->used != SUM_OVER, n->used);
	key_number(b, ",\"released\":", n->released != SUM_OVER, n->released);
	key_number(b, ",\"cut\":", n->cut != SUM_OVER, n->cut);
}

static void add_counts(const struct summary *s, struct buf *b, const struct summary_counts *n)
{
	const struct histogram *h = &n->latency;

	key_count(b, "\"calls\":", n->calls);
	key_count(b, ",\"errors\":", n->errors);
	add_errors(b, &n->kinds);
	key_count(b, ",\"unfinished\":", n->unfinished);
	key_count(b, ",\"orphans\":", n->orphans);
	key_count(b, ",\"lens_known\":", n->asked);
	key_number(b, ",\"len\":", n->asked && n->len != SUM_OVER, n->len);
	key_count(b, ",\"sizes_known\":", n->sized);
	key_number(b, ",\"grown\":", n->sized && n->grown != SUM_OVER, n->grown);
	key_count(b, ",\"blocks_known\":", n->blocked);
	key_number(b, ",\"gained\":", n->blocked && n->gained != SUM_OVER, n->gained);
	key_number(b, ",\"freed\":", n->blocked && n->freed != SUM_OVER, n->freed);
	if (n->related)
		add_reservation(b, n);
	key_count(b, ",\"latencies_known\":", h->total);
	key_number(b, ",\"p50_ns\":", h->total, histogram_percentile(h, 50));
	key_number(b, ",\"p95_ns\":", h->total, histogram_percentile(h, 95));
	key_number(b, ",\"p99_ns\":", h->total, histogram_percentile(h, 99));
	key_number(b, ",\"max_ns\":", h->total, h->max);
	if (s->table.pids)
		add_pids(b, n->pids);
	buf_char(b, '}');
}

/* As a call's names: in hex as well, where a string cannot hold the bytes. */
static void add_key(struct buf *b, const struct summary_row *r)
{
	buf_text(b, "{\"key\":");
	if (r->known)
		json_string(b, r->key);
	else
		buf_text(b, "null");
	if (!utf8_valid(r->key, r->size)) {
		buf_text(b, ",\"key_hex\":\"");
		for (size_t i = 0; i < r->size; i++)
			buf_hex_byte(b, (unsigned char)r->key[i]);
		buf_char(b, '"');
	}
}

static int write_rows(struct summary *s, struct error *e)
{
	struct buf *b = &s->line;

	for (size_t i = 0; i < s->shown; i++) {
		const struct summary_row *r = s->table.rows[i];

		if (i)
			buf_char(b, ',');
		add_key(b, r);
		key_count(b, ",\"missing_max\":", r->missing_max);
		buf_char(b, ',');
		add_counts(s, b, &r->counts);
		if (buf_write(b, s->o.out, e))
			return -1;
	}
	return 0;
}

static void add_rest(struct summary *s)
{
	struct buf *b = &s->line;

	buf_text(b, "],\"rest\":");
	if (!s->rest.rows) {
		buf_text(b, "null");
		return;
	}
	key_count(b, "{\"rows\":", s->rest.rows);
	key_count(b, ",\"missing_max\":", s->rest.missing_max);
	buf_char(b, ',');
	add_counts(s, b, &s->rest.counts);
}

static void add_other(struct summary *s)
{
	const struct summary_table *t = &s->table;
	struct buf *b = &s->line;

	buf_text(b, ",\"other\":");
	if (t->folds) {
		buf_char(b, '{');
		add_counts(s, b, &t->other);
	} else {
		buf_text(b, "null");
	}
	key_count(b, ",\"folded\":", t->folds);
	key_count(b, ",\"folded_max\":", t->folded_max);
}

int summary_write_json(struct summary *s, const struct interval *i, struct error *e)
{
	struct buf *b = &s->line;

	buf_printf(b, "{\"type\":\"summary\",\"by\":\"%s\"", stats_by_name(s->o.by));
	if (s->o.intervals)
		intervals_json(&s->heads, b, i);
	buf_text(b, ",\"rows\":[");
	if (write_rows(s, e))
		return -1;
	add_rest(s);
	add_other(s);
	buf_text(b, ",\"total\":{");
	add_counts(s, b, &s->total);
	losses_json(&s->losses, b);
	buf_text(b, "}\n");
	return buf_write(b, s->o.out, e);
}
