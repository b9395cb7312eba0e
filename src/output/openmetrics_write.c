/* SPDX-License-Identifier: MIT */
/*
 * What two readers take that don't agree in all: node_exporter and Prometheus
 * (text format 0.0.4, exposition_formats.md) and OpenMetrics 1.0. A counter's
 * TYPE is of "x_total" to the one and of "x" to the other, and stating either is
 * an error to the other one's readers. So counters have no TYPE, and are of
 * unknown type to both; their names end in _total, by which rate() knows them.
 */
#include <stdlib.h>
#include <string.h>

#include "output/openmetrics.h"
#include "output/utf8.h"

#define PREFIX "falloctrace_"
#define NS_PER_SECOND 1000000000u
#define US_PER_SECOND 1000000u

void openmetrics_label(struct buf *b, const char *name, const char *text)
{
	struct buf plain;

	if (!*text)
		return;
	buf_init(&plain);
	utf8_escape(&plain, text, strlen(text), false);
	b->failed = b->failed || plain.failed;
	if (b->size && b->data[b->size - 1] == '"')
		buf_char(b, ',');
	buf_text(b, name);
	buf_text(b, "=\"");
	for (size_t i = 0; i < plain.size; i++) {
		if (plain.data[i] == '\\' || plain.data[i] == '"')
			buf_char(b, '\\');
		buf_char(b, plain.data[i]);
	}
	buf_char(b, '"');
	buf_free(&plain);
}

static void help(struct buf *b, const char *name, const char *text)
{
	buf_text(b, "# HELP " PREFIX);
	buf_text(b, name);
	buf_char(b, ' ');
	buf_text(b, text);
	buf_char(b, '\n');
}

static void type(struct buf *b, const char *name, const char *text)
{
	buf_text(b, "# TYPE " PREFIX);
	buf_text(b, name);
	buf_char(b, ' ');
	buf_text(b, text);
	buf_char(b, '\n');
}

/* Up to the labels, which follow. */
static void sample(struct buf *b, const char *name)
{
	buf_text(b, PREFIX);
	buf_text(b, name);
	buf_char(b, '{');
}

static void value(struct buf *b, uint64_t n)
{
	buf_text(b, "} ");
	buf_u64(b, n);
	buf_char(b, '\n');
}

static void plain_counter(struct buf *b, const char *name, const char *text, uint64_t n)
{
	help(b, name, text);
	buf_text(b, PREFIX);
	buf_text(b, name);
	buf_char(b, ' ');
	buf_u64(b, n);
	buf_char(b, '\n');
}

static void write_infos(struct buf *b, char *const *infos, size_t count)
{
	type(b, "info", "gauge");
	help(b, "info", "What is traced, and by which version of falloctrace. Always 1.");
	for (size_t i = 0; i < count; i++) {
		sample(b, "info");
		buf_text(b, infos[i]);
		value(b, 1);
	}
}

/* --- by cell --- */

static const char *op_word(unsigned op)
{
	return op < OP_COUNT ? op_name((enum op)op) : "unknown";
}

static const struct {
	const char *name, *help;
	size_t sum;   /* where it is in a cell */
	size_t known; /* … and whether it is; 0: always */
} cell_counters[] = {
	{"calls_total", "Calls of fallocate, by how they ended.", offsetof(struct metric_cell, calls), 0},
	{"requested_bytes_total", "Bytes that these calls asked for.", offsetof(struct metric_cell, requested),
	 offsetof(struct metric_cell, has_requested)},
	{"grown_bytes_total", "Bytes that files became longer by.", offsetof(struct metric_cell, grown),
	 offsetof(struct metric_cell, has_sizes)},
	{"shrunk_bytes_total", "Bytes that files became shorter by.", offsetof(struct metric_cell, shrunk),
	 offsetof(struct metric_cell, has_sizes)},
	{"allocated_bytes_total", "Bytes of blocks that files gained.", offsetof(struct metric_cell, allocated),
	 offsetof(struct metric_cell, has_blocks)},
	{"freed_bytes_total", "Bytes of blocks that files lost.", offsetof(struct metric_cell, freed),
	 offsetof(struct metric_cell, has_blocks)},
};

