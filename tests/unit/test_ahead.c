/* SPDX-License-Identifier: MIT */
/*
 * What comes by way of the thread is what the merge alone says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "falloctrace/ahead.h"
#include "page_script.h"

#define CPUS 4
#define PAGES 150

/* Enough for many batches: 600 pages of some records with names, losses, broken pages and a source that fails. */
static struct script *make(void)
{
	struct script *s = script_new(CPUS);
	char comm[16];

	for (int n = 0; n < PAGES; n++)
		for (int cpu = 0; cpu < CPUS; cpu++) {
			uint64_t ts = 1000u * (unsigned)n + 7u * (unsigned)cpu;
			struct step *p = script_page(s, cpu, ts);

			if (n % 60 == 30 + cpu) {
				memset(p->page + 8, 0x7f, 4); /* more than a page holds */
				continue;
			}
			for (int i = 0; i < 4; i++) {
				snprintf(comm, sizeof(comm), "c%d-%d-%d", n, cpu, i);
				page_named_record(p, ts + 10u * (unsigned)i, comm);
			}
			if (n % 50 == 20 + cpu)
				page_flag(p, FLAG_LOST, 0);
			if (n % 70 == 40)
				script_step(s, cpu, PAGE_FAILED);
		}
	return s;
}

static void same_event(const struct event *a, const struct event *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->has, b->has);
	assert_int_equal(a->ts, b->ts);
	assert_int_equal(a->cpu, b->cpu);
	assert_int_equal(a->tid, b->tid);
	assert_int_equal(a->lost, b->lost);
	assert_int_equal(a->comm.size, b->comm.size);
	if (a->comm.size)
		assert_memory_equal(a->comm.data, b->comm.data, a->comm.size);
}

static void test_same_as_merge(void **state)
{
	struct script *alone = make(), *other = make();
	struct ahead *a = ahead_new(other->m);
	unsigned lost = 0, failed = 0, named = 0;
	enum merge_result ret;

	(void)state;
	assert_non_null(a);
	do {
		struct error e = {.text = ""}, ae = {.text = ""};
		const struct event *got = NULL;
		struct event want;

		ret = merge_next(alone->m, UINT64_MAX, &want, &e);
		assert_int_equal(ahead_next(a, &got, &ae), ret);
		if (ret == MERGE_OK) {
			same_event(&want, got);
			lost += want.kind == EVENT_LOST;
			named += want.comm.size > 0;
		} else if (ret == MERGE_FAILED) {
			assert_string_equal(e.text, ae.text);
			failed++;
		}
	} while (ret != MERGE_END);
	assert_true(lost > 10 && named > 2000 && failed > 10);
	/* and so it stays */
	assert_int_equal(ahead_next(a, &(const struct event *){NULL}, &(struct error){.text = ""}), MERGE_END);
	ahead_free(a);
	script_free(alone);
	script_free(other);
}

static void test_given_up_early(void **state)
{
	(void)state;
	for (int taken = 0; taken < 2000; taken += 199) {
		struct script *s = make();
		struct ahead *a = ahead_new(s->m);
		const struct event *ev;
		struct error e;

		for (int i = 0; i < taken; i++)
			ahead_next(a, &ev, &e);
		ahead_free(a);
		script_free(s);
	}
	ahead_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_merge),
		cmocka_unit_test(test_given_up_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
