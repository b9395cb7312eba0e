/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"
#include "output/chrome_tracks.h"

static void what_is_remembered(void **state)
{
	struct tracks t;
	struct track *one;
	bool made;

	(void)state;
	assert_int_equal(tracks_init(&t), 0);
	one = tracks_thread(&t, 0, &made);
	assert_true(made && one->id == 0 && one->counted);
	one->end = 5;
	one = tracks_process(&t, 0, &made); /* another table */
	assert_true(made);
	for (uint32_t id = 1; id < 1000; id++) {
		tracks_thread(&t, id, &made)->end = id;
		assert_true(made);
		assert_int_equal(tracks_thread(&t, id, &made)->end, id);
		assert_false(made);
	}
	assert_int_equal(tracks_thread(&t, 0, &made)->end, 5);
	assert_false(made);
	tracks_free(&t);
}

/* Ten times as many as there is room for: those used all the time stay, none of the others' sums begins anew. */
static void what_is_forgotten(void **state)
{
	const uint32_t many = 10 * TRACK_PROCESSES;
	struct tracks t;
	struct track *one;
	uint32_t left = 0;
	bool made;

	(void)state;
	assert_int_equal(tracks_init(&t), 0);
	tracks_process(&t, many, &made)->bytes.asked = 1;
	for (uint32_t id = 0; id < many; id++) {
		one = tracks_process(&t, id, &made);
		assert_true(made);
		assert_true(one->id == id && !one->names && !one->bytes.asked);
		tracks_process(&t, many, &made);
		assert_false(made);
	}
	assert_false(tracks_process(&t, 0, &made)->counted); /* it was there and went */
	assert_true(made);
	one = tracks_process(&t, many, &made);
	assert_true(one->counted && one->bytes.asked == 1);
	for (uint32_t i = 0; i < TRACK_PROCESSES; i++)
		left += t.processes.slots[i].used;
	assert_true(left > TRACK_PROCESSES * 9 / 10);
	tracks_free(&t);
}

static void numbers_never_meet(void **state)
{
	struct track_host a = {.index = 0}, b = {.index = 1}, last = {.index = 511};

	(void)state;
	assert_int_equal(track_id(&a, 42), 42);
	assert_int_equal(track_id(&a, 4194303), 4194303); /* PID_MAX_LIMIT - 1 */
	assert_int_equal(track_id(&b, 0), 4194304);
	assert_int_equal(track_id(&b, 4194303), 8388607);
	assert_true(track_id(&last, 4194303) < track_machine_id(&a));
	assert_true(track_id(&last, -1) < track_machine_id(&a));
	assert_true(track_id(&last, INT32_MIN) < track_machine_id(&a));
	assert_true(track_machine_id(&a) < track_machine_id(&last));
}

/* More machines than there are numbers. */
static void many_machines(void **state)
{
	struct trace_info *infos = calloc(600, sizeof(*infos));
	struct tracks t;
	uint64_t shift;

	(void)state;
	assert_non_null(infos);
	assert_int_equal(tracks_init(&t), 0);
	for (int i = 0; i < 600; i++) {
		infos[i].host[0] = (char)('A' + i / 26);
		infos[i].host[1] = (char)('A' + i % 26);
		infos[i].has_utc_offset = true;
		infos[i].utc_offset = i == 300 ? INT64_MIN : INT64_MAX;
		assert_int_equal(tracks_add_trace(&t, &infos[i]), 0);
	}
	assert_int_equal(tracks_host(&t, infos[0].host, &shift)->index, 0);
	assert_int_equal(shift, UINT64_MAX);
	assert_int_equal(tracks_host(&t, infos[300].host, &shift)->index, 300);
	assert_int_equal(shift, 0);
	assert_int_equal(tracks_host(&t, infos[599].host, &shift)->index, 511);
	assert_int_equal(tracks_host(&t,
				     "A"
				     "C",
				     &shift)
				 ->index,
			 2); /* by its name alone */
	tracks_free(&t);
	free(infos);
}

static void sums_stop_at_the_largest(void **state)
{
	struct track_bytes b = {0};
	struct call c = call_whole();

	(void)state;
	c.blocks_after = 2058;
	c.size_after += 5;
	assert_true(track_bytes_add(&b, &c));
	assert_true(b.asked == 8192 && b.gained == 5120 && b.lost == 0 && b.grown == 5);
	c.blocks_after = 0;
	assert_true(track_bytes_add(&b, &c));
	assert_true(b.asked == 16384 && b.gained == 5120 && b.lost == 1048576 && b.grown == 10);
	c.len = INT64_MAX;
	c.blocks_after = UINT64_MAX;
	c.size_after = INT64_MAX;
	c.size_before = 0;
	for (int i = 0; i < 3; i++)
		track_bytes_add(&b, &c);
	assert_true(b.asked == INT64_MAX && b.gained == INT64_MAX && b.grown == INT64_MAX);
	assert_false(track_bytes_add(&b, &c));
	c = call_bare();
	assert_false(track_bytes_add(&b, &c));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_remembered),	    cmocka_unit_test(what_is_forgotten),
		cmocka_unit_test(numbers_never_meet),	    cmocka_unit_test(many_machines),
		cmocka_unit_test(sums_stop_at_the_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
