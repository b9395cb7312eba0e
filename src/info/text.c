/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

bool text_line(struct text *rest, struct text *line)
{
	const char *nl;

	if (!rest->size)
		return false;
	nl = memchr(rest->data, '\n', rest->size);
	line->data = rest->data;
	line->size = nl ? (size_t)(nl - rest->data) : rest->size;
	rest->data += line->size + (nl ? 1 : 0);
	rest->size -= line->size + (nl ? 1 : 0);
	return true;
}

bool text_field(struct text *rest, struct text *field)
{
	const char *blank;

	if (!rest->size)
		return false;
	blank = memchr(rest->data, ' ', rest->size);
	field->data = rest->data;
	field->size = blank ? (size_t)(blank - rest->data) : rest->size;
	rest->data += field->size + (blank ? 1 : 0);
	rest->size -= field->size + (blank ? 1 : 0);
	return field->size > 0;
}

bool text_is(struct text t, const char *word)
{
	return t.size == strlen(word) && !memcmp(t.data, word, t.size);
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return INT_MAX;
}

bool text_u64(struct text t, int base, uint64_t *v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t.size; i++) {
		int digit = digit_of(t.data[i]);

		if (digit >= base || __builtin_mul_overflow(n, (uint64_t)base, &n) ||
		    __builtin_add_overflow(n, (uint64_t)digit, &n))
			return false;
	}
	*v = n;
	return t.size > 0;
}

bool text_s64(struct text t, int64_t *v)
{
	bool negative = t.size && t.data[0] == '-';
	uint64_t n;

	if (negative) {
		t.data++;
		t.size--;
	}
	if (!text_u64(t, 10, &n) || n > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return false;
	*v = negative ? (int64_t)(0 - n) : (int64_t)n;
	return true;
}

bool text_dev(struct text t, uint32_t *dev)
{
	const char *colon = t.size ? memchr(t.data, ':', t.size) : NULL;
	struct text major, minor;
	uint64_t maj, min;

	if (!colon)
		return false;
	major = (struct text){t.data, (size_t)(colon - t.data)};
	minor = (struct text){colon + 1, t.size - major.size - 1};
	if (!text_u64(major, 10, &maj) || !text_u64(minor, 10, &min) || maj >= 1 << 12 || min >= 1 << 20)
		return false;
	*dev = (uint32_t)(maj << 20 | min);
	return true;
}

/* The byte that three octal digits stand for, or -1. */
static int octal(const char *s, size_t size)
{
	if (size < 3 || s[0] < '0' || s[0] > '3' || s[1] < '0' || s[1] > '7' || s[2] < '0' || s[2] > '7')
		return -1;
	return (s[0] - '0') << 6 | (s[1] - '0') << 3 | (s[2] - '0');
}

char *text_unescape(struct text t)
{
	char *copy, *to;

	if (t.size && memchr(t.data, 0, t.size)) {
		errno = EINVAL;
		return NULL;
	}
	copy = malloc(t.size + 1);
	if (!copy)
		return NULL;
	to = copy;
	for (size_t i = 0; i < t.size; i++) {
		int byte = t.data[i] == '\\' ? octal(t.data + i + 1, t.size - i - 1) : 0;

		if (byte > 0) {
			*to++ = (char)byte;
			i += 3;
		} else {
			*to++ = t.data[i];
		}
	}
	*to = '\0';
	return copy;
}

void text_escape(FILE *out, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c <= ' ' || c >= 0x7f || c == '\\')
			fprintf(out, "\\%03o", c);
		else
			fputc(c, out);
	}
}
