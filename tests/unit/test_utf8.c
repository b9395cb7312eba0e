/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/utf8.h"

/* What is plain, byte by byte: by its description. */
static size_t plain(const char *s, size_t size)
{
	size_t n = 0;

	while (n < size &&
	       strchr("!#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`"
		      "abcdefghijklmnopqrstuvwxyz{|}~",
		      s[n]) &&
	       s[n])
		n++;
	return n;
}

static void every_byte_at_every_place(void **state)
{
	char text[40];

	(void)state;
	for (size_t size = 1; size <= sizeof(text); size++)
		for (size_t at = 0; at < size; at++)
			for (unsigned byte = 0; byte < 256; byte++) {
				memset(text, byte & 1 ? 'a' : '~', sizeof(text));
				text[at] = (char)byte;
				assert_int_equal(utf8_plain(text, size), plain(text, size));
			}
}

/* Neighbours that carry and borrow. */
static void any_two_bytes(void **state)
{
	char text[16];

	(void)state;
	for (unsigned two = 0; two < 65536; two++) {
		memset(text, '!', sizeof(text));
		text[two % 7] = (char)(two & 255);
		text[two % 7 + 1] = (char)(two >> 8);
		assert_int_equal(utf8_plain(text, sizeof(text)), plain(text, sizeof(text)));
	}
}

static void escape_takes_the_same_columns(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	assert_int_equal(utf8_escape(&b, "a/b c\\\"\303\274\n", 10, false), 11);
	buf_char(&b, '\0');
	assert_string_equal(b.data, "a/b c\\\\\"\303\274\\n");
	buf_free(&b);
}

/* Each: a name, what stands for it, its columns. */
static const struct {
	const char *name, *shown;
	size_t columns;
	bool blanks;
} names[] = {
	{"\xe4\xb8\xad\xe6\x96\x87.db", "\xe4\xb8\xad\xe6\x96\x87.db", 7, true}, /* two wide ones */
	{"e\xcc\x81.x", "e\xcc\x81.x", 3, true},				 /* combining acute */
	{"\xf0\x9f\x92\xbe", "\xf0\x9f\x92\xbe", 2, true},			 /* floppy disk */
	{"\xef\xbd\xb1", "\xef\xbd\xb1", 1, true},				 /* a halfwidth katakana */
	{"\xce\xb1", "\xce\xb1", 1, true},					 /* alpha: ambiguous */
	{"a\xe2\x80\x8b"
	 "b",
	 "a\\xe2\\x80\\x8b"
	 "b",
	 14, true}, /* zero width space */
	{"a\xe2\x80\xae"
	 "b",
	 "a\\xe2\\x80\\xae"
	 "b",
	 14, true},				       /* right-to-left override */
	{"\xe2\x80\xa8", "\\xe2\\x80\\xa8", 12, true}, /* line separator */
	{"\xc2\x9b"
	 "2J",
	 "\\xc2\\x9b"
	 "2J",
	 10, true}, /* CSI of C1 */
	{"\x9b", "\\x9b", 4, true},
	{"\xef\xbf\xbe", "\\xef\\xbf\\xbe", 12, true},		/* U+FFFE */
	{"\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81", 16, true}, /* a tag */
	{"\xc0\xaf", "\\xc0\\xaf", 8, true},			/* overlong */
	{"\x7f\\", "\\x7f\\\\", 6, true},
	{"a\xe3\x80\x80", "a\\xe3\\x80\\x80", 13, true}, /* wide space */
	{"a\xe3\x80\x80", "a\xe3\x80\x80", 3, false},
	{"a b ", "a b\\x20", 7, false},
	{"a b ",
	 "a\\x20"
	 "b\\x20",
	 10, true},
};

static void names_are_escaped_and_measured(void **state)
{
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		buf_init(&b);
		assert_int_equal(utf8_escape(&b, names[i].name, strlen(names[i].name), names[i].blanks),
				 names[i].columns);
		buf_char(&b, '\0');
		assert_string_equal(b.data, names[i].shown);
		buf_free(&b);
	}
}

/* Characters of every width and escapes, with where each begins. */
struct units {
	char text[256];
	size_t size, columns, count;
	size_t at[65], before[65]; /* bytes, columns */
};

static void make_units(struct units *u, unsigned seed)
{
	static const struct {
		const char *text;
		size_t columns;
	} kinds[] = {{"a", 1},	      {"/", 1},	      {"\\n", 2}, {"\\\\", 2}, {"\\xff", 4}, {"\xe4\xb8\xad", 2},
		     {"\xcc\x81", 0}, {"\xc3\xa4", 1}};

	memset(u, 0, sizeof(*u));
	for (; u->count < seed % 60; u->count++) {
		seed = seed * 1103515245 + 12345;
		strcat(u->text, kinds[seed >> 16 & 7].text);
		u->size = u->at[u->count + 1] = strlen(u->text);
		u->columns = u->before[u->count + 1] = u->columns + kinds[seed >> 16 & 7].columns;
	}
}

/* Against the places that it may be cut at, one after the other. */
static void a_cut_name_is_as_long_as_it_can_be(void **state)
{
	struct units u;
	size_t left, at, i;

	(void)state;
	for (unsigned seed = 0; seed < 3000; seed++) {
		size_t most = seed % 37;

		make_units(&u, seed);
		for (i = 0; i < u.count && (u.columns - u.before[i] > most || u.before[i] == u.before[i + 1]); i++)
			;
		at = utf8_cut_front(u.text, u.size, u.columns, most, &left);
		assert_int_equal(at, u.at[i]);
		assert_int_equal(left, u.columns - u.before[i]);
		for (i = u.count; u.before[i] > most; i--)
			;
		at = utf8_cut_back(u.text, u.size, most, &left);
		assert_int_equal(at, u.at[i]);
		assert_int_equal(left, u.before[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_at_every_place),	      cmocka_unit_test(any_two_bytes),
		cmocka_unit_test(escape_takes_the_same_columns),      cmocka_unit_test(names_are_escaped_and_measured),
		cmocka_unit_test(a_cut_name_is_as_long_as_it_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