static void write_cell(struct buf *b, const char *name, const struct metric_table *t, const struct metric_cell *c,
		       uint64_t n)
{
	const char *via = via_name((enum via)c->via);

	/* all words: nothing in them needs to be quoted */
	sample(b, name);
	buf_text(b, "op=\"");
	buf_text(b, op_word(c->op));
	buf_text(b, "\",via=\"");
	buf_text(b, via ? via : "unknown");
	buf_text(b, "\",fs=\"");
	buf_text(b, metric_fs_name(t, c->fs));
	buf_text(b, "\",error=\"");
	buf_text(b, metric_error_name(c->error));
	buf_char(b, '"');
	value(b, n);
}

static void write_cells(struct buf *b, const struct metric_table *t)
{
	for (size_t k = 0; k < sizeof(cell_counters) / sizeof(cell_counters[0]); k++) {
		size_t known = cell_counters[k].known;

		help(b, cell_counters[k].name, cell_counters[k].help);
		for (unsigned i = 0; i < t->count; i++) {
			const char *cell = (const char *)&t->cells[i];
			uint64_t n;

			if (known && !*(const bool *)(cell + known))
				continue;
			memcpy(&n, cell + cell_counters[k].sum, sizeof(n));
			write_cell(b, cell_counters[k].name, t, &t->cells[i], n);
		}
	}
}

/* --- by what is odd, by operation --- */

static void write_odd(struct buf *b, const struct metric_table *t)
{
	help(b, "odd_calls_total",
	     "Calls of which something was not seen (unfinished, orphan), or may not have been (loss-nearby), and those "
	     "made by another one (nested).");
	for (unsigned i = 0; i < ODD_COUNT; i++) {
		sample(b, "odd_calls_total");
		openmetrics_label(b, "odd", odd_name(1u << i));
		value(b, t->odd[i]);
	}
}

/* The longest time that a bucket counts: 2^i us. */
static void write_bound(struct buf *b, unsigned i)
{
	uint64_t us = UINT64_C(1) << i;

	if (i == METRIC_BUCKETS - 1) {
		buf_text(b, "+Inf");
		return;
	}
	buf_u64(b, us / US_PER_SECOND);
	buf_char(b, '.');
	buf_digits(b, us % US_PER_SECOND, 6);
}

static void write_latency(struct buf *b, const char *op, const struct metric_latency *l)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < METRIC_BUCKETS; i++) {
		sum += l->buckets[i];
		sample(b, "latency_seconds_bucket");
		buf_text(b, "op=\"");
		buf_text(b, op);
		buf_text(b, "\",le=\"");
		write_bound(b, i);
		buf_char(b, '"');
		value(b, sum);
	}
	sample(b, "latency_seconds_sum");
	openmetrics_label(b, "op", op);
	buf_text(b, "} ");
	buf_u64(b, l->ns / NS_PER_SECOND);
	buf_char(b, '.');
	buf_digits(b, l->ns % NS_PER_SECOND, 9);
	buf_char(b, '\n');
	sample(b, "latency_seconds_count");
	openmetrics_label(b, "op", op);
	value(b, l->calls);
}

static void write_latencies(struct buf *b, const struct metric_table *t)
{
	type(b, "latency_seconds", "histogram");
	buf_text(b, "# UNIT " PREFIX "latency_seconds seconds\n");
	help(b, "latency_seconds", "How long calls took, from enter to return.");
	for (unsigned op = 0; op <= OP_COUNT; op++)
		if (t->latency[op].calls)
			write_latency(b, op_word(op), &t->latency[op]);
}

static void write_cpu(struct buf *b, uint64_t ns)
{
	help(b, "cpu_seconds_total", "Time of processors that falloctrace itself took.");
	buf_text(b, PREFIX "cpu_seconds_total ");
	buf_u64(b, ns / NS_PER_SECOND);
	buf_char(b, '.');
	buf_digits(b, ns % NS_PER_SECOND, 9);
	buf_char(b, '\n');
}

void openmetrics_write(struct buf *b, const struct metric_table *t, char *const *infos, size_t infos_count,
		       const uint64_t *cpu_ns)
{
	write_infos(b, infos, infos_count);
	write_cells(b, t);
	write_latencies(b, t);
	write_odd(b, t);
	plain_counter(b, "lost_events_total", "Events that the kernel could not keep, as far as it counted them.",
		      t->lost);
	plain_counter(b, "uncounted_losses_total", "Times that events were lost and not counted.", t->gaps);
	if (cpu_ns)
		write_cpu(b, *cpu_ns);
	buf_text(b, "# EOF\n");
}
