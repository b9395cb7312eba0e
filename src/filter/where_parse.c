/* SPDX-License-Identifier: MIT */
/*
 *   or   = and { "||" and }
 *   and  = not { "&&" not }
 *   not  = "!" not | "(" or ")" | test
 *   test = "failed" | "known" "(" FIELD ")" | FIELD | FIELD OPERATOR value
 *        | FIELD "in" "(" value { "," value } ")"
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/where.h"

struct parser {
	const char *expression;
	size_t at;	    /* behind token */
	struct token token; /* the one to look at */
	unsigned nesting;
	unsigned room; /* nodes */
	struct where *w;
	struct error *e;
};

#define WRONG(p, ...) where_wrong((p)->expression, (p)->token.at, (p)->token.size, (p)->e, __VA_ARGS__)

static int no_memory(struct error *e)
{
	errno = ENOMEM;
	return error_errno(e, "cannot keep the filter");
}

static int next(struct parser *p)
{
	return where_lex(p->expression, &p->at, &p->token, p->e);
}

/* --- nodes --- */

/* Its number, or -1. */
static int new_node(struct parser *p, enum node_kind kind)
{
	struct where *w = p->w;

	if (w->count == p->room) {
		unsigned room = p->room ? 2 * p->room : 8;
		struct node *more = realloc(w->nodes, room * sizeof(*more));

		if (!more)
			return no_memory(p->e);
		w->nodes = more;
		p->room = room;
	}
	memset(&w->nodes[w->count], 0, sizeof(w->nodes[0]));
	w->nodes[w->count].kind = kind;
	w->nodes[w->count].test.scale = w->nodes[w->count].test.other_scale = 1;
	return (int)w->count++;
}

/* A node, and another of the same parent behind it. */
static void chain(struct parser *p, int before, int node)
{
	p->w->nodes[before].next = (unsigned)node;
}

/* A parent above first and those chained to it. */
static int above(struct parser *p, enum node_kind kind, int first)
{
	int parent = new_node(p, kind);

	if (parent >= 0)
		p->w->nodes[parent].first = (unsigned)first;
	return parent;
}

/* --- tests --- */

