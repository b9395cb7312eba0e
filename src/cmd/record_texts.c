// SPDX-License-Identifier: MIT
#include "cmd/record_texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "kernel/tracefile.h"

/* The kernel's file, which is never empty. */
static char *read_text(const struct session *s, const char *file, size_t *size, struct error *e)
{
	size_t read;
	char *text = trace_file_read(s->dir, file, &read, e);

	if (text && !read) {
		error_set(e, "%s/%s: empty", s->dir, file);
		free(text);
		text = NULL;
	}
	if (size)
		*size = text ? read : 0;
	return text;
}

static int add_format(struct record_texts *t, const struct session *s, const char *system, const char *name,
		      struct error *e)
{
	struct dat_event_format *f = &t->formats[t->formats_count];
	char file[160];

	snprintf(file, sizeof(file), "events/%s/%s/format", system, name);
	f->system = system;
	f->name = name;
	t->format_texts[t->formats_count] = read_text(s, file, &f->size, e);
	f->text = t->format_texts[t->formats_count];
	if (!f->text)
		return -1;
	t->formats_count++;
	if (!f->size)
		return error_set(e, "%s/%s: empty", s->dir, file);
	return 0;
}

static int add_formats(struct record_texts *t, const struct session *s, struct error *e)
{
	for (size_t i = 0; i < s->probes_count; i++)
		if (add_format(t, s, s->name, s->probes[i].name, e))
			return -1;
	if (s->fallback && (add_format(t, s, "syscalls", "sys_enter_fallocate", e) ||
			    add_format(t, s, "syscalls", "sys_exit_fallocate", e)))
		return -1;
	for (enum convert step = 0; step < CONVERT_COUNT; step++) {
		const char *name, *system = event_of_convert(step, &name);

		if (s->info.related & 1u << step && add_format(t, s, system, name, e))
			return -1;
	}
	if (trace_file_exists(s->dir, "events/task/task_newtask") && add_format(t, s, "task", "task_newtask", e))
		return -1;
	if (trace_file_exists(s->dir, "events/cgroup/cgroup_attach_task"))
		return add_format(t, s, "cgroup", "cgroup_attach_task", e);
	return 0;
}

int record_texts_read(struct record_texts *t, const struct session *s, struct error *e)
{
	struct utsname u;

	if (uname(&u) == 0)
		snprintf(t->uname, sizeof(t->uname), "%s %s %s %s %s", u.sysname, u.nodename, u.release, u.version,
			 u.machine);
	t->header_page = read_text(s, "events/header_page", NULL, e);
	t->header_event = t->header_page ? read_text(s, "events/header_event", NULL, e) : NULL;
	t->clock = t->header_event ? read_text(s, "trace_clock", NULL, e) : NULL;
	return !t->clock || add_formats(t, s, e) ? -1 : 0;
}

int record_texts_stats(struct record_texts *t, const struct session *s, struct error *e)
{
	struct source *src = reader_source(s->reader);

	t->cpus = src->cpus;
	t->cpustat = calloc((size_t)src->cpus, sizeof(*t->cpustat));
	if (!t->cpustat)
		return error_set(e, "out of memory");
	for (int i = 0; i < src->cpus; i++) {
		t->cpustat[i] = reader_stats(s->reader, i);
		if (!t->cpustat[i])
			return error_errno(e, "%s/per_cpu/cpu%d/stats: can't read", s->dir, src->cpu_number(src, i));
	}
	return 0;
}

int record_texts_contents(struct record_texts *t, const struct session *s, const struct record_scan *scan,
			  struct dat_contents *c, struct error *e)
{
	free(t->kallsyms);
	free(t->cmdlines);
	t->kallsyms = record_kallsyms(&s->info);
	t->cmdlines = record_scan_cmdlines(scan);
	if (!t->kallsyms || !t->cmdlines)
		return error_set(e, "out of memory");
	*c = (struct dat_contents){
		.header_page = t->header_page,
		.header_event = t->header_event,
		.events = t->formats,
		.events_count = t->formats_count,
		.kallsyms = t->kallsyms,
		.cmdlines = t->cmdlines,
		.trace_clock = t->clock,
		.uname = t->uname,
		.cpustat = (const char *const *)t->cpustat,
		.info = &s->info,
		.subbuf_size = reader_subbuf_size(s->reader),
	};
	return 0;
}

void record_texts_free(struct record_texts *t)
{
	free(t->header_page);
	free(t->header_event);
	free(t->clock);
	for (size_t i = 0; i < t->formats_count; i++)
		free(t->format_texts[i]);
	for (int i = 0; t->cpustat && i < t->cpus; i++)
		free(t->cpustat[i]);
	free(t->cpustat);
	free(t->kallsyms);
	free(t->cmdlines);
}
