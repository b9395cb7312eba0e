/* SPDX-License-Identifier: MIT */
/* Looks what came of a run: the kernel's tracing files, the folder, the terminal, what was said. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sweep.h"

void wrong(struct run *r, const char *fmt, ...)
{
	size_t n = strlen(r->wrong);
	va_list args;

	va_start(args, fmt);
	n += (size_t)snprintf(r->wrong + n, sizeof(r->wrong) - n, "%s", n ? "; " : "");
	if (n < sizeof(r->wrong))
		vsnprintf(r->wrong + n, sizeof(r->wrong) - n, fmt, args);
	va_end(args);
}

/* Numbers are another each time, and so is how long they are. */
void without_digits(char *text)
{
	char *begin = text, *to = text;

	for (; *text; text++) {
		bool digit = *text >= '0' && *text <= '9';

		if (!digit || to == begin || to[-1] != '#')
			*to++ = digit ? '#' : *text;
	}
	*to = '\0';
}

/* Lines that it does not say when nothing fails; *one: the last of these. */
static unsigned lines_more(const struct sweep *s, const char *text, char one[512])
{
	unsigned n = 0;

	*one = '\0';
	while (*text) {
		size_t size = strcspn(text, "\n");
		char line[1024];

		snprintf(line, sizeof(line), "%.*s\n", (int)(size < 1000 ? size : 1000), text);
		without_digits(line);
		/* The second is said at once, for a command that goes on. */
		if (!strstr(s->normal, line) && !strstr(line, "the recording ends here")) {
			n++;
			snprintf(one, 512, "%.*s", (int)(size < 500 ? size : 500), text);
		}
		text += size + (text[size] == '\n');
	}
	return n;
}

/* An instance or probes of that name. */
static void look_for(struct run *r, const char *events, const char *name)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), TRACING "/instances/%s", name);
	if (stat(path, &st) == 0) {
		wrong(r, "%s is left", path);
		rmdir(path);
	}
	snprintf(path, sizeof(path), ":%s/", name);
	if (strstr(events, path))
		wrong(r, "probes are left");
}

/* Instances and probes of that process, and those that it was to remove. */
static void look_at_kernel(const struct sweep *s, struct run *r)
{
	static char events[1 << 20];
	char name[64];
	int fd = open(TRACING "/kprobe_events", O_RDONLY);
	size_t used = 0;
	ssize_t n;

	while (fd >= 0 && used < sizeof(events) - 1 && (n = read(fd, events + used, sizeof(events) - 1 - used)) > 0)
		used += (size_t)n;
	events[used] = '\0';
	if (fd >= 0)
		close(fd);
	snprintf(name, sizeof(name), "falloctrace_%d", (int)r->pid);
	look_for(r, events, name);
	snprintf(name, sizeof(name), "falloctrace_%d_d", (int)r->pid);
	look_for(r, events, name);
	if (s->left_by && !r->status)
		look_for(r, events, s->left_by);
}

/* Runs a command of the replaying falloctrace; what it said is where ours is. -1: it took too long */
static int ask(struct sweep *s, struct run *r, const char *what, const char *file)
{
	char *replay[] = {(char *)s->replayer, (char *)what, "-q", "-j", (char *)file, NULL};
	char *recover[] = {(char *)s->replayer, (char *)what, (char *)file, NULL};
	bool left = false;
	pid_t pid = sweep_start(s, strcmp(what, "replay") ? recover : replay, false);
	int status = sweep_await(s, r, pid, &left);

	if (left)
		kill_all(pid);
	return status;
}

/* Calls in a file of JSON lines; *lost: some are told to be lost. */
static long count_calls(const char *path, bool *lost)
{
	static char line[1 << 16];
	FILE *f = fopen(path, "r");
	long n = 0;

	*lost = false;
	while (f && fgets(line, sizeof(line), f)) {
		n += strstr(line, "\"type\":\"call\"") && strstr(line, "\"len\":");
		*lost = *lost || strstr(line, "\"type\":\"lost\"");
	}
	if (f)
		fclose(f);
	return n;
}

