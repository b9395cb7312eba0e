/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "filter/where.h"
#include "output/utf8.h"

/* Of bytes before at: in characters from 1, a byte that belongs to none is one. */
static size_t column_of(const char *expression, size_t at)
{
	const unsigned char *p = (const unsigned char *)expression;
	size_t column = 1, n;
	uint32_t code;

	for (; at; at -= n, p += n, column++) {
		n = utf8_next(p, at, &code);
		n = n ? n : 1;
	}
	return column;
}

int where_wrong(const char *expression, size_t at, size_t size, struct error *e, const char *fmt, ...)
{
	char why[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (!size)
		return error_usage(e, "at column %zu, at the end: %s", column_of(expression, at), why);
	return error_usage(e, "at column %zu, \"%.*s\": %s", column_of(expression, at), size < 48 ? (int)size : 48,
			   expression + at, why);
}

/* Beside letters and digits, and what is not ASCII. */
static bool in_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || (c && strchr("_.:+-/@%*?[]", c));
}

static int hex_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 :
				      -1;
}

/*
 * The escapes of text output, so that a name can be copied from there; a
 * backslash before anything else stays: it may be a glob's. Returns the bytes
 * read, 0: it is wrong.
 */
static size_t unescape(const char *s, struct token *t)
{
	static const char escapes[] = "n\nt\tr\r\\\\\"\"''";
	int high, low;

	for (const char *c = escapes; *c; c += 2)
		if (s[1] == *c) {
			t->text[t->size++] = c[1];
			return 2;
		}
	if (s[1] != 'x') {
		t->text[t->size++] = '\\';
		return 1;
	}
	high = hex_of(s[2]);
	low = high < 0 ? -1 : hex_of(s[3]);
	if (low < 0 || !(high | low))
		return 0;
	t->text[t->size++] = (char)(high << 4 | low);
	return 4;
}

/* From a quote to the next one like it. Its text is no longer than it is. */
static int lex_string(const char *expression, size_t *at, struct token *t, struct error *e)
{
	const char *s = expression + *at, *p = s + 1;
	size_t n;

	t->kind = TOKEN_STRING;
	t->size = 0;
	for (; *p && *p != *s; p += n) {
		n = *p == '\\' ? unescape(p, t) : 1;
		if (!n)
			return where_wrong(expression, (size_t)(p - expression), 2, e,
					   "\\x needs two hexadecimal digits, not both 0");
		if (*p != '\\')
			t->text[t->size++] = *p;
	}
	t->text[t->size] = 0;
	if (!*p)
		return where_wrong(expression, t->at, strlen(s), e, "the quote isn't closed");
	t->size = (size_t)(p + 1 - s);
	*at += t->size;
	return 0;
}

static const struct sign {
	const char *text; /* the longer first */
	enum token_kind kind;
	enum compare compare;
} signs[] = {
	{"&&", TOKEN_AND, 0},
	{"||", TOKEN_OR, 0},
	{"==", TOKEN_COMPARE, COMPARE_EQUAL},
	{"!=", TOKEN_COMPARE, COMPARE_UNEQUAL},
	{"<=", TOKEN_COMPARE, COMPARE_LESS_EQUAL},
	{">=", TOKEN_COMPARE, COMPARE_GREATER_EQUAL},
	{"!~", TOKEN_COMPARE, COMPARE_NO_GLOB},
	{"=", TOKEN_COMPARE, COMPARE_EQUAL},
	{"<", TOKEN_COMPARE, COMPARE_LESS},
	{">", TOKEN_COMPARE, COMPARE_GREATER},
	{"~", TOKEN_COMPARE, COMPARE_GLOB},
	{"&", TOKEN_COMPARE, COMPARE_BITS},
	{"!", TOKEN_NOT, 0},
	{"(", TOKEN_OPEN, 0},
	{")", TOKEN_CLOSE, 0},
	{",", TOKEN_COMMA, 0},
};

static int lex_sign(const char *expression, size_t *at, struct token *t, struct error *e)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		t->size = strlen(signs[i].text);
		if (strncmp(expression + *at, signs[i].text, t->size))
			continue;
		t->kind = signs[i].kind;
		t->compare = signs[i].compare;
		*at += t->size;
		return 0;
	}
	return where_wrong(expression, *at, 1, e,
			   expression[*at] == '|' ? "or is ||, and A|B needs quotes" :
						    "not here; a name that has this needs quotes");
}

int where_lex(const char *expression, size_t *at, struct token *t, struct error *e)
{
	const char *s;

	*at += strspn(expression + *at, " \t\n");
	s = expression + *at;
	t->at = *at;
	t->size = 0;
	t->text[0] = 0;
	if (!*s) {
		t->kind = TOKEN_END;
		return 0;
	}
	if (*s == '"' || *s == '\'')
		return lex_string(expression, at, t, e);
	if (!in_word(*s))
		return lex_sign(expression, at, t, e);
	while (in_word(s[t->size]))
		t->size++;
	memcpy(t->text, s, t->size);
	t->text[t->size] = 0;
	t->kind = TOKEN_WORD;
	*at += t->size;
	return 0;
}
