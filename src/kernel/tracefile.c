// SPDX-License-Identifier: MIT
#include "kernel/tracefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tracefs.h>
#include <unistd.h>

#define LOCKDOWN "/sys/kernel/security/lockdown"

static bool locked_down(void)
{
	char text[128] = "";
	FILE *f = fopen(LOCKDOWN, "re");

	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	return strstr(text, "[confidentiality]");
}

/* By doing it: access(2) asks for the real user, and without the capabilities of one who is not root. */
static bool may_list(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

const char *tracing_dir(struct error *e)
{
	const char *dir = tracefs_tracing_dir();

	if (dir && may_list(dir) && trace_file_exists(dir, "trace_clock"))
		return dir;
	if (locked_down())
		error_unsupported(e, "kernel lockdown is in \"confidentiality\" mode (%s), which forbids tracing",
				  LOCKDOWN);
	else if (geteuid() != 0)
		error_unsupported(e,
				  "can't reach the kernel's tracing files: run as root (sudo falloctrace …), or with "
				  "CAP_DAC_OVERRIDE");
	else
		error_unsupported(e, "no tracefs: mount it with 'mount -t tracefs nodev /sys/kernel/tracing'; "
				     "where that fails this kernel is built without tracing");
	return NULL;
}

static int open_file(const char *dir, const char *file, int flags, struct error *e)
{
	char path[4096];
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", dir, file) >= (int)sizeof(path))
		return error_set(e, "%s/%s: path too long", dir, file);
	do
		fd = open(path, flags | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	if (fd >= 0)
		return fd;
	if (errno == EACCES || errno == EPERM)
		return error_unsupported(e, "%s: %s: run as root (sudo falloctrace …), or with CAP_DAC_OVERRIDE", path,
					 strerror(errno));
	return error_errno(e, "%s", path);
}

static ssize_t read_retry(int fd, char *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n;
}

char *trace_file_read(const char *dir, const char *file, size_t *size, struct error *e)
{
	size_t room = 4096, used = 0;
	char *text = NULL, *more;
	ssize_t n = -1;
	int fd = open_file(dir, file, O_RDONLY, e);

	if (fd < 0)
		return NULL;
	do {
		more = realloc(text, room);
		if (!more)
			break;
		text = more;
		n = read_retry(fd, text + used, room - used - 1);
		if (n > 0)
			used += (size_t)n;
		if (used == room - 1)
			room *= 2;
	} while (n > 0);
	if (!more || n < 0) {
		error_errno(e, "%s/%s: can't read", dir, file);
		free(text);
		text = NULL;
	} else {
		text[used] = '\0';
		if (size)
			*size = used;
	}
	close(fd);
	return text;
}

static int put(const char *dir, const char *file, const char *text, int flags, struct error *e)
{
	size_t size = strlen(text);
	ssize_t n;
	int saved, fd = open_file(dir, file, O_WRONLY | flags, e);

	if (fd < 0)
		return -1;
	do
		n = write(fd, text, size);
	while (n < 0 && errno == EINTR);
	saved = errno;
	close(fd);
	errno = saved;
	if (n == (ssize_t)size)
		return 0;
	if (n >= 0)
		return error_set(e, "%s/%s: only %zd of %zu bytes were taken", dir, file, n, size);
	error_errno(e, "%s/%s: can't write \"%.100s\"", dir, file, text);
	errno = saved;
	return -1;
}

int trace_file_write(const char *dir, const char *file, const char *text, struct error *e)
{
	return put(dir, file, text, 0, e);
}

int trace_file_append(const char *dir, const char *file, const char *text, struct error *e)
{
	return put(dir, file, text, O_APPEND, e);
}

bool trace_file_exists(const char *dir, const char *file)
{
	char path[4096];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/%s", dir, file) >= (int)sizeof(path))
		return false;
	return stat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}
