// SPDX-License-Identifier: MIT
#include "kernel/machine.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "info/tables.h"
#include "kernel/clock.h"
#include "kernel/kallsyms.h"
#include "kernel/proc.h"
#include "kernel/space.h"
#include "kernel/tracefile.h"

struct machine {
	struct trace_info *info;
	int kallsyms;		    /* or -1 */
	int mountinfo;		    /* our own; POLLPRI when it has changed */
	void (*changed)(void *ctx); /* mounts have been read; may be NULL */
	void *changed_ctx;
	char **namespaces; /* mount namespaces whose mounts were read, as readlink shows them */
	size_t namespaces_count;
	struct space_answers spaces;
};

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* The pair of readings with the least between them tells the offset best. */
static int64_t utc_offset(void)
{
	int64_t best = INT64_MAX, offset = 0;

	for (int i = 0; i < 10; i++) {
		int64_t before = now(CLOCK_MONOTONIC);
		int64_t utc = now(CLOCK_REALTIME);
		int64_t width = now(CLOCK_MONOTONIC) - before;

		if (width < best) {
			best = width;
			offset = utc - (before + width / 2);
		}
	}
	return offset;
}

static void read_mounts(struct machine *m, const char *pid)
{
	char file[64];
	struct error ignored;
	size_t size;
	char *text;

	snprintf(file, sizeof(file), "%s/mountinfo", pid);
	text = trace_file_read("/proc", file, &size, &ignored);
	if (text)
		mounts_add_text(m->info->mounts, text, size);
	free(text);
	if (m->changed)
		m->changed(m->changed_ctx);
}

void machine_on_mounts(struct machine *m, void (*changed)(void *ctx), void *ctx)
{
	m->changed = changed;
	m->changed_ctx = ctx;
}

/* Whether pid's mount namespace is one that was not read before; notes it. */
static bool is_new_namespace(struct machine *m, const char *pid)
{
	char path[64], link[64];
	char **more;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", pid);
	n = readlink(path, link, sizeof(link) - 1);
	if (n <= 0)
		return false;
	link[n] = '\0';
	for (size_t i = m->namespaces_count; i-- > 0;)
		if (!strcmp(m->namespaces[i], link))
			return false;
	more = realloc(m->namespaces, (m->namespaces_count + 1) * sizeof(*more));
	if (!more)
		return false;
	m->namespaces = more;
	more[m->namespaces_count] = strdup(link);
	if (!more[m->namespaces_count])
		return false;
	m->namespaces_count++;
	return true;
}

void machine_refresh_mounts(struct machine *m)
{
	struct pollfd p = {.fd = m->mountinfo, .events = POLLPRI};

	if (m->mountinfo >= 0 && poll(&p, 1, 0) > 0 && p.revents & POLLPRI)
		read_mounts(m, "self");
}

/* --- what the assembler asks for --- */

static void find_symbol(void *ctx, struct symbols *s, uint64_t addr)
{
	struct machine *m = ctx;
	struct error ignored;

	if (m->kallsyms >= 0)
		kallsyms_resolve(m->kallsyms, &addr, 1, s, &ignored);
}

static void find_mount(void *ctx, struct mounts *mounts, int32_t tid, uint32_t dev, int32_t mnt)
{
	struct machine *m = ctx;
	char pid[16];

	(void)mounts;
	(void)dev;
	(void)mnt;
	snprintf(pid, sizeof(pid), "%d", tid);
	read_mounts(m, "self");
	if (is_new_namespace(m, pid))
		read_mounts(m, pid);
}

static bool find_space(void *ctx, uint32_t dev, uint64_t after, struct info_space *space)
{
	struct machine *m = ctx;

	return space_find(&m->spaces, m->info->mounts, dev, after, space);
}

static void find_task(void *ctx, struct tasks *t, int32_t tid)
{
	struct machine *m = ctx;
	char name[16];

	snprintf(name, sizeof(name), "%d", tid);
	proc_add_task(t, m->info->hierarchy, name, 0);
}

static void find_born(void *ctx, struct tasks *t, int32_t tid, uint64_t ts)
{
	struct machine *m = ctx;

	proc_add_born(t, m->info->hierarchy, tid, ts);
}

/* --- the start --- */

int machine_add_tasks(struct machine *m, struct error *e)
{
	struct dirent *entry;
	DIR *d = opendir("/proc");

	if (!d)
		return error_errno(e, "/proc");
	/* A little before, so that what is read now is of later. */
	tasks_found_from(m->info->tasks, trace_clock_now() - TASK_FOUND_NS);
	while ((entry = readdir(d))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		proc_add_threads(m->info->tasks, m->info->hierarchy, entry->d_name);
		if (is_new_namespace(m, entry->d_name))
			read_mounts(m, entry->d_name);
	}
	closedir(d);
	return 0;
}

int machine_name_symbols(struct machine *m, const uint64_t *addrs, size_t count, struct error *e)
{
	return m->kallsyms < 0 ? error_set(e, "/proc/kallsyms can't be read: callers have no names") :
				 kallsyms_resolve(m->kallsyms, addrs, count, m->info->symbols, e);
}

static void describe(struct trace_info *info)
{
	struct utsname u;

	if (uname(&u) == 0) {
		snprintf(info->host, sizeof(info->host), "%.64s", u.nodename);
		snprintf(info->release, sizeof(info->release), "%.64s", u.release);
		snprintf(info->machine, sizeof(info->machine), "%.64s", u.machine);
	}
	snprintf(info->clock, sizeof(info->clock), "mono");
	info->has_utc_offset = true;
	info->utc_offset = utc_offset();
}

struct machine *machine_open(struct trace_info *info, struct error *e)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct error ignored;

	if (!m || !info->mounts || !info->symbols || !info->tasks) {
		free(m);
		error_errno(e, "out of memory");
		return NULL;
	}
	m->info = info;
	m->kallsyms = kallsyms_open(&ignored);
	m->mountinfo = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	describe(info);
	is_new_namespace(m, "self");
	read_mounts(m, "self");
	info->find_symbol = find_symbol;
	info->find_mount = find_mount;
	info->find_task = find_task;
	info->find_born = find_born;
	info->hierarchy = proc_hierarchy();
	info->find_space = find_space;
	info->find_ctx = m;
	return m;
}

void machine_close(struct machine *m)
{
	if (!m)
		return;
	m->info->find_symbol = NULL;
	m->info->find_mount = NULL;
	m->info->find_task = NULL;
	m->info->find_born = NULL;
	m->info->find_space = NULL;
	if (m->kallsyms >= 0)
		close(m->kallsyms);
	if (m->mountinfo >= 0)
		close(m->mountinfo);
	for (size_t i = 0; i < m->namespaces_count; i++)
		free(m->namespaces[i]);
	free(m->namespaces);
	free(m);
}
