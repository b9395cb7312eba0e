// SPDX-License-Identifier: MIT
/*
 * Pages of the running kernel into a trace.dat, as they are.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmd/child.h"
#include "cmd/cmd.h"
#include "cmd/live.h"
#include "cmd/loop.h"
#include "cmd/record_scan.h"
#include "falloctrace/dat_writer.h"
#include "kernel/caps.h"
#include "kernel/session.h"
#include "kernel/tracefile.h"

#define FALLBACK_EVENTS 2
#define FORMATS_MAX (PROBES_MAX + FALLBACK_EVENTS + 1)

struct recording {
	const struct options *o;
	struct child child;
	struct session session;
	struct loop loop;
	struct dat_writer *writer;
	char *padded;  /* a sub-buffer, for a page that was read short */
	bool progress; /* shown on the terminal */
	unsigned seconds;
	uint64_t lost; /* events */
};

/* The kernel's texts that the file carries, all malloc'ed. */
struct texts {
	char *header_page, *header_event, *clock;
	char uname[400];
	struct dat_event_format formats[FORMATS_MAX];
	char *format_texts[FORMATS_MAX]; /* what formats point to */
	size_t formats_count;
	char **cpustat;
	int cpus;
};

static int write_page(struct recording *r, int cpu, const struct page *page, struct error *e)
{
	size_t size = reader_subbuf_size(r->session.reader);

	/* The page says that something was lost, seldom how much: that we have from the counters. */
	if (page->lost)
		dat_writer_lost(r->writer, cpu, page->lost);
	if (page->size == size)
		return dat_writer_page(r->writer, cpu, page->data, size, e);
	memcpy(r->padded, page->data, page->size);
	memset(r->padded + page->size, 0, size - page->size);
	return dat_writer_page(r->writer, cpu, r->padded, size, e);
}

/* Pages a CPU at a time, so that none starves while another one floods. */
#define ROUND 64

/* All that there is; running: unless it is time to stop, for a flood may be faster than the disk for ever. */
static int drain(struct recording *r, bool running, struct error *e)
{
	struct source *s = reader_source(r->session.reader);
	bool more = true;
	struct page page;

	while (more && !(running && loop_stopped(&r->loop))) {
		more = false;
		for (int i = 0; i < s->cpus; i++) {
			enum page_result result = PAGE_OK;

			for (int n = 0; n < ROUND && result == PAGE_OK; n++) {
				result = s->next(s, i, &page, e);
				if (result == PAGE_FAILED || (result == PAGE_OK && write_page(r, i, &page, e)))
					return -1;
			}
			more = more || result == PAGE_OK;
		}
	}
	return 0;
}

static void show_progress(struct recording *r)
{
	if (r->progress)
		fprintf(stderr, "\rfalloctrace: recording to %s: %u s, %" PRIu64 " KiB ", r->o->output, ++r->seconds,
			dat_writer_bytes(r->writer) / 1024);
}

/* --- what the file says of the kernel --- */

static int add_format(struct recording *r, struct texts *t, const char *system, const char *name, struct error *e)
{
	struct dat_event_format *f = &t->formats[t->formats_count];
	char file[160];

	snprintf(file, sizeof(file), "events/%s/%s/format", system, name);
	f->system = system;
	f->name = name;
	t->format_texts[t->formats_count] = trace_file_read(r->session.dir, file, &f->size, e);
	f->text = t->format_texts[t->formats_count];
	if (!f->text)
		return -1;
	t->formats_count++;
	return 0;
}

static int add_formats(struct recording *r, struct texts *t, struct error *e)
{
	const struct session *s = &r->session;

	for (size_t i = 0; i < s->probes_count; i++)
		if (add_format(r, t, s->name, s->probes[i].name, e))
			return -1;
	if (s->fallback && (add_format(r, t, "syscalls", "sys_enter_fallocate", e) ||
			    add_format(r, t, "syscalls", "sys_exit_fallocate", e)))
		return -1;
	if (trace_file_exists(s->dir, "events/task/task_newtask"))
		return add_format(r, t, "task", "task_newtask", e);
	return 0;
}

static int add_cpustats(struct recording *r, struct texts *t, struct error *e)
{
	struct source *s = reader_source(r->session.reader);
	char file[64];

	t->cpus = s->cpus;
	t->cpustat = calloc((size_t)s->cpus, sizeof(*t->cpustat));
	if (!t->cpustat)
		return error_set(e, "out of memory");
	for (int i = 0; i < s->cpus; i++) {
		snprintf(file, sizeof(file), "per_cpu/cpu%d/stats", s->cpu_number(s, i));
		t->cpustat[i] = trace_file_read(r->session.dir, file, NULL, e);
		if (!t->cpustat[i])
			return -1;
	}
	return 0;
}

