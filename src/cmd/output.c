/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
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

int output_close(FILE *out, const char *path, struct error *e)
{
	bool failed = ferror(out);

	errno = 0;
	/* standard output is main's to close */
	if ((out == stdout ? fflush(out) : fclose(out)) == 0 && !failed)
		return 0;
	if (errno == EPIPE)
		return 0;
	errno = errno ? errno : EIO;
	return error_errno(e, "cannot write %s", out == stdout ? "standard output" : path);
}
