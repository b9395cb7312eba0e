// SPDX-License-Identifier: MIT
#include "kernel/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "kernel/tracefile.h"

/* The first cgroup namespace, a part of the kernel's ABI (PROC_CGROUP_INIT_INO). */
#define FIRST_NAMESPACE "cgroup:[4026531835]"

static char *read_text(const char *name, const char *file)
{
	char path[300];
	struct error ignored;

	snprintf(path, sizeof(path), "%s/%s", name, file);
	return trace_file_read("/proc", path, NULL, &ignored);
}

/* --- cgroups --- */

/* "4:cpu,cpuacct:/a/path": number, controllers, path. */
struct line {
	uint32_t number;
	const char *controllers;
	size_t controllers_size;
	char *path;
	size_t path_size;
};

static char *next_line(char *text, struct line *l)
{
	char *end = text + strcspn(text, "\n"), *colon = NULL, *number_end;

	l->number = (uint32_t)strtoul(text, &number_end, 10);
	if (isdigit((unsigned char)*text) && *number_end == ':')
		colon = memchr(number_end + 1, ':', (size_t)(end - number_end - 1));
	l->path = NULL;
	if (colon) {
		l->controllers = number_end + 1;
		l->controllers_size = (size_t)(colon - l->controllers);
		l->path = colon + 1;
		l->path_size = (size_t)(end - l->path);
	}
	return *end ? end + 1 : end;
}

char *proc_cgroup_path(char *text, uint32_t hierarchy)
{
	struct line l;

	for (char *at = text; *at;) {
		at = next_line(at, &l);
		if (!l.path || l.number != hierarchy)
			continue;
		l.path[l.path_size] = '\0';
		/* "/../x" lies outside of our cgroup namespace: it is another path. */
		return strncmp(l.path, "/..", 3) ? l.path : NULL;
	}
	return NULL;
}

static bool has_controller(const struct line *l, const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; i + size <= l->controllers_size; i++) {
		bool begins = i == 0 || l->controllers[i - 1] == ',';
		bool ends = i + size == l->controllers_size || l->controllers[i + size] == ',';

		if (begins && ends && !memcmp(l->controllers + i, name, size))
			return true;
	}
	return false;
}

uint32_t proc_choose_hierarchy(const char *text, bool v2)
{
	static const char *const wanted[] = {"pids", "memory", "name=systemd", NULL};
	uint32_t chosen = INFO_NO_HIERARCHY;
	size_t best = sizeof(wanted) / sizeof(wanted[0]) + 1;
	char *copy = strdup(text);
	struct line l;

	for (char *at = copy; at && *at;) {
		size_t rank = 0;

		at = next_line(at, &l);
		if (!l.path || (!l.number && !v2 && chosen != INFO_NO_HIERARCHY))
			continue;
		while (wanted[rank] && !has_controller(&l, wanted[rank]))
			rank++;
		if (!l.number && v2) {
			chosen = 0;
			break;
		}
		if (!l.number)
			rank = sizeof(wanted) / sizeof(wanted[0]);
		if (rank < best) {
			best = rank;
			chosen = l.number;
		}
	}
	free(copy);
	return chosen;
}

/* Whether some process is elsewhere than at the root of version 2's hierarchy: on most machines the first one is. */
static bool v2_is_used(void)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;
	bool used = false;

	while (d && !used && (entry = readdir(d))) {
		char *path;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		path = proc_cgroup(0, entry->d_name);
		used = path && strcmp(path, "/") != 0;
		free(path);
	}
	if (d)
		closedir(d);
	return used;
}

/* Into the first one, whose paths are those that events tell. */
static bool leave_namespace(void)
{
	char link[64];
	ssize_t n = readlink("/proc/self/ns/cgroup", link, sizeof(link) - 1);
	int fd, ret;

	if (n < 0)
		return true; /* before 4.6 there are none */
	link[n] = '\0';
	if (!strcmp(link, FIRST_NAMESPACE))
		return true;
	fd = open("/proc/1/ns/cgroup", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ret = setns(fd, CLONE_NEWCGROUP);
	close(fd);
	return ret == 0;
}

uint32_t proc_hierarchy(void)
{
	char *text = leave_namespace() ? read_text("self", "cgroup") : NULL;
	uint32_t chosen = text ? proc_choose_hierarchy(text, v2_is_used()) : INFO_NO_HIERARCHY;

	free(text);
	return chosen;
}

char *proc_cgroup(uint32_t hierarchy, const char *name)
{
	char *text = hierarchy == INFO_NO_HIERARCHY ? NULL : read_text(name, "cgroup");
	char *path = text ? proc_cgroup_path(text, hierarchy) : NULL;

	path = path ? strdup(path) : NULL;
	free(text);
	return path;
}

/* --- threads --- */

/* The file system uid, the last of four. Of kernel threads, which have no memory of their own, it says nothing. */
static int64_t uid_of(const char *status)
{
	const char *line = strstr(status, "\nUid:");
	unsigned uids[4];

	if (!line || !strstr(status, "\nVmSize:") ||
	    sscanf(line + 5, "%u %u %u %u", &uids[0], &uids[1], &uids[2], &uids[3]) != 4)
		return -1;
	return uids[3];
}

int proc_add_task(struct tasks *t, uint32_t hierarchy, const char *name, uint64_t ts)
{
	char *status = read_text(name, "status"), *tid, *tgid, *parent, *cgroup;

	if (!status)
		return -1;
	tid = strstr(status, "\nPid:");
	tgid = strstr(status, "\nTgid:");
	parent = strstr(status, "\nPPid:");
	cgroup = proc_cgroup(hierarchy, name);
	if (tid && tgid) {
		tasks_add(t, atoi(tid + 5), atoi(tgid + 6), parent ? atoi(parent + 6) : 0);
		tasks_found(t, atoi(tid + 5), uid_of(status), cgroup, ts);
	}
	free(cgroup);
	free(status);
	return tid && tgid ? 0 : -1;
}

void proc_add_threads(struct tasks *t, uint32_t hierarchy, const char *pid)
{
	char path[300], name[600];
	struct dirent *entry;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	d = opendir(path);
	if (!d)
		return;
	while ((entry = readdir(d))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(name, sizeof(name), "%s/task/%s", pid, entry->d_name);
		proc_add_task(t, hierarchy, name, trace_clock_now());
	}
	closedir(d);
}

int proc_add_all(struct tasks *t, struct error *e)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;

	if (!d)
		return error_errno(e, "/proc");
	while ((entry = readdir(d)))
		if (isdigit((unsigned char)entry->d_name[0]))
			proc_add_threads(t, INFO_NO_HIERARCHY, entry->d_name);
	closedir(d);
	return 0;
}

void proc_add_born(struct tasks *t, uint32_t hierarchy, int32_t tid, uint64_t ts)
{
	char name[16], *path;

	snprintf(name, sizeof(name), "%d", tid);
	path = proc_cgroup(hierarchy, name);
	if (path)
		tasks_born_into(t, tid, ts, path);
	free(path);
}
