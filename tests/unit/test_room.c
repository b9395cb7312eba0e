/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/room.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static void sizes(void **state)
{
	static const struct {
		uint64_t available;
		unsigned cpus;
		uint64_t each;
	} cases[] = {
		{0, 2, 4 * MIB}, /* nobody knows: as little as does for most */
		{0, 64, MIB / 2},
		{128 * MIB, 1, 4 * MIB},
		{900 * MIB, 2, 8 * MIB},
		{900 * MIB, 1, 16 * MIB},
		{2 * GIB, 4, 16 * MIB},
		{8 * GIB, 32, 8 * MIB},
		{1024 * GIB, 1, 16 * MIB},
		{1024 * GIB, 64, 16 * MIB},
		{1024 * GIB, 65, 8 * MIB},
		{1024 * GIB, 512, 2 * MIB},
		{1024 * GIB, 8192, MIB / 2},
		{UINT64_MAX, UINT32_MAX, MIB / 2},
		{1, 1, MIB / 2},
		{GIB, 0, 16 * MIB},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(room_choose(cases[i].available, cases[i].cpus), cases[i].each);
}

static void memory(void **state)
{
	(void)state;
	assert_int_equal(room_available("MemTotal:  24105 kB\nMemFree: 1 kB\nMemAvailable:   1024 kB\n"), MIB);
	assert_int_equal(room_available("MemTotal:  24105 kB\nMemFree: 1 kB\n"), 0);
	assert_int_equal(room_available(""), 0);
	assert_in_range(room_for_this_machine(), ROOM_MIN, ROOM_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
