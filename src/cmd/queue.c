// SPDX-License-Identifier: MIT
#include "cmd/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* One write's: what a pipe that has room takes whole. */
#define PIECE PIPE_BUF
/* Where the descriptor itself might wait: what any pipe or terminal with room takes. */
#define PIECE_BLOCKING 256

struct queue {
	FILE *file;
	int fd;	 /* borrowed */
	int own; /* the same file, without waiting; -1: can't be had */
	bool socket;
	char *data; /* from begin to end: to be written */
	size_t begin, end, size;
	int error; /* errno of a write that failed; 0 none did */
};

/* stdio's: takes all, or fails with the errno of an earlier write. */
static ssize_t append(void *cookie, const char *data, size_t size)
{
	struct queue *q = cookie;
	size_t wanted = q->size ? q->size : QUEUE_ENOUGH;
	char *more;

	if (q->error) {
		errno = q->error;
		return 0;
	}
	if (q->begin && q->end + size > q->size) {
		memmove(q->data, q->data + q->begin, q->end - q->begin);
		q->end -= q->begin;
		q->begin = 0;
	}
	while (wanted < q->end + size)
		wanted *= 2;
	if (wanted > q->size) {
		more = realloc(q->data, wanted);
		if (!more)
			return 0;
		q->data = more;
		q->size = wanted;
	}
	memcpy(q->data + q->end, data, size);
	q->end += size;
	return (ssize_t)size;
}

static bool may_wait(int fd, bool *socket)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	*socket = S_ISSOCK(st.st_mode);
	return *socket || S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) && isatty(fd));
}

/* O_NONBLOCK is the open file's, which is others' as well: so one of our own. */
static int open_again(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

struct queue *queue_open(int fd)
{
	static const cookie_io_functions_t functions = {.write = append};
	struct queue *q;
	bool socket;

	if (!may_wait(fd, &socket))
		return NULL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;
	q->fd = fd;
	q->socket = socket;
	q->own = socket ? -1 : open_again(fd);
	q->file = fopencookie(q, "w", functions);
	if (q->file)
		return q;
	queue_close(q);
	return NULL;
}

void queue_close(struct queue *q)
{
	if (!q)
		return;
	if (q->file)
		fclose(q->file);
	if (q->own >= 0)
		close(q->own);
	free(q->data);
	free(q);
}

FILE *queue_file(struct queue *q)
{
	return q->file;
}

int queue_fd(const struct queue *q)
{
	return q->own >= 0 ? q->own : q->fd;
}

size_t queue_backlog(const struct queue *q)
{
	return q ? q->end - q->begin : 0;
}

/* As many whole lines as fit; of a longer line, a part. */
static size_t piece(const struct queue *q, size_t max)
{
	size_t left = q->end - q->begin;
	const char *newline;

	if (left <= max)
		return left;
	newline = memrchr(q->data + q->begin, '\n', max);
	return newline ? (size_t)(newline - (q->data + q->begin)) + 1 : max;
}

static bool has_room(const struct queue *q)
{
	struct pollfd p = {.fd = q->fd, .events = POLLOUT};

	return poll(&p, 1, 0) == 1;
}

/* 0: nothing is taken now. */
static ssize_t write_piece(const struct queue *q)
{
	const char *data = q->data + q->begin;
	ssize_t n;

	if (q->socket)
		n = send(q->fd, data, piece(q, PIECE), MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (q->own >= 0)
		n = write(q->own, data, piece(q, PIECE));
	else
		n = has_room(q) ? write(q->fd, data, piece(q, PIECE_BLOCKING)) : 0;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
}

int queue_pump(struct queue *q)
{
	ssize_t n = 1;

	while (!q->error && q->begin < q->end && n > 0) {
		n = write_piece(q);
		if (n < 0)
			q->error = errno;
		else
			q->begin += (size_t)n;
	}
	if (q->begin == q->end)
		q->begin = q->end = 0;
	errno = q->error;
	return q->error ? -1 : 0;
}