/* A recording is one that can be replayed, or is got back by what it says on stderr. */
static void look_at_recording(struct sweep *s, struct run *r, const char *path, bool partial)
{
	char err[TEXT];
	bool lost;
	int status;
	long n;

	if (partial && !strstr(r->err, "falloctrace recover"))
		wrong(r, "x.dat.partial is left, and no word of it");
	status = partial ? ask(s, r, "recover", "x.dat") : 0;
	if (status) {
		read_text(s->err_file, err);
		wrong(r, "recover ends with %d: %.200s", status, err);
		return;
	}
	status = ask(s, r, "replay", "x.dat");
	n = count_calls(s->std_file, &lost);
	read_text(s->err_file, err);
	if (status || *err)
		wrong(r, "%s: replay ends with %d: %.200s", path, status, err);
	/* Others may have called meanwhile. */
	if (n < s->calls && !lost && !r->status)
		wrong(r, "%ld calls are in the recording, and no loss", n);
}

static void look_at_folder(struct sweep *s, struct run *r)
{
	struct dirent *entry;
	char path[1024];
	bool dat = false, partial = false, lost;
	DIR *d = opendir(s->out);
	long n;

	while (d && (entry = readdir(d))) {
		const char *name = entry->d_name;

		snprintf(path, sizeof(path), "%s/%s", s->out, name);
		if (!strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, "x"))
			continue;
		dat = dat || !strcmp(name, "x.dat");
		partial = partial || !strcmp(name, "x.dat.partial");
		if (strcmp(name, "x.dat") != 0 && strcmp(name, "x.dat.partial") != 0)
			wrong(r, "%s is left", name);
	}
	if (d)
		closedir(d);
	if (dat && partial && !strstr(r->err, "x.dat.partial could not be removed"))
		wrong(r, "both x.dat and x.dat.partial are there");
	else if ((dat || partial) && s->replayer)
		look_at_recording(s, r, path, partial && !dat);
	else if (s->replayer && !r->status)
		wrong(r, "status 0 and no recording");
	snprintf(path, sizeof(path), "%s/x", s->out);
	if (s->replayer || s->calls < 0 || r->status)
		return;
	n = count_calls(path, &lost);
	if (n != s->calls && !lost)
		wrong(r, "%ld calls are shown, and no loss", n);
}

/* Where that was written last, or -1. */
static long last_of(const struct run *r, const char *what)
{
	size_t size = strlen(what);

	for (size_t i = r->screen_size; i >= size; i--)
		if (!memcmp(r->screen + i - size, what, size))
			return (long)i;
	return -1;
}

/* The terminal's modes are as they were, and the other screen is left again. */
static void look_at_terminal(struct sweep *s, struct run *r)
{
	struct termios t;

	if (tcgetattr(s->terminal, &t))
		wrong(r, "its terminal is gone");
	else if (t.c_lflag != s->modes.c_lflag || t.c_iflag != s->modes.c_iflag || t.c_oflag != s->modes.c_oflag)
		wrong(r, "the terminal is not as it was: %x/%x/%x, not %x/%x/%x", t.c_lflag, t.c_iflag, t.c_oflag,
		      s->modes.c_lflag, s->modes.c_iflag, s->modes.c_oflag);
	if (last_of(r, "\033[?1049h") > last_of(r, "\033[?1049l"))
		wrong(r, "it leaves the terminal on another screen");
}

void look(struct sweep *s, struct run *r, char said[512])
{
	unsigned more = lines_more(s, r->err, said);
	/* Its command's, which could not be run. */
	bool not_run = r->status == 126 && strstr(r->err, "can't run");

	look_at_kernel(s, r);
	if (s->foreign_now)
		return;
	if (r->status != 0 && r->status != 1 && r->status != 77 && r->status >= 0 && !not_run)
		wrong(r, "exit status %d", r->status);
	if (r->status && more != 1 && !(more && s->more_lines))
		wrong(r, "%u lines on stderr", more);
	if (r->status && more && (strncmp(said, "falloctrace: ", 13) != 0 || strlen(said) < 20))
		wrong(r, "no message of ours");
	/* "x.dat.partial could not be removed", or how many were lost, beside "wrote x.dat" */
	if (!r->status && more > 1)
		wrong(r, "%u more lines on stderr", more);
	if (strstr(r->err, "Sanitizer") || strstr(r->err, "runtime error"))
		wrong(r, "a sanitizer's complaint");
	if (s->terminal >= 0)
		look_at_terminal(s, r);
	look_at_folder(s, r);
}
