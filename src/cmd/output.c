/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/view.h"

FILE *output_open(const char *path, struct error *e)
{
	FILE *out;
	int fd;

	if (!path || !strcmp(path, "-"))
		return stdout;
	/* names of everyone's files are in it: for its owner only */
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0) {
		error_errno(e, "cannot write %s", path);
		return NULL;
	}
	out = fdopen(fd, "w");
	if (!out) {
		error_errno(e, "cannot write %s", path);
		close(fd);
	}
	return out;
}

int output_begin(FILE *out, const char *path, struct error *e)
{
	struct stat st;

	if (out == stdout || fstat(fileno(out), &st) || !S_ISREG(st.st_mode) || ftruncate(fileno(out), 0) == 0)
		return 0;
	return error_errno(e, "cannot write %s", path);
}

int output_apart(FILE *out, const struct options *o, struct error *e)
{
	struct stat to, from;

	if (fstat(fileno(out), &to) || !S_ISREG(to.st_mode))
		return 0;
	for (size_t i = 0; i < o->files_count; i++) {
		const char *path = o->files[i];

		if (strcmp(path, "-") ? stat(path, &from) : fstat(STDIN_FILENO, &from))
			continue;
		if (from.st_ino == to.st_ino && from.st_dev == to.st_dev)
			return error_usage(e, "%s would be read and written: write to another file",
					   strcmp(path, "-") ? path : "standard input");
	}
	return 0;
}

/*
 * stdio remembers that a write failed, and not why. A pipe without a reader says
 * so itself.
 */
static bool reader_gone(FILE *out)
{
	struct pollfd p = {.fd = fileno(out), .events = POLLOUT};

	return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

/* What a flush or a close of it returned, told as an error or not. */
static int finished(int ret, bool failed, bool gone, const char *name, struct error *e)
{
	if ((ret == 0 && (!failed || gone)) || (ret && errno == EPIPE))
		return 0;
	errno = ret ? errno : EIO;
	return error_errno(e, "cannot write %s", name);
}

int output_close(FILE *out, const char *path, struct error *e)
{
	bool failed = ferror(out), gone = failed && reader_gone(out);

	if (out == stdout) /* main's to close */
		return finished(fflush(out), failed, gone, "standard output", e);
	return finished(fclose(out), failed, gone, path, e);
}

int output_close_stdout(struct error *e)
{
	bool failed = ferror(stdout), gone = failed && reader_gone(stdout);

	return finished(fclose(stdout), failed, gone, "standard output", e);
}
