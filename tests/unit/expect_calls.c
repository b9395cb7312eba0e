/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect_calls.h"

void check_call(const struct call *c, const struct want *w)
{
	size_t inner = 0;

	for (const struct call *i = c->inner; i; i = i->next)
		inner++;
	assert_int_equal(c->tid, w->tid);
	assert_int_equal(c->has_start ? c->start : NO_TIME, w->start);
	assert_int_equal(c->has_end ? c->end : NO_TIME, w->end);
	assert_int_equal(c->has_ret ? c->ret : NO_RET, w->ret);
	assert_int_equal(c->has_len ? c->len : -1, w->len);
	assert_int_equal(c->via, w->via);
	assert_int_equal(c->odd, w->odd);
	assert_int_equal(c->depth, w->depth);
	assert_int_equal(inner, w->inner);
}

struct collector *expect_calls(const struct event *events, size_t events_count, const struct want *want, size_t count)
{
	struct collector *c = collect(events, events_count);

	assert_int_equal(c->count, count);
	for (size_t i = 0; i < count; i++)
		check_call(&c->calls[i], &want[i]);
	return c;
}
