// SPDX-License-Identifier: MIT
/*
 * Pages of the running kernel into a trace.dat, as they are.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/child.h"
#include "cmd/cmd.h"
#include "cmd/confine.h"
#include "cmd/descriptors.h"
#include "cmd/live.h"
#include "cmd/loop.h"
#include "cmd/record_scan.h"
#include "cmd/record_texts.h"
#include "falloctrace/dat_writer.h"
#include "info/units.h"
#include "kernel/caps.h"
#include "kernel/session.h"

struct recording {
	const struct options *o;
	struct child child;
	struct session session;
	struct loop loop;
	struct dat_writer *writer;
	struct record_scan *scan;
	struct record_texts texts;
	pid_t helper;  /* brings the folder's head up to date; 0: none */
	bool progress; /* shown on the terminal */
	unsigned seconds;
	struct live_cost began;
	uint64_t *unwritten; /* events of each stream that came and could not be kept */
	uint64_t lost;	     /* events, in all */
	uint64_t lost_last;  /* … of them, those that no page tells of */
	bool unwritable;     /* the disk takes no more */
	bool disturbed;	     /* somebody else put a hand to the instance: how much is missing is not known */
	bool failed;	     /* the recording ended before it should have: */
	struct error why;
};

/* --- pages --- */

static int write_page(struct recording *r, int i, const struct page *page, struct error *e)
{
	/* The page says that something was lost, seldom how much: that we have from the counters. */
	if (page->lost)
		dat_writer_lost(r->writer, i, page->lost);
	if (dat_writer_page(r->writer, i, page->data, page->size, e)) {
		r->unwritten[i] += record_scan_count(r->scan, page->data, page->size);
		r->unwritable = true;
		return -1;
	}
	/* While it is in the processor's cache */
	record_scan_page(r->scan, page->data, page->size);
	return 0;
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
	r->unwritable = dat_writer_flush(r->writer, e) != 0;
	return r->unwritable ? -1 : 0;
}

/* What the kernel still has when nothing can be written any more: only counted. */
static void count_rest(struct recording *r)
{
	struct source *s = reader_source(r->session.reader);
	size_t size, page_size = reader_subbuf_size(r->session.reader);
	const char *left;
	struct page page;
	struct error ignored;
	int i;

	/* Where it is not the disk that failed, what has come is kept. */
	dat_writer_flush(r->writer, &ignored);
	left = dat_writer_unwritten(r->writer, &i, &size);
	for (size_t at = 0; left && at < size; at += page_size)
		r->unwritten[i] += record_scan_count(r->scan, left + at, page_size);
	for (i = 0; i < s->cpus; i++)
		while (s->next(s, i, &page, &ignored) == PAGE_OK)
			r->unwritten[i] += record_scan_count(r->scan, page.data, page.size) +
					   (page.lost == LOST_UNKNOWN ? 0 : page.lost);
}

/* --- the file --- */

/* Names for who called, while this kernel can be asked; -1 is not told: the file then has the addresses. */
static void name_callers(struct recording *r)
{
	struct error unnamed;
	size_t count;
	const uint64_t *callers = record_scan_callers(r->scan, &count);

	if (count && r->session.machine)
		machine_name_symbols(r->session.machine, callers, count, &unnamed);
}

/* The folder's head, so that what lies there can be read without us. */
static int write_head(struct recording *r, struct error *e)
{
	struct dat_contents c;

	return record_texts_contents(&r->texts, &r->session, r->scan, &c, e) || dat_writer_head(r->writer, &c, e) ? -1 :
														    0;
}

/*
 * The head again, where callers or mounts have come, by a process of its own:
 * reading kallsyms and waiting for the disk take longer than the kernel's buffers
 * may be left alone.
 */
