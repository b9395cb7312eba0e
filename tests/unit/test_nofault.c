/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/nofault.h"

#define FOUR_LEVELS 0xffff982abeabc600
#define FIVE_LEVELS 0xff3aad4502057000
#define CPU(bits) "flags\t\t: fpu\naddress sizes\t: 46 bits physical, " bits " bits virtual\npower management:\n"

static void test_words_may_be_followed(void **state)
{
	static const struct {
		const char *release, *cpuinfo;
		uint64_t pointer;
		bool want;
	} cases[] = {
		{"6.1.0-56-cloud-amd64", CPU("48"), FOUR_LEVELS, true},
		{"6.1.0-56-cloud-amd64", CPU("57"), FIVE_LEVELS, true},
		/* The kernel's own check lets 57 bits pass, and the processor does not. */
		{"5.10.0-32-cloud-amd64", CPU("57"), FOUR_LEVELS, false},
		{"6.1.0-56-cloud-amd64", CPU("57"), FOUR_LEVELS, false},
		{"5.10.0-32-cloud-amd64", CPU("48"), FOUR_LEVELS, true},
		/* Before 5.8 nothing is checked. */
		{"5.8.0", CPU("48"), FOUR_LEVELS, true},
		{"5.7.19", CPU("48"), FOUR_LEVELS, false},
		{"4.19.0-27-amd64", CPU("48"), FOUR_LEVELS, false},
		{"10.0", CPU("48"), FOUR_LEVELS, true},
		/* Other machines don't warn, and have no such line. */
		{"6.1.0-arm64", "processor\t: 0\nCPU architecture: 8\n", FOUR_LEVELS, true},
		/* What can't be read is not relied on. */
		{"", CPU("48"), FOUR_LEVELS, false},
		{"six", CPU("48"), FOUR_LEVELS, false},
		{"6.1.0", "address sizes\t: unknown\n", FOUR_LEVELS, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (words_may_be_followed(cases[i].release, cases[i].cpuinfo, cases[i].pointer) != cases[i].want)
			fail_msg("case %zu: %s", i, cases[i].release);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_words_may_be_followed)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
