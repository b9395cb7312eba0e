/* SPDX-License-Identifier: MIT */
/*
 * Stacks in one line each, as flamegraph.pl, speedscope and others read them:
 *
 *   postgres;via:syscall;extend;fs:overlay;via:overlay;extend;fs:xfs 1234
 *
 * The process, the way in (and, where that is some function of the kernel, its
 * name), the operation, the filesystem; on it stand the calls that this call
 * made, to the filesystem below. Several machines each begin with "host:db1".
 * What isn't known is "-".
 *
 * The number is what the calls weigh without those that they made, so that
 * widths add up: us (the default), calls, or bytes asked for. What would end a
 * frame or a line is escaped ("\x3b"), and so are blanks but in a process's name,
 * behind which no number can stand. What can't be weighed, and what was lost, is
 * told by stacks of no weight:
 *
 *   (3_calls_without_a_latency) 0
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "falloctrace/sink.h"
#include "info/units.h"
#include "output/buf.h"
#include "output/losses.h"
#include "output/utf8.h"
#include "stats/key.h"
#include "stats/summary_table.h"

#define STACKS_MAX 10000

struct folded {
	struct sink sink;
	struct sink_options o;
	struct buf stack, name, line;
	struct summary_table table;
	struct losses losses;
	uint64_t without; /* calls that have no weight known */
};

static int no_memory(struct error *e)
{
	errno = ENOMEM;
	error_errno(e, "cannot count the calls");
	errno = ENOMEM;
	return -1;
}

/* --- frames --- */

/* What of others a frame may hold: nothing that ends a line or a frame. blanks: are escaped, too. */
static void add_name(struct buf *b, const char *name, size_t size, bool blanks)
{
	const char *semicolon;

	if (!size)
		buf_char(b, '-');
	while ((semicolon = memchr(name, ';', size))) {
		size_t before = (size_t)(semicolon - name);

		utf8_escape(b, name, before, blanks);
		buf_text(b, "\\x3b");
		name += before + 1;
		size -= before + 1;
	}
	utf8_escape(b, name, size, blanks);
}

static void add_frame(struct buf *b, const char *what, const char *name)
{
	if (b->size)
		buf_char(b, ';');
	buf_text(b, what);
	add_name(b, name ? name : "", name ? strlen(name) : 0, true);
}

static void add_process(struct folded *f, const struct call *c)
{
	struct buf *b = &f->stack, *name = &f->name;

	name->size = 0;
	if (f->o.hosts && !(c->host && *c->host))
		buf_printf(b, "host:#%u", c->trace);
	else if (f->o.hosts)
		add_frame(b, "host:", c->host);
	if (b->size)
		buf_char(b, ';');
	stats_key(name, SUMMARY_PROCESS, false, c);
	add_name(b, name->size ? name->data : "", name->size, false);
	b->failed |= name->failed;
	name->failed = false;
}

static void add_call(struct buf *b, const struct call *c)
{
	add_frame(b, "via:", via_name(c->via));
	if (c->via == VIA_KERNEL)
		add_frame(b, "", c->caller);
	add_frame(b, "", op_name(c->op));
	add_frame(b, "fs:", c->fs);
}

/* --- weights --- */

/* Of a call with all that it made; -1: unknown. */
static int64_t whole(const struct folded *f, const struct call *c)
{
	switch (f->o.weight) {
	case WEIGHT_TIME:
		return call_latency(c);
	case WEIGHT_CALLS:
		return 1;
	case WEIGHT_BYTES:
		break;
	}
	return c->has_len ? (c->len > 0 ? c->len : 0) : -1;
}

/* Without what it made. Calls are counted, not shared out. */
static int64_t own(const struct folded *f, const struct call *c)
{
	int64_t weight = whole(f, c);

	if (f->o.weight == WEIGHT_CALLS)
		return weight;
	for (const struct call *inner = c->inner; inner && weight > 0; inner = inner->next) {
		int64_t less = whole(f, inner);

		weight -= less < 0 ? 0 : less < weight ? less : weight;
	}
	return weight;
}

