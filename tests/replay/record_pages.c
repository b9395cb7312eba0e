/* SPDX-License-Identifier: MIT */
/*
 * record_pages FILE COMMAND [ARG…]
 *
 * Records the system-call tracepoints of fallocate while COMMAND runs, in an
 * instance of its own, and writes what the kernel's raw per-CPU buffers held
 * with dat_writer: real pages for the tests of the trace.dat engine.
 * Exit status: 0, 1 failed, 77 this kernel has no such tracepoints.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "falloctrace/dat_writer.h"

#define TRACEFS "/sys/kernel/tracing"
#define SYSTEM "syscalls"

static const char *const event_names[] = {"sys_enter_fallocate", "sys_exit_fallocate"};
#define EVENTS 2

static char instance[128];

static char *read_file(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int write_file(const char *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static char *read_file(const char *fmt, ...)
{
	size_t room = 1 << 16, size = 0;
	char path[512], *text = calloc(1, room);
	va_list ap;
	ssize_t n;
	int fd;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	fd = open(path, O_RDONLY);
	if (fd < 0 || !text) {
		perror(path);
		free(text);
		return NULL;
	}
	while (size < room - 1 && (n = read(fd, text + size, room - 1 - size)) > 0)
		size += (size_t)n;
	close(fd);
	return text;
}

static int write_file(const char *text, const char *fmt, ...)
{
	char path[512];
	va_list ap;
	ssize_t n;
	int fd;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	fd = open(path, O_WRONLY);
	n = fd < 0 ? -1 : write(fd, text, strlen(text));
	if (n < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

static int enable(const char *value)
{
	for (int i = 0; i < EVENTS; i++)
		if (write_file(value, "%s/events/" SYSTEM "/%s/enable", instance, event_names[i]))
			return -1;
	return 0;
}

static int run(char **argv)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return status ? -1 : 0;
}

static int drain(struct dat_writer *w, int cpu, size_t subbuf_size, struct error *e)
{
	char path[512], *page = calloc(1, subbuf_size);
	ssize_t n = -1;
	int fd, ret = 0;

	snprintf(path, sizeof(path), "%s/per_cpu/cpu%d/trace_pipe_raw", instance, cpu);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	while (fd >= 0 && !ret && (n = read(fd, page, subbuf_size)) > 0) {
		memset(page + n, 0, subbuf_size - (size_t)n);
		ret = dat_writer_page(w, cpu, page, subbuf_size, e);
	}
	if (!ret && n < 0 && errno != EAGAIN)
		ret = error_errno(e, "%s", path);
	if (fd >= 0)
		close(fd);
	free(page);
	return ret;
}

static int finish(struct dat_writer *w, int cpus, size_t subbuf_size, struct error *e)
{
	struct dat_event_format formats[EVENTS];
	char **stats = calloc((size_t)cpus, sizeof(*stats));
	char *texts[EVENTS], *header_page, *header_event, *clock;
	struct dat_contents c = {.kallsyms = "", .cmdlines = "", .subbuf_size = subbuf_size};
	struct trace_info info;
	struct utsname u;
	char uname_text[sizeof(u)];
	int ret;

	if (!stats)
		return error_set(e, "out of memory");
	uname(&u);
	snprintf(uname_text, sizeof(uname_text), "%s %s %s %s", u.sysname, u.nodename, u.release, u.machine);
	info_init(&info);
	snprintf(info.host, sizeof(info.host), "%s", u.nodename);
	snprintf(info.clock, sizeof(info.clock), "mono");
	for (int i = 0; i < EVENTS; i++) {
		texts[i] = read_file(TRACEFS "/events/" SYSTEM "/%s/format", event_names[i]);
		formats[i] = (struct dat_event_format){SYSTEM, event_names[i], texts[i],
						       texts[i] ? strlen(texts[i]) : 0};
	}
	for (int i = 0; i < cpus; i++)
		stats[i] = read_file("%s/per_cpu/cpu%d/stats", instance, i);
	c.header_page = header_page = read_file(TRACEFS "/events/header_page");
	c.header_event = header_event = read_file(TRACEFS "/events/header_event");
	c.trace_clock = clock = read_file("%s/trace_clock", instance);
	c.events = formats;
	c.events_count = EVENTS;
	c.uname = uname_text;
	c.cpustat = (const char *const *)stats;
	c.info = &info;
	ret = dat_writer_finish(w, &c, e);
	info_free(&info);
	for (int i = 0; i < EVENTS; i++)
		free(texts[i]);
	for (int i = 0; i < cpus; i++)
		free(stats[i]);
	free(stats);
	free(header_page);
	free(header_event);
	free(clock);
	return ret;
}

static int record(const char *path, char **argv, struct error *e)
{
	int cpus = (int)sysconf(_SC_NPROCESSORS_CONF), ret = -1;
	char *header = read_file(TRACEFS "/events/header_page");
	const char *data = header ? strstr(header, "field: char data;") : NULL;
	size_t offset, size, subbuf_size;
	struct dat_writer *w;

	if (!data || sscanf(data, "field: char data; offset:%zu; size:%zu;", &offset, &size) != 2)
		return error_set(e, "cannot understand events/header_page");
	subbuf_size = offset + size;
	free(header);
	w = dat_writer_create(path, cpus, subbuf_size, e);
	if (!w)
		return -1;
	if (write_file("mono", "%s/trace_clock", instance) || enable("1") || run(argv) || enable("0"))
		error_set(e, "cannot trace the command");
	else
		ret = 0;
	for (int i = 0; i < cpus && !ret; i++)
		ret = drain(w, i, subbuf_size, e);
	if (!ret)
		ret = finish(w, cpus, subbuf_size, e);
	dat_writer_close(w);
	return ret;
}

int main(int argc, char **argv)
{
	struct error e = {.text = "?"};
	int ret;

	if (argc < 3) {
		fprintf(stderr, "usage: record_pages FILE COMMAND [ARG...]\n");
		return 2;
	}
	if (access(TRACEFS "/events/" SYSTEM "/sys_enter_fallocate/format", R_OK) ||
	    access(TRACEFS "/instances", W_OK)) {
		fprintf(stderr, "record_pages: no tracepoints of fallocate here, or no right to them\n");
		return 77;
	}
	snprintf(instance, sizeof(instance), TRACEFS "/instances/falloctrace_test_%d", getpid());
	if (mkdir(instance, 0700)) {
		perror(instance);
		return 77;
	}
	ret = record(argv[1], argv + 2, &e);
	if (rmdir(instance))
		perror(instance);
	if (ret)
		fprintf(stderr, "record_pages: %s\n", e.text);
	return ret ? 1 : 0;
}
