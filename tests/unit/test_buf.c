/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>

#include "output/buf.h"

static void expect(uint64_t value, unsigned width)
{
	struct buf b;
	char want[64];

	buf_init(&b);
	buf_digits(&b, value, width);
	buf_char(&b, '\0');
	snprintf(want, sizeof(want), "%0*" PRIu64, (int)width, value);
	assert_string_equal(b.data, want);
	buf_free(&b);
}

/* Around each power of ten and of two, where the number of digits changes, or may be thought to. */
static void digits_as_printf_has_them(void **state)
{
	uint64_t power = 1;

	(void)state;
	for (int i = 0; i < 20; i++, power *= 10)
		for (uint64_t v = power - 2; v != power + 3; v++)
			expect(v, 1);
	for (int i = 0; i < 64; i++)
		for (uint64_t v = (UINT64_C(1) << i) - 1; v != (UINT64_C(1) << i) + 2; v++)
			expect(v, 1);
	for (unsigned width = 1; width < 30; width++) {
		expect(0, width);
		expect(1234567, width);
	}
}

static void signs(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_i64(&b, INT64_MIN);
	buf_char(&b, ' ');
	buf_i64(&b, -1);
	buf_fill(&b, '.', 3);
	buf_fill(&b, '.', 0);
	buf_bytes(&b, NULL, 0);
	buf_char(&b, '\0');
	assert_string_equal(b.data, "-9223372036854775808 -1...");
	buf_free(&b);
}

/* Piece by piece beyond every size that it had. */
static void grows(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	for (int i = 0; i < 10000; i++)
		buf_text(&b, "0123456789");
	assert_int_equal(b.size, 100000);
	for (size_t i = 0; i < b.size; i++)
		assert_int_equal(b.data[i], '0' + (int)(i % 10));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_as_printf_has_them),
		cmocka_unit_test(signs),
		cmocka_unit_test(grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