static int read_texts(struct recording *r, struct texts *t, struct error *e)
{
	const char *dir = r->session.dir;
	struct utsname u;

	if (uname(&u) == 0)
		snprintf(t->uname, sizeof(t->uname), "%s %s %s %s %s", u.sysname, u.nodename, u.release, u.version,
			 u.machine);
	t->header_page = trace_file_read(dir, "events/header_page", NULL, e);
	t->header_event = t->header_page ? trace_file_read(dir, "events/header_event", NULL, e) : NULL;
	t->clock = t->header_event ? trace_file_read(dir, "trace_clock", NULL, e) : NULL;
	return !t->clock || add_formats(r, t, e) || add_cpustats(r, t, e) ? -1 : 0;
}

static void free_texts(struct texts *t)
{
	free(t->header_page);
	free(t->header_event);
	free(t->clock);
	for (size_t i = 0; i < t->formats_count; i++)
		free(t->format_texts[i]);
	for (int i = 0; t->cpustat && i < t->cpus; i++)
		free(t->cpustat[i]);
	free(t->cpustat);
}

static int write_file(struct recording *r, struct error *e)
{
	struct texts t = {0};
	struct record_scan scan = {0};
	int result = read_texts(r, &t, e) || record_scan(&scan, &r->session, r->writer, e) ? -1 : 0;

	if (result == 0) {
		struct dat_contents c = {
			.header_page = t.header_page,
			.header_event = t.header_event,
			.events = t.formats,
			.events_count = t.formats_count,
			.kallsyms = scan.kallsyms,
			.cmdlines = scan.cmdlines,
			.trace_clock = t.clock,
			.uname = t.uname,
			.cpustat = (const char *const *)t.cpustat,
			.info = &r->session.info,
			.subbuf_size = reader_subbuf_size(r->session.reader),
		};

		result = caps_set_writing(true, e) || dat_writer_finish(r->writer, &c, e) ? -1 : 0;
	}
	record_scan_free(&scan);
	free_texts(&t);
	return result || caps_drop_all(e) ? -1 : 0;
}

/* --- the command --- */

static int prepare(struct recording *r, struct error *e)
{
	struct session *s = &r->session;

	if (loop_block_signals(e) || child_start(&r->child, r->o->argv, e) || live_open(s, r->o, true, e))
		return -1;
	r->writer = dat_writer_create(r->o->output, reader_cpus(s->reader), e);
	r->padded = malloc(reader_subbuf_size(s->reader));
	if (!r->writer)
		return -1;
	if (!r->padded)
		return error_set(e, "out of memory");
	if (caps_set_writing(false, e))
		return -1;
	return loop_open(&r->loop, &r->child, s->reader, r->o->duration, true, -1, e);
}

/* Losses that no page tells of. */
static int note_losses(struct recording *r, struct error *e)
{
	struct source *s = reader_source(r->session.reader);

	for (int i = 0; i < s->cpus; i++) {
		uint64_t lost = reader_unreported(r->session.reader, i) + reader_left(r->session.reader, i);

		r->lost += lost;
		if (lost && info_add_loss(&r->session.info, s->cpu_number(s, i), lost))
			return error_set(e, "out of memory");
	}
	return 0;
}

static int run(struct recording *r, struct error *e)
{
	enum loop_wake wake = LOOP_PAGES;

	live_banner(r->o, &r->session);
	if (child_release(&r->child, e))
		return -1;
	while (wake != LOOP_STOP) {
		wake = loop_wait(&r->loop, e);
		if (wake == LOOP_FAILED || drain(r, true, e))
			return -1;
		if (wake == LOOP_TICK) {
			machine_refresh_mounts(r->session.machine);
			show_progress(r);
		}
	}
	if (session_stop(&r->session, e) || drain(r, false, e))
		return -1;
	return note_losses(r, e) || write_file(r, e) ? -1 : 0;
}

static void report(const struct recording *r)
{
	const struct options *o = r->o;

	if (r->progress && r->seconds)
		fputc('\n', stderr);
	live_report(o, &r->session);
	if (r->lost)
		live_warn(o, "%" PRIu64 " events were lost; a larger --buffer-size helps", r->lost);
	live_warn(o, "wrote %s (%" PRIu64 " KiB of events)", o->output, dat_writer_bytes(r->writer) / 1024);
}

int cmd_record(const struct options *o, struct error *e)
{
	struct recording r = {.o = o, .child = {.go = -1}, .session = {.lock = -1}};
	struct error late;
	int result = prepare(&r, e);

	r.progress = !o->quiet && isatty(STDERR_FILENO);
	if (result == 0)
		result = run(&r, e);
	if (result == 0)
		report(&r);
	loop_close(&r.loop);
	dat_writer_close(r.writer);
	free(r.padded);
	child_close(&r.child);
	if (session_close(&r.session, &late) && result == 0) {
		*e = late;
		result = -1;
	}
	return result ? -1 : r.child.status;
}
