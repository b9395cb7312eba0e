/* SPDX-License-Identifier: MIT */
/*
 * html_page KIND >FILE
 *
 * Writes a report of calls that no small recording has:
 *
 *   hostile   names that would be markup, scripts or another direction of writing
 *   extremes  every number at its end, times ages apart, nothing known
 *   losses    more losses than are written one by one
 *   clocks    a loss at a time of day, then calls whose time of day is not known
 *   files     a million files, each with calls of its own
 *
 * Prints on standard error the names that it used, one a line, in hex (hostile).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "falloctrace/info.h"
#include "falloctrace/sink.h"

#define FILES 1000000
#define LOSSES 1000
#define SECOND 1000000000ll

static const char *const names[] = {
	"/</script><script>window.canary=1</script>",
	"/<img src=x onerror=\"window.canary=1\">",
	"/\"><svg/onload=window.canary=1>",
	"/' onmouseover='window.canary=1' x='",
	"/<!--<script>window.canary=1//-->",
	"/</style><style>*{display:none}</style>",
	"/</bdi></td></tr></table><h1>gone</h1>",
	"/<iframe srcdoc=\"<script>parent.canary=1</script>\">",
	"/<a href=javascript:window.canary=1>x</a>",
	"/<base href=//example.invalid/><link rel=stylesheet href=//example.invalid/x.css>",
	"/<meta http-equiv=refresh content=0;url=//example.invalid/>",
	"/&lt;b&gt;&amp;&#60;script&#62;&nbsp",
	"/]]>--><![CDATA[",
	"/${window.canary=1}{{window.canary=1}}`${1}`",
	"/gnp.\xe2\x80\xaegpj.exe",
	"/\xe2\x81\xa6isolated\xe2\x81\xa9 \xe2\x80\x8f\xe2\x80\x8e",
	"/line\xe2\x80\xa8separator\xe2\x80\xa9here",
	"/\x1b[31mred\x1b[0m\x07\x08\r\n\t\x7f",
	"/\xc2\2332J\xc2\x85", /* octal: "\x9b2" would be one number */
	"/broken \xff\xfe\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80\xe2\x82",
	"/\xd7\xa2\xd7\x91\xd7\xa8\xd7\x99\xd7\xaa 123 <\xd8\xb9\xd8\xb1\xd8\xa8>",
	"/\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80 \xcc\x81",
	"/  two  blanks at the end  ",
	"/back\\slash\\x41\\u0041",
	"{\"a\":[1,2,\"</script>\"]}",
};
#define NAMES (sizeof(names) / sizeof(names[0]))

struct maker {
	struct sink *sink;
	struct trace_info info;
	struct error e;
	int64_t now; /* ns, UTC */
};

static struct call call_on(struct maker *m, const char *path, const char *comm)
{
	struct call c = {
		.host = m->info.host,
		.trace = 1,
		.has_start = true,
		.has_end = true,
		.start = (uint64_t)m->now,
		.end = (uint64_t)m->now + 5000,
		.has_utc = true,
		.utc = m->now,
		.tid = 1,
		.pid = 1,
		.uid = 0,
		.via = VIA_SYSCALL,
		.has_mode = true,
		.op = OP_EXTEND,
		.has_offset = true,
		.has_len = true,
		.len = 4096,
		.has_ret = true,
		.fs = "ext4",
		.size_before_known = SEEN,
		.size_after_known = SEEN,
		.blocks_before_known = SEEN,
		.blocks_after_known = SEEN,
		.size_after = 4096,
		.blocks_after = 8,
	};

	snprintf(c.path, sizeof(c.path), "%s", path);
	snprintf(c.comm, sizeof(c.comm), "%s", comm);
	m->now += 1000000;
	return c;
}

static int put(struct maker *m, const struct call *c)
{
	return m->sink->ops->call(m->sink, c, &m->e);
}

static int hostile(struct maker *m)
{
	char path[CALL_PATH_SIZE] = "";
	struct call c;

	for (size_t i = 0; i < NAMES; i++) {
		c = call_on(m, names[i], names[i]);
		snprintf(c.fs, sizeof(c.fs), "%.31s", names[i]);
		snprintf(c.caller, sizeof(c.caller), "%.63s", names[i]);
		c.via = i % 2 ? VIA_KERNEL : VIA_SYSCALL;
		c.odd = ODD_LOSS_NEARBY;
		c.ret = i % 3 ? -ENOSPC : 0; /* which is a finding */
		if (put(m, &c))
			return -1;
		for (const char *p = names[i]; *p; p++)
			fprintf(stderr, "%02x", (unsigned char)*p);
		fputc('\n', stderr);
	}
	memset(path, '<', sizeof(path) - 1);
	c = call_on(m, path, "long");
	return put(m, &c);
}

