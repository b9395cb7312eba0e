/* SPDX-License-Identifier: MIT */
/*
 * A histogram as bcc's print_log2_hist writes it (src/python/bcc/table.py): a
 * row for each slot from the first up to the last that is not empty, the bar's
 * full width for the largest count and a floor of the share for the others.
 * Where a slot is beyond 32 bits numbers are wider and bars half as long. Several
 * are told apart as bcc's sections are, by a line "op = punch".
 */
#include <inttypes.h>
#include <string.h>

#include "output/histogram.h"
#include "output/utf8.h"
#include "stats/key.h"

#define BAR 40
#define BAR_WIDE 20
#define SLOTS_NARROW 32 /* the last whose numbers are narrow */

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static void add_key(struct histogram_sink *s, const struct histogram_part *p)
{
	struct buf *b = &s->line;

	buf_printf(b, "%s = ", stats_by_name(s->o.by));
	if (p->kind == PART_KEY)
		utf8_escape(b, p->row->key, p->row->size, false);
	else if (p->kind == PART_REST)
		buf_printf(b, "(rest) %" PRIu64 " key%s", p->keys, plural(p->keys));
	else
		buf_text(b, "(other)");
}

/* Of several kinds each is named: lengths and alignments are both in bytes. */
static void add_section(struct histogram_sink *s, const struct histogram_part *p, const struct histogram_kind *kind)
{
	bool several = (s->o.histograms & (s->o.histograms - 1)) != 0;
	struct buf *b = &s->line;

	if (s->above)
		buf_char(b, '\n');
	s->above = true;
	if (several)
		buf_printf(b, "histogram = %s%s", kind->name, p->kind == PART_ALL ? "" : ", ");
	if (p->kind != PART_ALL)
		add_key(s, p);
	if (several || p->kind != PART_ALL)
		buf_char(b, '\n');
}

static void add_row(struct buf *b, bool wide, unsigned slot, uint64_t count, uint64_t most)
{
	size_t bar = wide ? BAR_WIDE : BAR, stars = (size_t)((unsigned __int128)count * bar / most);

	buf_printf(b,
		   wide ? "%20" PRId64 " -> %-20" PRId64 " : %-8" PRIu64 " |" :
			  "%10" PRId64 " -> %-10" PRId64 " : %-8" PRIu64 " |",
		   log2_low(slot), log2_high(slot), count);
	buf_fill(b, '*', stars);
	buf_fill(b, ' ', bar - stars);
	buf_text(b, "|\n");
}

int histogram_write_text(struct histogram_sink *s, const struct histogram_part *p, unsigned kind, struct error *e)
{
	const struct log2_counts *n = &p->counts->log2->of[kind];
	const struct histogram_kind *k = &histogram_kinds[kind];
	unsigned slots = histogram_slots(n);
	bool wide = slots > SLOTS_NARROW + 1;
	struct buf *b = &s->line;
	uint64_t most = 0;

	add_section(s, p, k);
	for (unsigned slot = 1; slot < slots; slot++)
		if (n->slots[slot] > most)
			most = n->slots[slot];
	if (slots)
		buf_printf(b,
			   wide ? "               %-29s : count     distribution\n" :
				  "     %-19s : count     distribution\n",
			   k->unit);
	for (unsigned slot = 1; slot < slots; slot++)
		add_row(b, wide, slot, n->slots[slot], most);
	if (n->without || !slots)
		buf_printf(b, "%" PRIu64 " call%s without %s\n", n->without, plural(n->without), k->value);
	if (p->missing_max)
		buf_printf(b, "at most %" PRIu64 " call%s more %s in (other)\n", p->missing_max, plural(p->missing_max),
			   p->missing_max == 1 ? "is" : "are");
	return buf_write(b, s->o.out, e);
}

int histogram_write_notes(struct histogram_sink *s, struct error *e)
{
	const struct summary_table *t = &s->table;
	struct buf *b = &s->line;

	if (t->folds)
		buf_printf(b,
			   "(other): too many for a histogram each, so %" PRIu64
			   " time%s one with few calls was added to it; what has none had at most %" PRIu64 " call%s\n",
			   t->folds, plural(t->folds), t->folded_max, plural(t->folded_max));
	if (!(s->o.show & SHOW_SUMMARY)) /* which says it */
		losses_text(&s->losses, b, s->o.color);
	return buf_write(b, s->o.out, e);
}
