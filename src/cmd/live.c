// SPDX-License-Identifier: MIT
#include "cmd/live.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "info/units.h"

int live_open(struct session *s, const struct options *o, bool batch, struct error *e)
{
	struct session_options so = {
		.buffer_size = o->buffer_size,
		.path_depth = o->path_depth,
		.related = o->related,
		.deep = o->deep,
		.batch = batch,
	};

	return session_open(s, &so, e);
}

void live_warn(const struct options *o, const char *fmt, ...)
{
	char line[768];
	va_list args;
	int n, m;

	if (o->quiet)
		return;
	n = snprintf(line, sizeof(line), "falloctrace: ");
	va_start(args, fmt);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, args);
	va_end(args);
	if (m < 0)
		return;
	n += m < (int)sizeof(line) - n - 1 ? m : (int)sizeof(line) - n - 2;
	error_make_safe(line);
	line[n++] = '\n';
	fwrite(line, 1, (size_t)n, stderr);
}

void live_note(const struct session *s, char *buf, size_t size)
{
	if (s->fallback)
		snprintf(buf, size,
			 "%s: tracing system calls only. Not seen: files, sizes, blocks, filesystems, names of "
			 "processes; calls by io_uring, ioctl, madvise and the kernel itself; 32-bit calls",
			 s->fallback_why);
	else
		snprintf(buf, size, "%s",
			 s->info.sizes_after_seen ?
				 "" :
				 "sizes after a call can't be read on this kernel: they are derived (marked ~)");
}

void live_banner(const struct options *o, const struct session *s)
{
	char note[LIVE_NOTE];

	live_note(s, note, sizeof(note));
	if (*note)
		live_warn(o, "%s", note);
	if (*s->without)
		live_warn(o, "goes on without %s", s->without);
	if (isatty(STDERR_FILENO) && !o->argv)
		live_warn(o, "tracing every fallocate of this machine; Ctrl-C ends it");
}

void live_report(const struct options *o, const struct session *s)
{
	uint64_t missed = s->fallback ? 0 : session_missed_returns(s);

	if (missed)
		live_warn(o,
			  "the kernel missed %" PRIu64 " returns, since more calls slept at once than it can watch: "
			  "those calls are shown as unfinished",
			  missed);
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	return clock_gettime(clock, &t) ? 0 : (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

struct live_cost live_cost_now(void)
{
	return (struct live_cost){.cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID), .elapsed = clock_ns(CLOCK_MONOTONIC)};
}

void live_share(const struct live_cost *began, char *buf, size_t size)
{
	struct live_cost now = live_cost_now();
	int64_t cpu = now.cpu - began->cpu, elapsed = now.elapsed - began->elapsed;

	snprintf(buf, size, "%.1f s CPU (%.1f %%)", (double)cpu / NS_PER_S,
		 elapsed > 0 ? 100.0 * (double)cpu / (double)elapsed : 0.0);
}

void live_closing(const struct options *o, const struct live_cost *began, uint64_t calls, uint64_t lost)
{
	char share[LIVE_SHARE];

	if (!isatty(STDERR_FILENO))
		return;
	live_share(began, share, sizeof(share));
	live_warn(o, "%" PRIu64 " call%s, %" PRIu64 " events lost, %s", calls, calls == 1 ? "" : "s", lost, share);
}
