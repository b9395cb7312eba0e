/* SPDX-License-Identifier: MIT */
/*
 * What is wrong, each with its evidence.
 */
#include <string.h>
#include <sys/types.h>

#include "falloctrace/field.h"
#include "info/units.h"
#include "output/html/html.h"

static void add_process(struct html *h, const struct finding_process *p)
{
	if (*p->comm)
		html_name(h, p->comm, strnlen(p->comm, sizeof(p->comm)));
	else
		buf_text(&h->line, "a process");
	if (p->pid >= 0)
		buf_printf(&h->line, " (pid %d)", p->pid);
}

/* What it is about. */
static void add_object(struct html *h, const struct finding *f)
{
	struct buf *b = &h->line;

	buf_text(b, "<p>");
	if (h->o.hosts && *f->host) {
		html_name(h, f->host, strlen(f->host));
		buf_text(b, ": ");
	}
	if (*f->path)
		html_name(h, f->path, strlen(f->path));
	else if (f->has_dev && f->has_ino)
		buf_printf(b, "inode %llu on device %u:%u", (unsigned long long)f->ino, f->dev_major, f->dev_minor);
	else if (f->has_fd)
		buf_printf(b, "file descriptor %d", f->fd);
	else
		buf_text(b, "a file whose name is not known");
	if (*f->fs) {
		buf_text(b, " <span class=\"soft\">");
		html_text(h, f->fs);
		buf_text(b, "</span>");
	}
	buf_text(b, "</p>\n");
}

static void add_number(struct buf *b, const struct finding_number *n)
{
	for (const char *c = n->name; *c; c++)
		buf_char(b, *c == '_' ? ' ' : *c);
	buf_char(b, ' ');
	if (n->value == INT64_MAX)
		buf_text(b, "too large to tell");
	else if (n->unit == UNIT_BYTES)
		html_size(b, n->value);
	else if (n->unit == UNIT_NS)
		html_duration(b, n->value);
	else
		html_signed(b, n->value);
}

static void add_numbers(struct html *h, const struct finding *f)
{
	for (size_t i = 0; i < f->numbers_count; i++) {
		buf_text(&h->line, "; ");
		add_number(&h->line, &f->numbers[i]);
	}
}

static void add_sizes(struct buf *b, const struct finding_call *c)
{
	if (c->size_before_known != UNKNOWN && c->size_after_known != UNKNOWN) {
		buf_text(b, ", size ");
		html_size(b, c->size_before);
		buf_text(b, " → ");
		html_size(b, c->size_after);
	}
	if (c->blocks_before_known != UNKNOWN && c->blocks_after_known != UNKNOWN) {
		buf_text(b, ", blocks ");
		html_grouped(b, c->blocks_before);
		buf_text(b, " → ");
		html_grouped(b, c->blocks_after);
	}
}

static void add_result(struct buf *b, const struct finding_call *c)
{
	const char *name = c->has_ret && c->ret < 0 && c->ret >= -ERRNO_MAX ? errno_name((int)-c->ret) : NULL;

	if (!c->has_ret)
		return;
	buf_text(b, c->ret ? ": <span class=\"bad\">" : ": <span>");
	if (name)
		buf_text(b, name);
	else
		buf_i64(b, c->ret);
	buf_text(b, "</span>");
}

/* "2026-… postgres (pid 42): extend of 4K at 8K took 35.1us: ENOSPC, size …" */
static void add_call(struct html *h, const char *which, const struct finding_call *c)
{
	struct finding_process by = {.pid = c->pid};
	struct buf *b = &h->line;

	memcpy(by.comm, c->comm, sizeof(by.comm));
	buf_printf(b, "<li>%s", which);
	if (c->has_utc || c->has_ts)
		html_moment(h, c->has_utc, h->axis.ticks, c->has_utc ? c->utc : (int64_t)c->ts);
	buf_char(b, ' ');
	add_process(h, &by);
	buf_printf(b, " %s", op_name(c->op) ? op_name(c->op) : "fallocate");
	if (c->has_len) {
		buf_text(b, " of ");
		html_size(b, c->len);
	}
	if (c->has_offset) {
		buf_text(b, " at ");
		html_size(b, c->offset);
	}
	if (c->latency >= 0) {
		buf_text(b, " took ");
		html_duration(b, c->latency);
	}
	add_result(b, c);
	add_sizes(b, c);
	if (c->has_space) {
		buf_text(b, "; free in the filesystem ");
		html_size(b, c->space_free > INT64_MAX ? INT64_MAX : (int64_t)c->space_free);
	}
	buf_text(b, "</li>\n");
}

static void add_processes(struct html *h, const struct finding *f)
{
	struct buf *b = &h->line;

	if (f->processes_count < 2 && !f->more_processes)
		return;
	buf_text(b, "<li>by ");
	for (size_t i = 0; i < f->processes_count; i++) {
		buf_text(b, i ? ", " : "");
		add_process(h, &f->processes[i]);
	}
	buf_text(b, f->more_processes ? " and others</li>\n" : "</li>\n");
}