static void save_names(struct recording *r)
{
	struct error ignored; /* then the head that is there has to do */
	pid_t own = getpid();

	if (r->helper > 0 && waitpid(r->helper, NULL, WNOHANG) == 0)
		return;
	r->helper = 0;
	if (!record_scan_news(r->scan))
		return;
	r->helper = fork();
	if (r->helper)
		return;
	/* It has the folder's lock and the watchdog's pipe, too: with it alive, we would seem to be. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != own)
		_exit(EXIT_FAILURE);
	name_callers(r);
	_exit(write_head(r, &ignored) ? EXIT_FAILURE : EXIT_SUCCESS);
}

static void await_helper(struct recording *r)
{
	if (r->helper > 0)
		waitpid(r->helper, NULL, 0);
	r->helper = 0;
}

/* Losses that no page tells of. */
static int note_losses(struct recording *r, struct error *e)
{
	struct source *s = reader_source(r->session.reader);

	for (int i = 0; i < s->cpus; i++) {
		uint64_t unreported = reader_unreported(r->session.reader, i);
		uint64_t lost = unreported + reader_left(r->session.reader, i) + r->unwritten[i];

		r->lost_last += lost;
		r->lost += reader_lost(r->session.reader, i) + lost - unreported;
		if (r->disturbed)
			lost = LOST_UNKNOWN;
		if (lost && info_add_loss(&r->session.info, s->cpu_number(s, i), lost))
			return error_set(e, "out of memory");
	}
	return 0;
}

static int write_file(struct recording *r, struct error *e)
{
	struct error dropped, ignored;
	struct dat_contents c;
	int result = note_losses(r, e) || record_texts_stats(&r->texts, &r->session, e) ? -1 : 0;

	await_helper(r);
	name_callers(r);
	if (!result)
		result = record_texts_contents(&r->texts, &r->session, r->scan, &c, e);
	if (!result) {
		c.compress = r->o->compress;
		result = caps_set_writing(true, e) || dat_writer_finish(r->writer, &c, e) ? -1 : 0;
		/* For recover, what is known now. */
		if (result)
			dat_writer_head(r->writer, &c, &ignored);
	}
	if (caps_drop_all(result ? &dropped : e))
		result = -1;
	return result;
}

/* --- the command --- */

static int give_up_privileges(struct recording *r, struct error *e)
{
	struct sandbox may = {.writes = true, .forks = true, .signals = r->child.pid};

	if (dat_writer_keep(r->writer, e) || caps_set_writing(false, e) ||
	    (dat_writer_unaided(r->writer) && caps_drop_all(e)))
		return -1;
	return confine(r->o, &may, e);
}

static int prepare(struct recording *r, struct error *e)
{
	struct loop_options wanted = {
		.duration = r->o->duration, .tick = NS_PER_S, .output = -1, .input = -1, .said = -1};
	struct session *s = &r->session;

	if (loop_block_signals(e) || child_start(&r->child, r->o->argv, e))
		return -1;
	descriptors_raise();
	r->writer = dat_writer_open(r->o->output, e);
	if (!r->writer || live_open(s, r->o, true, e))
		return -1;
	r->scan = record_scan_new(reader_format(s->reader), s->schema, &s->info);
	r->unwritten = calloc((size_t)reader_cpus(s->reader), sizeof(*r->unwritten));
	if (!r->scan || !r->unwritten)
		return error_set(e, "out of memory");
	if (dat_writer_streams(r->writer, reader_cpus(s->reader), reader_subbuf_size(s->reader), e) ||
	    record_texts_read(&r->texts, s, e) || write_head(r, e))
		return -1;
	wanted.rivals = session_rivals_fd(s);
	if (loop_open(&r->loop, &r->child, s->reader, &wanted, e))
		return -1;
	loop_watch(&r->loop, deep_pollfd(s->deep));
	return give_up_privileges(r, e) ? -1 : 0;
}

static void show_progress(struct recording *r)
{
	struct error line; /* fit for a terminal */

	if (!r->progress)
		return;
	error_set(&line, "recording to %s: %u s, %" PRIu64 " KiB ", r->o->output, ++r->seconds,
		  dat_writer_bytes(r->writer) / 1024);
	fprintf(stderr, "\rfalloctrace: %s", line.text);
}

/* Each second: whatever ends us from here on, up to here it can be had back. */
static void tick(struct recording *r)
{
	machine_refresh_mounts(r->session.machine);
	show_progress(r);
	dat_writer_sync_soon(r->writer);
	save_names(r);
}

static void end_progress(struct recording *r)
{
	if (r->progress && r->seconds)
		fputc('\n', stderr);
	r->progress = false;
}

/* Says at once, where a command goes on, perhaps for long, that nothing more is recorded. */
static void tell_failure(struct recording *r)
{
	char clock[16] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	end_progress(r);
	if (!r->child.pid || r->child.exited)
		return;
	live_warn(r->o, "the recording ends here, at %s: %s", clock, r->why.text);
}

/* Somebody else's hand; what is harmless is told. */
static int look_at_rivals(struct recording *r, bool last, struct error *e)
{
	int result = session_look(&r->session, last, e);

	if (result > 0 && r->progress && r->seconds)
		fputc('\n', stderr);
	if (result > 0)
		live_warn(r->o, "%s", e->text);
	r->disturbed = result < 0;
	return result < 0 ? -1 : 0;
}

static int trace(struct recording *r, struct error *e)
{
	enum loop_wake wake = LOOP_PAGES;

	while (wake != LOOP_STOP) {
		wake = loop_wait(&r->loop, e);
		if (wake == LOOP_FAILED || look_at_rivals(r, false, e) || drain(r, true, e))
			return -1;
		deep_refresh(&r->session);
		if (wake == LOOP_TICK)
			tick(r);
	}
	return look_at_rivals(r, true, e) || session_stop(&r->session, e) || drain(r, false, e) ? -1 : 0;
}

/* The command goes on without us watching. */
static void wait_for_command(struct recording *r)
{
	struct error ignored;

	loop_forget_pages(&r->loop);
	session_close(&r->session, &ignored);
	if (!r->child.pid)
		return;
	while (!r->child.exited && loop_wait(&r->loop, &ignored) != LOOP_STOP)
		;
}

/* What went wrong, and what there is all the same. */
static int report_failure(struct recording *r, const struct error *unfinished, struct error *e)
{
	const char *folder = dat_writer_folder(r->writer);
	char lost[64] = "";

	if (!r->disturbed && r->lost_last)
		snprintf(lost, sizeof(lost), ", %" PRIu64 " events were lost at its end", r->lost_last);
	if (!unfinished)
		return error_set(e, "the recording ended too early: %s; %s has what came before (%" PRIu64 " KiB)%s",
				 r->why.text, r->o->output, dat_writer_bytes(r->writer) / 1024, lost);
	if (!folder || !dat_writer_bytes(r->writer))
		return error_set(e, "%s", r->failed ? r->why.text : unfinished->text);
	return error_set(e,
			 "%s; what was recorded is in %s: \"falloctrace recover %s\" makes the file of it once that "
			 "is put right",
			 unfinished->text, folder, r->o->output);
}

static void report(struct recording *r)
{
	const struct options *o = r->o;
	char share[LIVE_SHARE];

	end_progress(r);
	live_report(o, &r->session);
	if (r->lost)
		live_warn(o, "%" PRIu64 " events were lost; a larger --buffer-size helps", r->lost);
	if (dat_writer_left(r->writer))
		live_warn(o, "%s could not be removed; nothing in it is needed any more", dat_writer_left(r->writer));
	live_share(&r->began, share, sizeof(share));
	live_warn(o, "wrote %s (%" PRIu64 " KiB of events), %s", o->output, dat_writer_bytes(r->writer) / 1024, share);
}

static int run(struct recording *r, struct error *e)
{
	struct error unfinished, ignored;
	int result;

	live_banner(r->o, &r->session);
	session_ready(&r->session);
	r->began = live_cost_now();
	if (child_release(&r->child, e))
		return -1;
	if (trace(r, &r->why)) {
		r->failed = true;
		session_stop(&r->session, &ignored);
		if (r->unwritable || drain(r, false, &ignored))
			count_rest(r);
		tell_failure(r);
	}
	result = write_file(r, &unfinished);
	if (!result && !r->failed) {
		report(r);
		return 0;
	}
	report_failure(r, result ? &unfinished : NULL, e);
	wait_for_command(r);
	return -1;
}

int cmd_record(const struct options *o, struct error *e)
{
	struct recording r = {.o = o, .child = {.go = -1}, .session = {.lock = -1}};
	struct error late;
	int result = prepare(&r, e);

	r.progress = !o->quiet && isatty(STDERR_FILENO);
	if (result == 0)
		result = run(&r, e);
	loop_close(&r.loop);
	await_helper(&r);
	/* A folder in which there is nothing goes, wherever it is. */
	if (result)
		caps_set_writing(true, &late);
	dat_writer_close(r.writer);
	record_texts_free(&r.texts);
	record_scan_free(r.scan);
	free(r.unwritten);
	child_close(&r.child);
	if (session_close(&r.session, &late) && result == 0) {
		*e = late;
		result = -1;
	}
	return result ? -1 : r.child.status;
}