static int count(struct folded *f, const struct call *c)
{
	int64_t weight = own(f, c);
	struct summary_counts *n;

	if (weight < 0) {
		f->without++;
		return 0;
	}
	n = f->stack.failed ? NULL : summary_table_at(&f->table, f->stack.data, f->stack.size);
	f->stack.failed = false;
	if (!n)
		return -1;
	summary_counts_weigh(n, weight);
	return 0;
}

/* On the frames that are there already. No deeper than the assembler nests. */
static int count_on(struct folded *f, const struct call *c)
{
	size_t below = f->stack.size;
	int ret;

	add_call(&f->stack, c);
	ret = count(f, c);
	for (const struct call *inner = c->inner; inner && !ret; inner = inner->next)
		ret = count_on(f, inner);
	f->stack.size = below;
	return ret;
}

/* --- the sink --- */

static int folded_header(struct sink *sink, struct error *e)
{
	(void)sink;
	(void)e;
	return 0;
}

static int folded_call(struct sink *sink, const struct call *c, struct error *e)
{
	struct folded *f = (struct folded *)sink;

	f->stack.size = 0;
	add_process(f, c);
	return count_on(f, c) ? no_memory(e) : 0;
}

static int folded_lost(struct sink *sink, const struct loss *l, struct error *e)
{
	(void)e;
	losses_add(&((struct folded *)sink)->losses, l);
	return 0;
}

/* us to the nearest; what weighs nothing has no width either, and no line. */
static int write_stack(struct folded *f, const char *stack, size_t size, int64_t weight, struct error *e)
{
	if (f->o.weight == WEIGHT_TIME)
		weight = weight / NS_PER_US + (weight % NS_PER_US >= NS_PER_US / 2);
	if (!weight)
		return 0;
	buf_bytes(&f->line, stack, size);
	buf_char(&f->line, ' ');
	buf_i64(&f->line, weight);
	buf_char(&f->line, '\n');
	return buf_write(&f->line, f->o.out, e);
}

static void add_notes(struct folded *f)
{
	struct buf *b = &f->line;

	if (f->without)
		buf_printf(b, "(%" PRIu64 "_call%s_without_a_%s) 0\n", f->without, f->without == 1 ? "" : "s",
			   f->o.weight == WEIGHT_BYTES ? "length" : "latency");
	if (f->losses.lost)
		buf_printf(b, "(%" PRIu64 "_event%s_lost) 0\n", f->losses.lost, f->losses.lost == 1 ? "" : "s");
	if (f->losses.gaps)
		buf_printf(b, "(%" PRIu64 "_time%s_an_unknown_number_of_events_lost) 0\n", f->losses.gaps,
			   f->losses.gaps == 1 ? "" : "s");
}

static int folded_footer(struct sink *sink, struct error *e)
{
	static const char other[] = "(other)"; /* stacks that there were too many of */
	struct folded *f = (struct folded *)sink;
	struct summary_table *t = &f->table;

	f->line.size = 0;
	summary_table_sort(t, SORT_KEY);
	for (size_t i = 0; i < t->count; i++)
		if (write_stack(f, t->rows[i]->key, t->rows[i]->size, t->rows[i]->counts.weight, e))
			return -1;
	if (write_stack(f, other, sizeof(other) - 1, t->other.weight, e))
		return -1;
	add_notes(f);
	return buf_write(&f->line, f->o.out, e);
}

static void folded_free(struct sink *sink)
{
	struct folded *f = (struct folded *)sink;

	if (!f)
		return;
	summary_table_free(&f->table);
	buf_free(&f->stack);
	buf_free(&f->name);
	buf_free(&f->line);
	free(f);
}

static const struct sink_ops folded_ops = {
	.name = "folded",
	.header = folded_header,
	.call = folded_call,
	.lost = folded_lost,
	.footer = folded_footer,
	.free = folded_free,
};

struct sink *sink_folded_new(const struct sink_options *o)
{
	struct folded *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->sink.ops = &folded_ops;
	f->o = *o;
	buf_init(&f->stack);
	buf_init(&f->name);
	buf_init(&f->line);
	if (summary_table_init(&f->table, STACKS_MAX, SUMMARY_BYTES_MAX)) {
		folded_free(&f->sink);
		return NULL;
	}
	return &f->sink;
}
