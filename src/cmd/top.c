/* SPDX-License-Identifier: MIT */
/*
 * The live table: calls are counted as they come, and drawn once an interval
 * and after each key.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/live.h"
#include "cmd/said.h"
#include "cmd/tracing.h"
#include "info/units.h"
#include "kernel/clock.h"
#include "top/picture.h"
#include "top/screen.h"
#include "top/table.h"

struct top {
	const struct options *o;
	struct tracing tracing;
	struct said said;
	struct screen screen;
	struct queue *queue; /* to the terminal */
	bool owed;	     /* a picture, once it takes something again */
	struct top_table table;
	struct top_rows rows;
	struct top_state state;
	struct top_picture picture;
	int64_t interval; /* ns */
	int64_t began;	  /* counting did */
	char note[LIVE_NOTE];
};

static int64_t now(void)
{
	return (int64_t)trace_clock_now();
}

static int no_memory(struct error *e)
{
	return error_set(e, "out of memory");
}

/* --- drawing --- */

static const char *short_note(const struct session *s)
{
	if (s->fallback)
		return "system calls only: files, sizes, blocks, filesystems, names are not seen (h: why)";
	if (!s->info.sizes_after_seen)
		return "GROWN is derived: sizes after a call can't be read on this kernel";
	return NULL;
}

static int draw(struct top *t, struct error *e)
{
	const struct session *s = &t->tracing.session;
	struct top_about about = {
		.host = s->info.host,
		.release = s->info.release,
		.ran = now() - t->began,
		.interval = t->interval,
		.lost = t->table.lost,
		.gaps = t->table.gaps,
		.note = short_note(s),
		.note_whole = *t->note ? t->note : NULL,
		.message = t->tracing.broken ? t->tracing.why.text : NULL,
		.said = t->said.line_size ? t->said.line : NULL,
		.said_size = t->said.line_size,
		.ending = t->tracing.child.pid && t->tracing.loop.interrupts,
		.utf8 = t->screen.utf8,
	};

	/* One that nobody has seen is no use beneath the next one. */
	t->owed = queue_backlog(t->queue) != 0;
	if (t->owed)
		return 0;
	top_picture_draw(&t->picture, t->screen.width, t->screen.height, &t->rows, &t->state, &about);
	if (t->picture.failed)
		return no_memory(e);
	screen_draw(&t->screen, &t->picture);
	queue_pump(t->queue); /* tracing_step tells what is wrong */
	loop_want_output(&t->tracing.loop, queue_backlog(t->queue) != 0);
	return 0;
}

static int take(struct top *t, struct error *e)
{
	return top_rows_take(&t->rows, &t->table, t->state.by) ? no_memory(e) : 0;
}

/* --- what wakes us --- */

static int tick(struct top *t, struct error *e)
{
	top_table_tick(&t->table, now());
	return t->state.paused ? 0 : take(t, e);
}

static int do_key(struct top *t, uint32_t key, struct error *e)
{
	switch (top_state_key(&t->state, key)) {
	case TOP_TAKE:
		return take(t, e);
	case TOP_CLEAR:
		t->began = now();
		top_table_clear(&t->table, t->began);
		return take(t, e);
	case TOP_WIPE:
		screen_wipe(&t->screen);
		break;
	case TOP_QUIT:
		/* a command that runs is asked to end first; it may take its time */
		loop_ask(&t->tracing.loop, SIGTERM);
		break;
	case TOP_DRAW:
		break;
	}
	return 0;
}

static int take_keys(struct top *t, struct error *e)
{
	uint32_t key;

	said_read(&t->said);
	while (screen_key(&t->screen, &key))
		if (do_key(t, key, e))
			return -1;
	return 0;
}

/* Whether there is something new to draw. */
static int woken(struct top *t, enum loop_wake wake, bool *changed, struct error *e)
{
	*changed = wake != LOOP_PAGES;
	switch (wake) {
	case LOOP_TICK:
		return tick(t, e);
	case LOOP_INPUT:
		return take_keys(t, e);
	case LOOP_RESIZE:
	case LOOP_RESUME:
		screen_resize(&t->screen);
		return 0;
	case LOOP_SUSPEND:
		/* One that takes nothing can't be left in a state that anybody could go on with. */
		if (queue_backlog(t->queue))
			return 0;
		screen_leave(&t->screen);
		loop_suspend();
		screen_resize(&t->screen);
		return 0;
	default:
		return 0;
	}
}

static int watch(struct top *t, struct error *e)
{
	enum loop_wake wake = LOOP_PAGES;
	bool changed = true;

	while (wake != LOOP_STOP) {
		changed = changed || (t->owed && !queue_backlog(t->queue));
		if (changed && draw(t, e))
			return -1;
		wake = tracing_step(&t->tracing, e);
		if (wake == LOOP_FAILED)
			return tracing_give_up(&t->tracing);
		if (woken(t, wake, &changed, e))
			return -1;
	}
	return tracing_end(&t->tracing, e);
}

/* --- from the start to the end --- */

static bool wants_color(const struct options *o)
{
	const char *no_color = getenv("NO_COLOR");

	return o->color == COLOR_AUTO ? !(no_color && *no_color) : o->color == COLOR_ALWAYS;
}

static int run(struct top *t, struct error *e)
{
	struct loop_options wanted = {.duration = t->o->duration,
				      .tick = t->interval,
				      .output = STDOUT_FILENO,
				      .input = STDIN_FILENO,
				      .terminal = true};

	if (t->o->argv && said_open(&t->said, e))
		return -1;
	if (tracing_open(&t->tracing, t->said.in, e))
		return -1;
	said_started(&t->said);
	wanted.said = t->said.out;
	live_note(&t->tracing.session, t->note, sizeof(t->note));
	t->began = now();
	if (top_table_init(&t->table, t->began) || take(t, e))
		return no_memory(e);
	t->queue = t->tracing.queue = queue_open(STDOUT_FILENO);
	if (!t->queue)
		return no_memory(e);
	if (screen_open(&t->screen, wants_color(t->o), queue_file(t->queue), e) ||
	    tracing_begin(&t->tracing, view_new_sink(t->o, top_sink_new(&t->table), stdout, e), &wanted, e))
		return -1;
	return watch(t, e);
}

/* The terminal is as it was: what the command said, what was lost, and how much there was in all. */
static void report(struct top *t)
{
	const struct top_sums *s = &t->table.all.sums;
	char time[UNITS_TEXT];

	tracing_report(&t->tracing);
	if (t->tracing.broken)
		live_warn(t->o, "%s", t->tracing.why.text);
	live_warn(t->o, "%" PRIu64 " calls, %" PRIu64 " of them failed, in %s", s->calls, s->errors,
		  units_time(now() - t->began, time));
}

int cmd_top(const struct options *o, struct error *e)
{
	struct top t = {.o = o, .interval = o->interval ? o->interval : NS_PER_S};
	int status;

	tracing_init(&t.tracing, o);
	said_init(&t.said);
	top_state_init(&t.state, o);
	if (screen_check(e))
		return -1;
	status = run(&t, e);
	if (t.queue)
		queue_pump(t.queue);
	screen_close(&t.screen, queue_backlog(t.queue) != 0);
	queue_close(t.queue);
	said_read(&t.said);
	said_write(&t.said, stdout);
	if (status == 0)
		report(&t);
	status = tracing_close(&t.tracing, status, e);
	said_close(&t.said);
	top_picture_free(&t.picture);
	top_rows_free(&t.rows);
	top_table_free(&t.table);
	return status;
}