static int list_fields(struct parser *p)
{
	char list[360] = "";
	size_t used = 0;

	for (size_t i = 0; i < fields_count && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", fields[i].name);
	return WRONG(p, "no field; there are %s, failed, known()", list);
}

static int take_field(struct parser *p, const struct field **f)
{
	if (p->token.kind != TOKEN_WORD)
		return WRONG(p, "here a field is to stand");
	*f = field_find(p->token.text, p->token.size);
	return *f ? next(p) : list_fields(p);
}

static int expect(struct parser *p, enum token_kind kind, const char *what)
{
	return p->token.kind == kind ? next(p) : WRONG(p, "here %s is to stand", what);
}

static int new_test(struct parser *p, const struct field *f, enum compare compare)
{
	int n = new_node(p, NODE_TEST);

	if (n < 0)
		return -1;
	p->w->nodes[n].test.field = f;
	p->w->nodes[n].test.kind = where_kind_of(f);
	p->w->nodes[n].test.compare = compare;
	return n;
}

static int check_operator(struct parser *p, const struct field *f, enum compare compare)
{
	enum where_kind kind = where_kind_of(f);
	bool ordered = kind <= WHERE_TIME, bits = kind == WHERE_MODE || kind == WHERE_FLAGS || kind == WHERE_ODD;

	if (compare >= COMPARE_LESS && compare <= COMPARE_GREATER_EQUAL && !ordered)
		return WRONG(p, "%s has no order: == != ~ !~", f->name);
	if ((compare == COMPARE_GLOB || compare == COMPARE_NO_GLOB) && ordered)
		return WRONG(p, "%s is no text: == != < <= > >=%s", f->name, bits ? " &" : "");
	if (compare == COMPARE_BITS && !bits)
		return WRONG(p, "and is &&; & is for mode, flags and odd");
	return 0;
}

static int add_value(struct parser *p, const struct field *f, enum compare compare)
{
	int n = new_test(p, f, compare);

	if (n < 0 || where_value(&p->w->nodes[n].test, p->expression, &p->token, p->e) || next(p))
		return -1;
	return n;
}

static int parse_comparison(struct parser *p, const struct field *f)
{
	enum compare compare = p->token.compare;

	if (check_operator(p, f, compare) || next(p))
		return -1;
	return add_value(p, f, compare);
}

/* "(a, b)": one of them or another is equal. */
static int parse_in(struct parser *p, const struct field *f)
{
	int first = -1, last = -1, n;

	do {
		if (next(p))
			return -1;
		if (first < 0 && expect(p, TOKEN_OPEN, "("))
			return -1;
		n = add_value(p, f, COMPARE_EQUAL);
		if (n < 0)
			return -1;
		if (first < 0)
			first = n;
		else
			chain(p, last, n);
		last = n;
	} while (p->token.kind == TOKEN_COMMA);
	return expect(p, TOKEN_CLOSE, ", or )") ? -1 : above(p, NODE_OR, first);
}

static int parse_failed(struct parser *p)
{
	return next(p) ? -1 : new_test(p, field_find("error", 5), COMPARE_TRUE);
}

static int parse_known(struct parser *p)
{
	const struct field *f;

	if (next(p) || expect(p, TOKEN_OPEN, "(") || take_field(p, &f) || expect(p, TOKEN_CLOSE, ")"))
		return -1;
	return new_test(p, f, COMPARE_KNOWN);
}

static bool is_word(const struct parser *p, const char *word)
{
	return p->token.kind == TOKEN_WORD && !strcmp(p->token.text, word);
}

static int parse_test(struct parser *p)
{
	const struct field *f;

	if (is_word(p, "failed"))
		return parse_failed(p);
	if (is_word(p, "known"))
		return parse_known(p);
	if (take_field(p, &f))
		return -1;
	if (p->token.kind == TOKEN_COMPARE)
		return parse_comparison(p, f);
	return is_word(p, "in") ? parse_in(p, f) : new_test(p, f, COMPARE_TRUE);
}

/* --- what binds them --- */

static int parse_or(struct parser *p);

static int parse_not(struct parser *p);

/* Whatever recurses comes through here. */
static int parse_nested(struct parser *p)
{
	bool negated = p->token.kind == TOKEN_NOT;
	int n;

	if (p->nesting == WHERE_NESTING_MAX)
		return WRONG(p, "more than %d ( and ! inside each other", WHERE_NESTING_MAX);
	p->nesting++;
	if (next(p))
		return -1;
	n = negated ? parse_not(p) : parse_or(p);
	p->nesting--;
	if (n < 0)
		return -1;
	if (negated)
		return above(p, NODE_NOT, n);
	return expect(p, TOKEN_CLOSE, "&&, || or )") ? -1 : n;
}

static int parse_not(struct parser *p)
{
	return p->token.kind == TOKEN_NOT || p->token.kind == TOKEN_OPEN ? parse_nested(p) : parse_test(p);
}

typedef int (*part)(struct parser *p);

/* Parts with a sign between them; one alone is that part. */
static int parse_row(struct parser *p, part parse, enum token_kind sign, enum node_kind kind)
{
	int first = parse(p), last = first, n;

	while (last >= 0 && p->token.kind == sign) {
		n = next(p) ? -1 : parse(p);
		if (n < 0)
			return -1;
		chain(p, last, n);
		last = n;
	}
	return first == last ? first : above(p, kind, first);
}

static int parse_and(struct parser *p)
{
	return parse_row(p, parse_not, TOKEN_AND, NODE_AND);
}

static int parse_or(struct parser *p)
{
	return parse_row(p, parse_and, TOKEN_OR, NODE_OR);
}

/* The root is made before its children, so that no child is number 0. */
static int parse(struct parser *p)
{
	int root = new_node(p, NODE_AND), n;

	if (root < 0 || next(p))
		return -1;
	if (p->token.kind == TOKEN_END)
		return error_usage(p->e, "the expression is empty");
	n = parse_or(p);
	if (n < 0)
		return -1;
	if (p->token.kind != TOKEN_END)
		return WRONG(p, "here &&, || or the end is to stand");
	p->w->nodes[root].first = (unsigned)n;
	return 0;
}

struct where *where_parse(const char *text, struct error *e)
{
	struct parser *p;
	struct where *w;

	if (strlen(text) > WHERE_SIZE_MAX) {
		error_usage(e, "the expression is longer than %d bytes", WHERE_SIZE_MAX);
		return NULL;
	}
	p = calloc(1, sizeof(*p));
	w = calloc(1, sizeof(*w));
	if (!p || !w) {
		no_memory(e);
	} else {
		p->expression = text;
		p->w = w;
		p->e = e;
	}
	if (!p || !w || parse(p)) {
		where_free(w);
		w = NULL;
	}
	free(p);
	return w;
}
