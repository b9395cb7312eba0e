/* SPDX-License-Identifier: MIT */
#include "falloctrace/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "output/utf8.h"

/*
 * Names that come from outside (paths, commands, files) end up in messages: what
 * would break the one line, or drive a terminal, is shown as '?', and so is what
 * is no UTF-8: a lone byte 0x9b steers a terminal, too.
 */
void error_make_safe(char *text)
{
	size_t left = strlen(text), n;
	uint32_t code;

	for (char *p = text; left; p += n, left -= n) {
		n = utf8_next((const unsigned char *)p, left, &code);
		if (n && !utf8_unsafe(code))
			continue;
		n = n ? n : 1;
		memset(p, '?', n);
	}
}

static void fill(struct error *e, enum status status, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void fill(struct error *e, enum status status, const char *fmt, va_list ap)
{
	char text[sizeof(e->text)];

	/* An argument may be e's own text: a message wrapped into a longer one. */
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		snprintf(text, sizeof(text), "%s", fmt);
	error_make_safe(text);
	e->status = status;
	memcpy(e->text, text, sizeof(text));
}

int error_set(struct error *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, STATUS_ERROR, fmt, ap);
	va_end(ap);
	return -1;
}

int error_errno(struct error *e, const char *fmt, ...)
{
	int err = errno;
	size_t used;
	va_list ap;

	va_start(ap, fmt);
	fill(e, STATUS_ERROR, fmt, ap);
	va_end(ap);
	used = strlen(e->text);
	snprintf(e->text + used, sizeof(e->text) - used, ": %s", strerror(err));
	errno = err;
	return -1;
}

int error_usage(struct error *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, STATUS_USAGE, fmt, ap);
	va_end(ap);
	return -1;
}

int error_unsupported(struct error *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, STATUS_UNSUPPORTED, fmt, ap);
	va_end(ap);
	return -1;
}

void error_tell(FILE *err, const char *fmt, ...)
{
	char line[1024] = "falloctrace: ";
	size_t used = strlen(line);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line + used, sizeof(line) - used - 1, fmt, ap);
	va_end(ap);
	error_make_safe(line);
	strcat(line, "\n");
	fwrite(line, 1, strlen(line), err);
}