static void add_allocated(struct html *h, const struct finding *f)
{
	struct buf *b = &h->line;

	if (!f->has_allocated)
		return;
	buf_text(b, "<li>allocated by ");
	add_process(h, &f->allocated.by);
	if (f->allocated.has_utc || f->allocated.has_ts) {
		buf_text(b, ", ");
		html_moment(h, f->allocated.has_utc, h->axis.ticks,
			    f->allocated.has_utc ? f->allocated.utc : (int64_t)f->allocated.ts);
	}
	buf_text(b, "</li>\n");
}

static void add_evidence(struct html *h, const struct finding *f)
{
	struct buf *b = &h->line;

	buf_text(b, "<details><summary>");
	html_grouped(b, f->calls);
	buf_text(b, f->calls == 1 ? " call" : " calls");
	add_numbers(h, f);
	buf_text(b, "</summary>\n<ul class=\"evidence\">\n");
	add_processes(h, f);
	add_allocated(h, f);
	if (f->calls > 1) {
		add_call(h, "first: ", &f->first);
		add_call(h, "worst: ", &f->worst);
		add_call(h, "last: ", &f->last);
	} else {
		add_call(h, "", &f->worst);
	}
	if (f->before_losses)
		buf_text(b, "<li>Events were lost after the file's last call: it may not have been the last.</li>\n");
	buf_text(b, "</ul></details>\n");
}

/* One file's, with the calls that prove it folded away. */
static int write_finding(struct html *h, const struct finding *f, const struct finding *first, struct error *e)
{
	struct buf *b = &h->line;

	buf_text(b, "<li>");
	add_object(h, f);
	if (strcmp(finding_meaning(f), finding_meaning(first)) != 0) {
		buf_text(b, "<p>");
		html_shown(h, finding_meaning(f));
		buf_text(b, "</p>\n");
	}
	add_evidence(h, f);
	buf_text(b, "</li>\n");
	return html_flush(h, e);
}

static void open_kind(struct html *h, const struct finding *f, const struct finding_total *total)
{
	struct buf *b = &h->line;

	buf_printf(b, "<li data-finding=\"%s\"><h3>%s <span class=\"soft\">", finding_name(f->kind),
		   finding_name(f->kind));
	html_grouped(b, total->calls);
	buf_text(b, total->calls == 1 ? " call on " : " calls on ");
	html_grouped(b, total->files);
	buf_text(b, total->files == 1 ? " file</span></h3>\n<p>" : " files</span></h3>\n<p>");
	html_shown(h, finding_meaning(f));
	buf_text(b, "</p>\n<p class=\"soft\">");
	html_shown(h, finding_advice(f));
	buf_text(b, "</p>\n<ul class=\"objects\">\n");
}

static void close_kind(struct html *h, const struct finding_total *total, size_t shown)
{
	struct buf *b = &h->line;

	if (total->files > shown) {
		buf_text(b, "<li class=\"soft\">and ");
		html_grouped(b, total->files - shown);
		buf_text(b, total->files - shown == 1 ? " file more</li>\n" : " files more</li>\n");
	}
	buf_text(b, "</ul>\n</li>\n");
}

/* All of a kind, which stand together. Returns how many these are, or -1. */
static ssize_t write_kind(struct html *h, const struct finding *f, size_t count, struct error *e)
{
	struct finding_total total;
	size_t all = 1, shown;

	while (all < count && f[all].kind == f->kind)
		all++;
	shown = all < HTML_FINDINGS ? all : HTML_FINDINGS;
	findings_total(h->findings, f->kind, &total);
	open_kind(h, f, &total);
	for (size_t i = 0; i < shown; i++)
		if (write_finding(h, &f[i], f, e))
			return -1;
	close_kind(h, &total, shown);
	return (ssize_t)all;
}

static int write_list(struct html *h, const struct finding *f, size_t count, struct error *e)
{
	buf_text(&h->line, "<ol class=\"findings\">\n");
	for (size_t i = 0; i < count;) {
		ssize_t same = write_kind(h, &f[i], count - i, e);

		if (same < 0)
			return -1;
		i += (size_t)same;
	}
	buf_text(&h->line, "</ol>\n");
	return 0;
}

int html_write_findings(struct html *h, struct error *e)
{
	struct buf *b = &h->line;
	const struct finding *f;
	size_t count;

	f = findings_end(h->findings, &count);
	buf_text(b, "<section id=\"findings\">\n<h2>Findings</h2>\n");
	if (!f && count) {
		b->failed = true;
	} else if (count) {
		if (write_list(h, f, count, e))
			return -1;
	} else {
		buf_text(b,
			 "<p class=\"empty\">Nothing of what falloctrace looks for is wrong with these calls.</p>\n");
	}
	if (findings_forgotten(h->findings)) {
		buf_text(b, "<p class=\"soft\">There were too many files to watch all of them: ");
		html_grouped(b, findings_forgotten(h->findings));
		buf_text(b, " were forgotten on the way, and something may have been missed.</p>\n");
	}
	buf_text(b, "</section>\n");
	return html_flush(h, e);
}