/* Nothing known of one call, and everything at its end of another. */
static int extremes(struct maker *m)
{
	struct call none = {.host = "", .trace = 2, .tid = -1, .pid = -1, .uid = -1, .cpu = -1, .op = OP_COUNT};
	struct call c = call_on(m, "/extreme", "extreme");
	static const int64_t numbers[] = {INT64_MIN, -1, 0, 1, INT64_MAX};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		c.start = 0;
		c.end = i % 2 ? INT64_MAX : 0;
		c.utc = c.offset = c.len = c.size_before = numbers[i];
		c.size_after = numbers[4 - i];
		c.ret = -9999 + (int64_t)i;
		c.blocks_after = c.ino = (uint64_t)numbers[i];
		c.mode = UINT32_MAX;
		c.op = OP_INVALID;
		c.pid = c.tid = INT32_MAX;
		if (put(m, &none) || put(m, &c))
			return -1;
	}
	return 0;
}

static int losses(struct maker *m)
{
	struct call c = call_on(m, "/a", "a");

	for (int i = 0; i < LOSSES; i++) {
		struct loss l = {.host = m->info.host, .cpu = i % 4, .count = i % 3 ? 7 : UINT64_MAX};

		l.has_before = l.has_utc = i % 10 != 0;
		l.before = (uint64_t)m->now;
		l.utc = m->now;
		m->now += SECOND;
		if (m->sink->ops->lost(m->sink, &l, &m->e))
			return -1;
	}
	c.utc = m->now;
	return put(m, &c);
}

static int clocks(struct maker *m)
{
	struct loss l = {.host = m->info.host, .count = 7, .has_before = true, .has_utc = true, .utc = m->now};
	struct call c = call_on(m, "/a", "a");

	c.has_utc = false;
	return m->sink->ops->lost(m->sink, &l, &m->e) || put(m, &c) ? -1 : 0;
}

static int files(struct maker *m)
{
	for (int i = 0; i < FILES; i++) {
		char path[64], comm[16];
		struct call c;

		snprintf(path, sizeof(path), "/srv/%d/%d", i % 97, i);
		snprintf(comm, sizeof(comm), "worker-%d", i % 20000);
		c = call_on(m, i % 4 ? path : "/srv/often", comm);
		c.ret = i % 50 ? 0 : -(1 + i / 50 % 4000);
		c.end = c.start + (uint64_t)i * 7;
		if (put(m, &c))
			return -1;
	}
	return 0;
}

static const struct {
	const char *name;
	int (*make)(struct maker *m);
} kinds[] = {{"hostile", hostile}, {"extremes", extremes}, {"losses", losses}, {"clocks", clocks}, {"files", files}};

static int write_page(struct maker *m, int (*make)(struct maker *m))
{
	struct sink_options o = {.out = stdout, .format = FORMAT_HTML, .show = SHOW_REPORT};
	const struct sink_ops *ops;
	int ret;

	if (make == hostile) {
		strcpy(m->info.host, "</title><script>window.canary=1</script>\xe2\x80\xae");
		strcpy(m->info.release, "\"><script>window.canary=1</script>");
		strcpy(m->info.machine, "</dd><b>");
	}
	m->sink = sink_html_new(&o);
	if (!m->sink)
		return -1;
	ops = m->sink->ops;
	ret = ops->header(m->sink, &m->e);
	ret = ret ? ret : ops->trace(m->sink, &m->info, &m->e);
	ret = ret ? ret : make(m);
	ret = ret ? ret : ops->footer(m->sink, &m->e);
	ops->free(m->sink);
	return ret || fflush(stdout) ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct maker m = {.now = 1795425302ll * SECOND};

	for (size_t i = 0; argc == 2 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(argv[1], kinds[i].name)) {
			if (!write_page(&m, kinds[i].make))
				return 0;
			fprintf(stderr, "html_page: %s\n", m.e.text);
			return 1;
		}
	fprintf(stderr, "usage: html_page hostile|extremes|losses|clocks|files >FILE\n");
	return 2;
}
