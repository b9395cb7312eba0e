/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cmd/view.h"

FILE *output_open(const char *path, struct error *e)
{
	FILE *out;
	int fd;

	if (!path || !strcmp(path, "-"))
		return stdout;
	/* names of everyone's files are in it: for its owner only */
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
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

/*
 * stdio remembers that a write failed, and not why. A pipe without a reader says
 * so itself.
 */
static bool reader_gone(FILE *out)
{
	struct pollfd p = {.fd = fileno(out), .events = POLLOUT};

	return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

static int finish(FILE *out, const char *name, bool close_it, struct error *e)
{
	bool failed = ferror(out), gone = failed && reader_gone(out);

	errno = 0;
	if ((close_it ? fclose(out) : fflush(out)) == 0 && (!failed || gone))
		return 0;
	if (errno == EPIPE)
		return 0;
	errno = errno ? errno : EIO;
	return error_errno(e, "cannot write %s", name);
}

int output_close(FILE *out, const char *path, struct error *e)
{
	/* standard output is main's to close */
	return out == stdout ? finish(out, "standard output", false, e) : finish(out, path, true, e);
}

int output_close_stdout(struct error *e)
{
	return finish(stdout, "standard output", true, e);
}
