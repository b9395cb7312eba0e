/* SPDX-License-Identifier: MIT */
/*
 * --where's expressions, inside: text → tokens (where_lex.c) → a tree of tests
 * (where_parse.c, where_value.c) → yes, no or unknown of a call (where_match.c).
 */
#ifndef FALLOCTRACE_FILTER_WHERE_H
#define FALLOCTRACE_FILTER_WHERE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/call.h"
#include "falloctrace/error.h"
#include "falloctrace/field.h"

#define WHERE_SIZE_MAX 4096 /* bytes of an expression */
#define WHERE_NESTING_MAX 64

/* --- tokens --- */

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,   /* a field, a number, a name: letters, digits, "_.:+-/@%*?[]" and what is not ASCII */
	TOKEN_STRING, /* in quotes */
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_COMPARE, /* compare says which */
};

enum compare {
	COMPARE_EQUAL,
	COMPARE_UNEQUAL,
	COMPARE_LESS,
	COMPARE_LESS_EQUAL,
	COMPARE_GREATER,
	COMPARE_GREATER_EQUAL,
	COMPARE_GLOB,
	COMPARE_NO_GLOB,
	COMPARE_BITS,  /* "&": has one of these */
	COMPARE_TRUE,  /* the field alone: neither 0 nor empty */
	COMPARE_KNOWN, /* known(FIELD): never unknown itself */
};

struct token {
	enum token_kind kind;
	enum compare compare;
	size_t at, size;	       /* bytes: where it stands in the expression */
	char text[WHERE_SIZE_MAX + 1]; /* of a word, or of a string without quotes and escapes */
};

/* One of them, from *at on; *at is then behind it. -1 and *e: there is none. */
int where_lex(const char *expression, size_t *at, struct token *t, struct error *e);
/* "at column 7, "pnuch": …"; -1. */
int where_wrong(const char *expression, size_t at, size_t size, struct error *e, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* --- tests --- */

/* What a field is compared as. */
enum where_kind {
	WHERE_NUMBER,
	WHERE_MODE, /* a number, and a set of bits */
	WHERE_RET,
	WHERE_UID,
	WHERE_BYTES,
	WHERE_BLOCKS,
	WHERE_NS,
	WHERE_TIME,
	WHERE_OP,
	WHERE_VIA,
	WHERE_ERROR, /* the number without its sign, 0 of a call that succeeded */
	WHERE_FLAGS, /* the mode's bits */
	WHERE_ODD,
	WHERE_AFTER,
	WHERE_TEXT,
};

typedef __int128 where_number; /* holds any of int64_t and uint64_t, and blocks in bytes */

struct test {
	enum compare compare;
	enum where_kind kind;
	const struct field *field;
	/* the other side: a field, or a value */
	const struct field *other;
	where_number number;	/* WHERE_TIME: ns */
	char *text;		/* owned: of globs and of WHERE_TEXT */
	bool name_only;		/* a glob without a slash: against what is behind a path's last one */
	bool time_of_day;	/* number is since midnight, local time */
	int scale, other_scale; /* what the fields' numbers are multiplied by: 512 for blocks compared as bytes */
};

enum where_kind where_kind_of(const struct field *f);
/* Sets t's other side by a token, as t->kind and t->compare ask for it. */
int where_value(struct test *t, const char *expression, const struct token *token, struct error *e);
/* "2026-11-23T09:15:02.5Z", "2026-11-23 09:15", "2026-11-23", "09:15:02": into *ns. NULL, or why not. */
const char *where_time(const char *text, where_number *ns, bool *time_of_day);

/* --- the tree --- */

enum node_kind { NODE_TEST, NODE_AND, NODE_OR, NODE_NOT };

struct node {
	enum node_kind kind;
	unsigned first; /* of its children; 0: none (node 0 is the root) */
	unsigned next;	/* its parent's next child; 0: it is the last */
	struct test test;
};

struct where {
	struct node *nodes; /* the root is the first */
	unsigned count;
	struct where *next; /* another that must hold as well */
};

/* NULL and *e, with STATUS_USAGE where text is no expression. */
struct where *where_parse(const char *text, struct error *e);
/* With those behind it. NULL is fine. */
void where_free(struct where *w);
/* Whether all of them hold, NULL: none asks for anything. What is unknown does not. */
bool where_match(const struct where *w, const struct call *c);

#endif
