/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cmd/progress.h"
#include "info/units.h"
#include "output/buf.h"
#include "output/utf8.h"

#define FIRST_NS NS_PER_S
#define AGAIN_NS (NS_PER_S / 4)
#define COLUMNS_DEFAULT 80

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

void progress_start(struct progress *p, FILE *err, bool wanted, const char *name, uint64_t total)
{
	struct winsize w;

	*p = (struct progress){.name = name, .total = total, .columns = COLUMNS_DEFAULT};
	if (!wanted || !total || !isatty(fileno(err)))
		return;
	if (ioctl(fileno(err), TIOCGWINSZ, &w) == 0 && w.ws_col)
		p->columns = w.ws_col;
	p->err = err;
	p->start = now();
	p->next = p->start + FIRST_NS;
}

/* "1.2 GB/s": powers of 1000, as rates are told */
static void rate_text(double rate, char *buf, size_t size)
{
	static const char *const units[] = {"B/s", "KB/s", "MB/s", "GB/s"};
	unsigned i = 0;

	for (; rate >= 999.5 && i < 3; i++)
		rate /= 1000;
	snprintf(buf, size, rate < 9.95 && i ? "%.1f %s" : "%.0f %s", rate, units[i]);
}

static void left_text(double seconds, char *buf, size_t size)
{
	if (seconds >= 100 * 3600.0)
		snprintf(buf, size, "more than 100 h left");
	else if (seconds >= 3600)
		snprintf(buf, size, "%d h %d min left", (int)(seconds / 3600), (int)(seconds / 60) % 60);
	else if (seconds >= 60)
		snprintf(buf, size, "%d min %d s left", (int)(seconds / 60), (int)seconds % 60);
	else
		snprintf(buf, size, "%d s left", (int)seconds + 1); /* never 0 */
}

/* The name, where the terminal has room for it beside used columns; else nothing: a line that wraps can't be wiped. */
static int name_text(const struct progress *p, int used, char *buf, size_t size)
{
	struct buf name;
	int columns;

	buf_init(&name);
	columns = (int)utf8_escape(&name, p->name, strlen(p->name), false) + 2;
	if (name.failed || columns + used >= p->columns || name.size + 3 > size)
		columns = 0;
	snprintf(buf, size, "%.*s%s", columns ? (int)name.size : 0, name.data ? name.data : "", columns ? ": " : "");
	buf_free(&name);
	return columns;
}

int progress_line(const struct progress *p, uint64_t position, int64_t ns, char *buf, size_t size)
{
	char name[256], numbers[96], rate[24], left[40];
	double done = position < p->total ? (double)position / (double)p->total : 1;
	double bytes_per_s = ns > 0 ? (double)position / ((double)ns / NS_PER_S) : 0;
	int columns;

	rate_text(bytes_per_s, rate, sizeof(rate));
	left_text(bytes_per_s > 0 ? ((double)p->total - (double)p->total * done) / bytes_per_s : 1e9, left,
		  sizeof(left));
	columns = snprintf(numbers, sizeof(numbers), "%d%%, %s, %s", (int)(100 * done), rate, left);
	columns += (int)strlen("falloctrace: ");
	columns += name_text(p, columns, name, sizeof(name));
	snprintf(buf, size, "falloctrace: %s%s", name, numbers);
	return columns;
}

static void put(struct progress *p, const char *line, int columns)
{
	char text[512];
	int wipe = p->shown > columns ? p->shown - columns : 0;
	int n = snprintf(text, sizeof(text), "\r%s%*s%s", line, wipe, "", columns ? "" : "\r");

	/* one write, past stdio: it is for a terminal, and may fail */
	if (n > 0 && write(fileno(p->err), text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1) < 0)
		p->err = NULL;
	p->shown = columns;
}

void progress_show(struct progress *p, uint64_t position)
{
	int64_t t = p->err ? now() : 0;
	char line[384];

	if (!p->err || t < p->next)
		return;
	p->next = t + AGAIN_NS;
	put(p, line, progress_line(p, position, t - p->start, line, sizeof(line)));
}

void progress_end(struct progress *p)
{
	if (p->err && p->shown)
		put(p, "", 0);
	p->err = NULL;
}
