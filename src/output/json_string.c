/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "output/json_string.h"
#include "output/utf8.h"

static void unicode_escape(struct buf *b, uint32_t code)
{
	if (code > 0xffff) { /* two surrogates */
		unicode_escape(b, 0xd7c0 + (code >> 10));
		code = 0xdc00 + (code & 0x3ff);
	}
	buf_text(b, "\\u");
	buf_hex_byte(b, (unsigned char)(code >> 8));
	buf_hex_byte(b, (unsigned char)code);
}

static void string_char(struct buf *b, const unsigned char *s, size_t n, uint32_t code)
{
	static const char letters[] = "\bb\ff\nn\rr\tt\"\"\\\\";
	const char *letter = code < 0x80 ? memchr(letters, (int)code, sizeof(letters) - 1) : NULL;

	/* only the even ones are characters, the odd ones their letters */
	if (letter && (letter - letters) % 2 == 0) {
		buf_char(b, '\\');
		buf_char(b, letter[1]);
	} else if (utf8_unsafe(code)) { /* JSON wants it below 0x20, a terminal the others */
		unicode_escape(b, code);
	} else {
		buf_bytes(b, s, n);
	}
}

void json_string(struct buf *b, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t left = strlen(text), n;
	uint32_t code;

	buf_char(b, '"');
	for (; left; p += n, left -= n) {
		n = utf8_plain((const char *)p, left);
		if (n) {
			buf_bytes(b, p, n);
			continue;
		}
		n = utf8_next(p, left, &code);
		if (n) {
			string_char(b, p, n, code);
			continue;
		}
		buf_text(b, "\xef\xbf\xbd"); /* U+FFFD */
		n = 1;
	}
	buf_char(b, '"');
}
