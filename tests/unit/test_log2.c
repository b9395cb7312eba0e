/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"
#include "stats/log2.h"

/* bcc's bounds: slot i has 1 << i >> 1 … (1 << i) - 1, the first one 0, too. */
static void slots(void **state)
{
	(void)state;
	assert_int_equal(log2_slot(0), 1);
	assert_int_equal(log2_slot(1), 1);
	assert_int_equal(log2_slot(2), 2);
	assert_int_equal(log2_slot(INT64_MAX), 63);
	assert_int_equal(log2_low(1), 0);
	assert_int_equal(log2_high(1), 1);
	assert_int_equal(log2_low(32), INT64_C(2147483648));
	assert_int_equal(log2_high(32), INT64_C(4294967295));
	assert_int_equal(log2_high(63), INT64_MAX);
	for (unsigned i = 2; i < LOG2_SLOTS; i++) {
		assert_int_equal(log2_slot(log2_low(i)), i);
		assert_int_equal(log2_slot(log2_high(i)), i);
		assert_int_equal(log2_low(i), log2_high(i - 1) + 1);
	}
}

static void latencies(void **state)
{
	struct call c = call_whole();

	(void)state;
	assert_int_equal(log2_latency(&c), 35);
	c.end = c.start + 999;
	assert_int_equal(log2_latency(&c), 0);
	c.has_end = false;
	assert_int_equal(log2_latency(&c), -1);
	c = call_bare();
	assert_int_equal(log2_latency(&c), -1);
}

static int64_t align(int64_t offset, int64_t len)
{
	struct call c = call_whole();

	c.offset = offset;
	c.len = len;
	return log2_align(&c);
}

static void alignments(void **state)
{
	struct call c = call_whole();

	(void)state;
	assert_int_equal(align(4096, 8192), 4096);
	assert_int_equal(align(0, 8192), 8192); /* 0 is a multiple of all */
	assert_int_equal(align(8192, 0), 8192);
	assert_int_equal(align(3, 4096), 1);
	assert_int_equal(align(6, 10), 2);
	assert_int_equal(align(0, INT64_C(1) << 62), INT64_C(1) << 62);
	assert_int_equal(align(INT64_MAX, INT64_MAX), 1);
	assert_int_equal(align(0, 0), -1);
	assert_int_equal(align(-4096, 4096), -1);
	assert_int_equal(align(4096, INT64_MIN), -1);
	c.has_offset = false;
	assert_int_equal(log2_align(&c), -1);
	c = call_bare();
	assert_int_equal(log2_align(&c), -1);
}

static void lengths(void **state)
{
	struct call c = call_whole();

	(void)state;
	assert_int_equal(log2_len(&c), 8192);
	c.len = 0;
	assert_int_equal(log2_len(&c), 0);
	c.len = -1;
	assert_int_equal(log2_len(&c), -1);
	c = call_bare();
	assert_int_equal(log2_len(&c), -1);
}

static void all_at_once(void **state)
{
	struct log2_set s = {0}, to = {0};
	struct call c = call_whole();

	(void)state;
	log2_add(&s, &c);
	c.has_end = false;
	log2_add(&s, &c);
	log2_merge(&to, &s);
	log2_merge(&to, &s);
	assert_int_equal(to.of[0].slots[6], 2); /* 35: 32 … 63 */
	assert_int_equal(to.of[0].without, 2);
	assert_int_equal(to.of[1].slots[14], 4); /* 8192 */
	assert_int_equal(to.of[2].slots[13], 4); /* 4096 */
	assert_int_equal(to.of[1].without + to.of[2].without, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots),   cmocka_unit_test(latencies),	  cmocka_unit_test(alignments),
		cmocka_unit_test(lengths), cmocka_unit_test(all_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
