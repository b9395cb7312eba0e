// SPDX-License-Identifier: MIT
#include "info/memstream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 1024

struct memstream {
	char **result;
	size_t *result_size;
	char *text;
	size_t size, room;
	bool failed;
};

static bool make_room(struct memstream *m, size_t more)
{
	size_t room = m->room ? m->room : FIRST_ROOM;
	char *text;

	while (room - m->size <= more)
		if (__builtin_mul_overflow(room, (size_t)2, &room))
			return false;
	if (room == m->room)
		return true;
	text = realloc(m->text, room);
	if (!text)
		return false;
	m->text = text;
	m->room = room;
	return true;
}

static ssize_t take(void *cookie, const char *bytes, size_t size)
{
	struct memstream *m = cookie;

	/* After a gap, what follows is worth nothing. */
	m->failed = m->failed || !make_room(m, size);
	if (m->failed) {
		errno = ENOMEM;
		return 0;
	}
	memcpy(m->text + m->size, bytes, size);
	m->size += size;
	m->text[m->size] = '\0';
	return (ssize_t)size;
}

/* For ftell alone. */
static int tell(void *cookie, off64_t *at, int whence)
{
	const struct memstream *m = cookie;

	if (whence != SEEK_CUR || *at) {
		errno = EINVAL;
		return -1;
	}
	*at = (off64_t)m->size;
	return 0;
}

static int end(void *cookie)
{
	struct memstream *m = cookie;
	bool failed = m->failed;

	if (failed) {
		free(m->text);
	} else {
		*m->result = m->text;
		*m->result_size = m->size;
	}
	free(m);
	errno = ENOMEM;
	return failed ? -1 : 0;
}

FILE *memstream_open(char **text, size_t *size)
{
	static const cookie_io_functions_t functions = {.write = take, .seek = tell, .close = end};
	struct memstream *m = calloc(1, sizeof(*m));
	FILE *f = NULL;

	*text = NULL;
	*size = 0;
	/* There is a text even where nothing is written. */
	if (m && make_room(m, 0)) {
		m->text[0] = '\0';
		m->result = text;
		m->result_size = size;
		f = fopencookie(m, "w", functions);
	}
	if (f)
		return f;
	if (m)
		free(m->text);
	free(m);
	errno = ENOMEM;
	return NULL;
}

int memstream_close(FILE *f, char **text)
{
	bool failed = ferror(f);

	failed = fclose(f) || failed || !*text;
	if (!failed)
		return 0;
	free(*text);
	*text = NULL;
	errno = ENOMEM;
	return -1;
}
