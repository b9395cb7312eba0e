/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "cmd/check.h"
#include "info/units.h"
#include "output/buf.h"
#include "output/clock.h"
#include "output/json_string.h"
#include "output/utf8.h"

#define TOP_EVENTS 8 /* named in text */
#define LABEL_WIDTH 14

static const char *kind_name(unsigned bit)
{
	switch (bit) {
	case CHECK_OURS:
		return "falloctrace's probes";
	case CHECK_SYSCALLS:
		return "system-call tracepoints";
	case CHECK_FILESYSTEM:
		return "a file system's tracepoints";
	default:
		return "probes made by hand";
	}
}

const char *check_untold(const struct check *c, unsigned n)
{
	const struct {
		bool told;
		const char *what;
	} facts[] = {
		{c->has & HAS_COMM || c->info.find_comm, "comm"},
		{c->has & HAS_FD, "fd"},
		{c->has & HAS_MODE, "mode"},
		{c->has & HAS_RET, "result"},
		{c->has & HAS_INO, "inode"},
		{c->names, "path"},
		{c->has & HAS_SIZE, "size"},
		{c->has & (HAS_BLOCKS | HAS_NBLOCKS), "blocks"},
		{c->info.has_utc_offset && !c->info.ticks, "wall time"},
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		if (!facts[i].told && n-- == 0)
			return facts[i].what;
	return NULL;
}

bool check_wall(const struct check *c, uint64_t ts, int64_t *utc)
{
	return c->info.has_utc_offset && !c->info.ticks && ts <= INT64_MAX &&
	       !__builtin_add_overflow((int64_t)ts, c->info.utc_offset, utc);
}

/* --- text: "  label        value" lines --- */

static void label(struct buf *b, const char *name)
{
	buf_printf(b, "  %-*s", LABEL_WIDTH, name);
}

/* A text of the file's. */
static void add_name(struct buf *b, const char *name)
{
	utf8_escape(b, name, strlen(name), false);
}

static void add_size(struct buf *b, uint64_t bytes)
{
	char text[UNITS_TEXT];

	buf_text(b, units_size(bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes, text));
}

/* "1 CPU", "2 CPUs" */
static void add_count(struct buf *b, uint64_t n, const char *what)
{
	buf_u64(b, n);
	buf_char(b, ' ');
	buf_text(b, what);
	if (n != 1)
		buf_char(b, 's');
}

static void show_start(const struct check *c, struct buf *b)
{
	const struct dat_about *a = c->about;

	add_name(b, dat_reader_name(c->reader));
	buf_printf(b, ": trace.dat version %d, ", a->version);
	add_size(b, a->size);
	buf_char(b, '\n');
	label(b, "format");
	buf_printf(b, "%s endian, longs of %d bytes", a->big_endian ? "big" : "little", a->user_long_size);
	if (a->kernel_long_size && a->kernel_long_size != a->user_long_size)
		buf_printf(b, " (the kernel's of %d)", a->kernel_long_size);
	if (strcmp(a->compression, "none")) {
		buf_text(b, ", compressed with ");
		add_name(b, a->compression);
	}
	buf_char(b, '\n');
	if (*a->tool) {
		label(b, "recorded by");
		/* trace-cmd says only which version it is */
		if (*a->tool >= '0' && *a->tool <= '9')
			buf_text(b, "trace-cmd ");
		add_name(b, a->tool);
		buf_char(b, '\n');
	}
}

static void show_machine(const struct check *c, struct buf *b)
{
	const struct trace_info *info = &c->info;
	const struct dat_about *a = c->about;

	label(b, "machine");
	add_name(b, *info->host ? info->host : "unknown");
	if (*info->release) {
		buf_text(b, ", kernel ");
		add_name(b, info->release);
	}
	if (*info->machine) {
		buf_text(b, " on ");
		add_name(b, info->machine);
	}
	if (a->cpus) {
		buf_text(b, ", ");
		add_count(b, a->cpus, "CPU");
	}
	if (a->guest)
		buf_text(b, ", a virtual machine");
	if (a->guests) {
		buf_text(b, ", host of ");
		add_count(b, a->guests, "virtual machine");
	}
	buf_char(b, '\n');
	label(b, "clock");
	add_name(b, *info->clock ? info->clock : "unknown");
	buf_text(b, info->ticks		 ? ", counts no ns" :
		    info->has_utc_offset ? ", wall time is known" :
					   ", wall time is not known");
	buf_char(b, '\n');
}

static void show_buffers(const struct check *c, struct buf *b)
{
	for (size_t i = 0; i < c->about->buffers_count; i++) {
		const struct dat_buffer *d = &c->about->buffers[i];

		label(b, "buffer");
		if (*d->name) {
			add_name(b, d->name);
			buf_text(b, ": ");
		}
		add_count(b, c->buffers[i].events, "event");
		buf_text(b, " on ");
		add_count(b, (uint64_t)d->cpus, "CPU");
		buf_text(b, ", ");
		add_count(b, c->buffers[i].pages, "page");
		buf_text(b, " of ");
		add_size(b, d->page_size);
		buf_text(b, ", ");
		add_size(b, d->bytes);
		buf_text(b, " in the file\n");
	}
}

static void show_events(const struct check *c, struct buf *b)
{
	size_t kinds = 0, shown = 0;

	for (size_t i = 0; i < c->events_count; i++)
		kinds += c->events[i].count != 0;
	label(b, "events");
	buf_u64(b, c->count);
	if (!c->about->events)
		buf_text(b, ", and no format of any");
	buf_char(b, '\n');
	for (size_t i = 0; i < c->events_count && (kinds <= TOP_EVENTS || shown < TOP_EVENTS - 1); i++) {
		const struct check_event *ev = &c->events[i];

		if (!ev->count)
			continue;
		shown++;
		label(b, "");
		buf_printf(b, "%10" PRIu64 " ", ev->count);
		if (*ev->name)
			add_name(b, ev->name);
		else
			buf_printf(b, "of type %d, which has no format", ev->id);
		buf_char(b, '\n');
	}
	if (shown < kinds) {
		label(b, "");
		buf_printf(b, "       ... and %zu more kinds\n", kinds - shown);
	}
	label(b, "lost");
	if (!c->lost && !c->gaps)
		buf_text(b, "nothing");
	if (c->lost)
		add_count(b, c->lost, "event");
	if (c->gaps) {
		buf_text(b, c->lost ? ", and " : "");
		add_count(b, c->gaps, "time");
		buf_text(b, " a number that is not known");
	}
	buf_char(b, '\n');
}

static void add_date(const struct check *c, struct buf *b, uint64_t ts)
{
	struct clock k;
	int64_t utc;

	clock_init(&k);
	if (check_wall(c, ts, &utc))
		clock_utc(&k, b, utc, 6);
	else if (c->info.ticks)
		buf_u64(b, ts);
	else
		clock_seconds(b, (int64_t)ts, 6);
}

static void show_time(const struct check *c, struct buf *b)
{
	char text[UNITS_TEXT];
	uint64_t span = c->last - c->first;

	if (!c->has_time)
		return;
	label(b, "time");
	add_date(c, b, c->first);
	buf_text(b, " to ");
	add_date(c, b, c->last);
	if (!c->info.ticks)
		buf_printf(b, ", %s", units_time(span > INT64_MAX ? INT64_MAX : (int64_t)span, text));
	buf_char(b, '\n');
}

static void show_fallocate(const struct check *c, struct buf *b)
{
	const char *comma = "", *what;

	label(b, "fallocate");
	if (!c->kinds)
		buf_text(b, "no event tells of it");
	for (unsigned i = 0; i < CHECK_KINDS; i++) {
		if (!(c->kinds & 1u << i))
			continue;
		buf_printf(b, "%s%s", comma, kind_name(1u << i));
		comma = ", ";
	}
	buf_char(b, '\n');
	/* what no event was there to tell is no fault of the file's */
	for (unsigned i = 0; c->has && (what = check_untold(c, i)); i++) {
		if (i == 0)
			label(b, "not told");
		buf_printf(b, "%s%s", i ? ", " : "", what);
	}
	if (c->has && check_untold(c, 0))
		buf_char(b, '\n');
}

static void show_problems(const struct check *c, struct buf *b)
{
	label(b, "problems");
	if (!c->problems)
		buf_text(b, "none");
	else
		buf_u64(b, c->problems);
	buf_char(b, '\n');
	for (size_t i = 0; i < c->problems && i < CHECK_TOLD; i++) {
		buf_text(b, "    ");
		add_name(b, c->told[i].text);
		buf_char(b, '\n');
	}
	if (c->problems > CHECK_TOLD)
		buf_printf(b, "    ... and %" PRIu64 " more\n", c->problems - CHECK_TOLD);
}

int check_text(const struct check *c, FILE *out, struct error *e)
{
	struct buf b;
	int ret;

	buf_init(&b);
	show_start(c, &b);
	show_machine(c, &b);
	show_buffers(c, &b);
	show_events(c, &b);
	show_time(c, &b);
	show_fallocate(c, &b);
	show_problems(c, &b);
	ret = buf_write(&b, out, e);
	buf_free(&b);
	return ret;
}
