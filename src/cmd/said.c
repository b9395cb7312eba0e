/* SPDX-License-Identifier: MIT */
#include "cmd/said.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Read at once: a command that never pauses must not keep us. */
#define READ_MAX (1 << 20)

void said_init(struct said *s)
{
	memset(s, 0, sizeof(*s));
	s->in = s->out = -1;
}

int said_open(struct said *s, struct error *e)
{
	int fds[2];

	s->kept = malloc(SAID_KEPT);
	if (!s->kept || pipe2(fds, O_CLOEXEC))
		return error_errno(e, "can't take the command's output");
	s->out = fds[0];
	s->in = fds[1];
	if (fcntl(s->out, F_SETFL, O_NONBLOCK) == 0)
		return 0;
	error_errno(e, "can't take the command's output");
	/* Whoever reads what there is at the end would wait for ever. */
	said_close(s);
	return -1;
}

void said_started(struct said *s)
{
	if (s->in >= 0)
		close(s->in);
	s->in = -1;
}

static void keep(struct said *s, const char *data, size_t size)
{
	size_t over;

	if (size > SAID_KEPT) {
		s->dropped += size - SAID_KEPT;
		data += size - SAID_KEPT;
		size = SAID_KEPT;
	}
	over = s->size + size > SAID_KEPT ? s->size + size - SAID_KEPT : 0;
	memmove(s->kept, s->kept + over, s->size - over);
	s->dropped += over;
	s->size -= over;
	memcpy(s->kept + s->size, data, size);
	s->size += size;
}

static void find_line(struct said *s, const char *data, size_t size)
{
	for (; size; data++, size--) {
		if (*data == '\n' || *data == '\r')
			s->next_size = 0;
		else if (s->next_size < SAID_LINE)
			s->next[s->next_size++] = *data;
		if (s->next_size) {
			s->line[s->next_size - 1] = s->next[s->next_size - 1];
			s->line_size = s->next_size;
		}
	}
}

void said_read(struct said *s)
{
	char data[4096];
	size_t all = 0;
	ssize_t n;

	while (s->out >= 0 && all < READ_MAX && (n = read(s->out, data, sizeof(data))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		keep(s, data, (size_t)n);
		find_line(s, data, (size_t)n);
		all += (size_t)n;
	}
}

void said_write(const struct said *s, FILE *out)
{
	if (s->dropped)
		fprintf(out, "falloctrace: %" PRIu64 " bytes of the command's output are left out\n", s->dropped);
	if (s->size)
		fwrite(s->kept, 1, s->size, out);
}

void said_close(struct said *s)
{
	said_started(s);
	if (s->out >= 0)
		close(s->out);
	free(s->kept);
	said_init(s);
}
