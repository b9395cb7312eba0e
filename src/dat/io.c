/* SPDX-License-Identifier: MIT */
#include "io.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#define COPY_SIZE (256 * 1024)

int io_write_some(int fd, const void *data, size_t size, uint64_t at, size_t *done)
{
	const char *from = data;
	size_t written = 0;
	ssize_t n = 0;

	while (written < size) {
		n = pwrite(fd, from + written, size - written, (off_t)(at + written));
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0) {
			errno = ENOSPC;
			n = -1;
		}
		if (n < 0)
			break;
		written += (size_t)n;
	}
	if (done)
		*done = written;
	return n < 0 ? -1 : 0;
}

int io_write(int fd, const void *data, size_t size, uint64_t at)
{
	return io_write_some(fd, data, size, at, NULL);
}

int io_read(int fd, void *data, size_t size, uint64_t at, size_t *got)
{
	char *to = data;

	*got = 0;
	while (*got < size) {
		ssize_t n = pread(fd, to + *got, size - *got, (off_t)(at + *got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return 0;
}

/* For filesystems and kernels where copy_file_range does not do. */
static int copy_by_hand(int from, uint64_t from_at, int to, uint64_t to_at, uint64_t size)
{
	char *buf = malloc(COPY_SIZE);
	int ret = buf ? 0 : -1;

	while (!ret && size) {
		size_t got;

		ret = io_read(from, buf, size < COPY_SIZE ? (size_t)size : COPY_SIZE, from_at, &got);
		if (!ret && !got) {
			errno = EIO;
			ret = -1;
		}
		if (!ret)
			ret = io_write(to, buf, got, to_at);
		from_at += got;
		to_at += got;
		size -= got;
	}
	free(buf);
	return ret;
}

int io_copy(int from, uint64_t from_at, int to, uint64_t to_at, uint64_t size)
{
	off_t in = (off_t)from_at, out = (off_t)to_at;

	while (size) {
		ssize_t n = copy_file_range(from, &in, to, &out, size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EIO))
			return -1;
		if (n <= 0)
			return copy_by_hand(from, (uint64_t)in, to, (uint64_t)out, size);
		size -= (uint64_t)n;
	}
	return 0;
}
