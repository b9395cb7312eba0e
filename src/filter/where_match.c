/* SPDX-License-Identifier: MIT */
/*
 * Yes, no or unknown, as Kleene has them: what is compared with something
 * unknown is unknown, so is what is not that, and only what is yes is shown.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "filter/where.h"
#include "info/units.h"

enum truth { NO, YES, UNKNOWN_TRUTH };

static enum truth truth(bool yes)
{
	return yes ? YES : NO;
}

/* --- a field's value --- */

static bool plain_number(const struct field *f, const struct call *c, where_number *n)
{
	struct value v;

	f->get(c, &v);
	*n = v.kind == VALUE_SIGNED ? v.number : v.kind == VALUE_UNSIGNED ? (where_number)v.unsigned_number : 0;
	return v.kind == VALUE_SIGNED || v.kind == VALUE_UNSIGNED;
}

/* False: unknown. */
static bool number_of(enum where_kind kind, const struct field *f, const struct call *c, where_number *n)
{
	switch (kind) {
	case WHERE_OP:
		*n = c->op;
		return c->op < OP_COUNT;
	case WHERE_VIA:
		*n = c->via;
		return c->via != VIA_UNKNOWN;
	case WHERE_ERROR:
		*n = c->has_ret && c->ret < 0 ? -(where_number)c->ret : 0;
		return c->has_ret;
	case WHERE_FLAGS:
		*n = c->mode;
		return c->has_mode;
	case WHERE_ODD:
		*n = c->odd;
		return true;
	case WHERE_AFTER:
		*n = c->size_after_known;
		return true;
	default:
		return plain_number(f, c, n);
	}
}

/* NULL: unknown. "" where it is known that there is none. */
static const char *text_of(const struct test *t, const struct call *c, struct value *v)
{
	bool none = t->kind == WHERE_ODD || (t->kind == WHERE_ERROR && c->has_ret);

	t->field->get(c, v);
	return v->kind == VALUE_TEXT ? v->text : none ? "" : NULL;
}

static bool time_of_day(where_number *n)
{
	int64_t ns = (int64_t)(*n % NS_PER_S);
	time_t second = (time_t)(*n / NS_PER_S);
	struct tm tm;

	if (ns < 0) {
		ns += NS_PER_S;
		second--;
	}
	if (!localtime_r(&second, &tm))
		return false;
	*n = (where_number)(tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec) * NS_PER_S + ns;
	return true;
}

/* --- a test --- */

static enum truth match_glob(const struct test *t, const struct call *c)
{
	struct value v;
	const char *s = text_of(t, c, &v), *slash;

	if (!s)
		return UNKNOWN_TRUTH;
	slash = t->name_only ? strrchr(s, '/') : NULL;
	return truth((fnmatch(t->text, slash ? slash + 1 : s, 0) == 0) == (t->compare == COMPARE_GLOB));
}

static enum truth match_text(const struct test *t, const struct call *c)
{
	struct value v;
	const char *s = text_of(t, c, &v);

	if (!s)
		return UNKNOWN_TRUTH;
	return t->compare == COMPARE_TRUE ? YES : truth((strcmp(s, t->text) == 0) == (t->compare == COMPARE_EQUAL));
}

static enum truth match_number(const struct test *t, const struct call *c)
{
	where_number a = 0, b = t->number;

	if (!number_of(t->kind, t->field, c, &a) || (t->time_of_day && !time_of_day(&a)) ||
	    (t->other && !number_of(where_kind_of(t->other), t->other, c, &b)))
		return UNKNOWN_TRUTH;
	a *= t->scale;
	b *= t->other_scale;
	switch (t->compare) {
	case COMPARE_EQUAL:
		return truth(a == b);
	case COMPARE_UNEQUAL:
		return truth(a != b);
	case COMPARE_LESS:
		return truth(a < b);
	case COMPARE_LESS_EQUAL:
		return truth(a <= b);
	case COMPARE_GREATER:
		return truth(a > b);
	case COMPARE_GREATER_EQUAL:
		return truth(a >= b);
	case COMPARE_BITS:
		return truth((a & b) != 0);
	default: /* COMPARE_TRUE: the first of words and moments are not nothing */
		return truth(a != 0 || t->kind == WHERE_OP || t->kind == WHERE_VIA || t->kind == WHERE_TIME);
	}
}

static bool known(const struct test *t, const struct call *c)
{
	where_number n;
	struct value v;

	return t->kind == WHERE_TEXT ? text_of(t, c, &v) != NULL : number_of(t->kind, t->field, c, &n);
}

static enum truth match_test(const struct test *t, const struct call *c)
{
	if (t->compare == COMPARE_KNOWN)
		return truth(known(t, c));
	if (t->compare == COMPARE_GLOB || t->compare == COMPARE_NO_GLOB)
		return match_glob(t, c);
	return t->kind == WHERE_TEXT ? match_text(t, c) : match_number(t, c);
}

/* --- the tree --- */

/* No deeper than WHERE_NESTING_MAX lets it be. */
static enum truth match_node(const struct where *w, unsigned at, const struct call *c)
{
	const struct node *n = &w->nodes[at];
	enum truth all = n->kind == NODE_AND ? YES : NO, decided = n->kind == NODE_AND ? NO : YES;

	if (n->kind == NODE_TEST)
		return match_test(&n->test, c);
	if (n->kind == NODE_NOT) {
		all = match_node(w, n->first, c);
		return all == UNKNOWN_TRUTH ? all : truth(all == NO);
	}
	for (at = n->first; at; at = w->nodes[at].next) {
		enum truth one = match_node(w, at, c);

		if (one == decided)
			return decided;
		if (one == UNKNOWN_TRUTH)
			all = UNKNOWN_TRUTH;
	}
	return all;
}

bool where_match(const struct where *w, const struct call *c)
{
	for (; w; w = w->next)
		if (match_node(w, 0, c) != YES)
			return false;
	return true;
}

void where_free(struct where *w)
{
	struct where *next;

	for (; w; w = next) {
		next = w->next;
		for (unsigned i = 0; i < w->count; i++)
			free(w->nodes[i].test.text);
		free(w->nodes);
		free(w);
	}
}
