/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "output/utf8.h"

size_t utf8_next(const unsigned char *s, size_t size, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n, i;
	uint32_t c;

	if (size == 0)
		return 0;
	if (s[0] < 0x80) {
		*code = s[0];
		return 1;
	}
	if (s[0] >= 0xf8 || s[0] < 0xc2)
		return 0;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (size < n)
		return 0;
	c = s[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*code = c;
	return n;
}

bool utf8_valid(const char *s, size_t size)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t code;
	size_t n;

	for (; size; p += n, size -= n) {
		n = utf8_next(p, size, &code);
		if (n == 0)
			return false;
	}
	return true;
}

static size_t escape_byte(struct buf *b, unsigned char byte)
{
	switch (byte) {
	case '\n':
		buf_text(b, "\\n");
		return 2;
	case '\t':
		buf_text(b, "\\t");
		return 2;
	case '\r':
		buf_text(b, "\\r");
		return 2;
	case '\\':
		buf_text(b, "\\\\");
		return 2;
	default:
		buf_text(b, "\\x");
		buf_hex_byte(b, byte);
		return 4;
	}
}

#define EACH(byte) ((byte)*0x0101010101010101ull)

/* Whether one of eight bytes, all of them below 0x80, is zero: it alone borrows. */
static bool has_zero(uint64_t bytes)
{
	return (bytes - EACH(1)) & EACH(0x80);
}

/* Eight bytes at once: none at or above 0x7f or below 0x21, no backslash, no quote. */
static bool all_plain(const char *s)
{
	uint64_t bytes;

	memcpy(&bytes, s, sizeof(bytes));
	return !((bytes | (bytes + EACH(1)) | (bytes - EACH(0x21))) & EACH(0x80)) && !has_zero(bytes ^ EACH('\\')) &&
	       !has_zero(bytes ^ EACH('"'));
}

size_t utf8_plain(const char *s, size_t size)
{
	size_t n = 0;

	while (size - n >= sizeof(uint64_t) && all_plain(s + n))
		n += sizeof(uint64_t);
	while (n < size && s[n] > ' ' && s[n] < 0x7f && s[n] != '\\' && s[n] != '"')
		n++;
	return n;
}

size_t utf8_escape(struct buf *b, const char *s, size_t size, bool blanks)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t columns = 0, n, i;
	uint32_t code = 0;
	bool plain;

	for (; size; p += n, size -= n) {
		/* nearly all that there ever is */
		n = utf8_plain((const char *)p, size);
		if (n) {
			buf_bytes(b, p, n);
			columns += n;
			continue;
		}
		n = utf8_next(p, size, &code);
		plain = n && !utf8_unsafe(code) && code != '\\' &&
			!(blanks ? utf8_blank(code) : code == ' ' && size == 1);
		n = n ? n : 1;
		if (plain) {
			buf_bytes(b, p, n);
			columns += utf8_width(code);
			continue;
		}
		for (i = 0; i < n; i++)
			columns += escape_byte(b, p[i]);
	}
	return columns;
}

/* The bytes of what stands for one character of an escaped name, and its columns. */
static size_t escaped_unit(const char *s, size_t size, size_t *columns)
{
	uint32_t code = 0;
	size_t n;

	if (*s == '\\') {
		*columns = size > 1 && s[1] == 'x' ? 4 : 2;
		*columns = *columns < size ? *columns : size;
		return *columns;
	}
	n = utf8_next((const unsigned char *)s, size, &code);
	*columns = n ? utf8_width(code) : 1;
	return n ? n : 1;
}

size_t utf8_columns(const char *s, size_t size)
{
	size_t plain = utf8_plain(s, size), rest;

	utf8_cut_back(s + plain, size - plain, SIZE_MAX, &rest);
	return plain + rest;
}

size_t utf8_cut_front(const char *s, size_t size, size_t all, size_t most, size_t *left)
{
	size_t at = 0, n, wide;

	for (*left = all; at < size; at += n, *left -= wide) {
		n = escaped_unit(s + at, size - at, &wide);
		/* nor begin with marks of the character that is gone */
		if (*left <= most && wide)
			break;
	}
	return at;
}

size_t utf8_cut_back(const char *s, size_t size, size_t most, size_t *left)
{
	size_t at = 0, n, wide;

	for (*left = 0; at < size; at += n, *left += wide) {
		n = escaped_unit(s + at, size - at, &wide);
		if (*left + wide > most)
			break;
	}
	return at;
}
