// SPDX-License-Identifier: MIT
#include "cmd/live.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

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
