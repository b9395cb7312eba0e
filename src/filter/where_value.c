/* SPDX-License-Identifier: MIT */
/*
 * What stands right of an operator, read as what stands left of it wants it:
 * whatever cannot be meant is refused here, before any call is seen.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter/where.h"
#include "info/units.h"
#include "info/users.h"

#define BLOCK 512
#define UID_MAX (UINT32_MAX - 1) /* (uid_t)-1 is nobody's */

enum where_kind where_kind_of(const struct field *f)
{
	static const struct {
		const char *name;
		enum where_kind kind;
	} own[] = {
		{"mode", WHERE_MODE},	{"ret", WHERE_RET}, {"uid", WHERE_UID},
		{"op", WHERE_OP},	{"via", WHERE_VIA}, {"error", WHERE_ERROR},
		{"flags", WHERE_FLAGS}, {"odd", WHERE_ODD}, {"after", WHERE_AFTER},
	};
	static const enum where_kind of_unit[] = {
		[UNIT_NONE] = WHERE_NUMBER, [UNIT_BYTES] = WHERE_BYTES, [UNIT_BLOCKS] = WHERE_BLOCKS,
		[UNIT_NS] = WHERE_NS,	    [UNIT_UTC] = WHERE_TIME,	[UNIT_WORD] = WHERE_TEXT,
		[UNIT_TEXT] = WHERE_TEXT,
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (!strcmp(f->name, own[i].name))
			return own[i].kind;
	return of_unit[f->unit];
}

/* Where a value stands, for messages. */
struct place {
	const char *expression;
	const struct token *token;
	struct error *e;
};

#define WRONG(p, ...) where_wrong((p)->expression, (p)->token->at, (p)->token->size, (p)->e, __VA_ARGS__)

/* --- numbers --- */

/* Behind a sign, which is in *negative. */
static const char *skip_sign(const char *text, bool *negative)
{
	*negative = *text == '-';
	return text + *negative;
}

/* A whole one, "0x1f" too; as C spells them also with 0 in front for octal. */
static int whole(struct test *t, const struct place *p, bool octal)
{
	bool negative, hex;
	const char *s = skip_sign(p->token->text, &negative);
	unsigned long long n;
	char *end;

	hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	errno = 0;
	n = strtoull(s, &end, octal || hex ? 0 : 10);
	if (*end || *s < '0' || *s > '9')
		return WRONG(p, "%s is compared with a number%s", t->field->name,
			     octal ? " (3, 0x3) or a field" : " or a field");
	if (errno)
		return WRONG(p, "is too large");
	t->number = negative ? -(where_number)n : (where_number)n;
	return 0;
}

static bool is_plain(const char *text)
{
	return !text[strspn(text, "-0123456789")];
}

static int with_unit(struct test *t, const struct place *p)
{
	bool negative, time = t->kind == WHERE_NS;
	const char *s = skip_sign(p->token->text, &negative);
	const char *why;
	int64_t n = 0;

	if (is_plain(p->token->text))
		return whole(t, p, false);
	why = time ? units_parse_time(s, 1, &n) : units_parse_size(s, &n);
	if (why)
		return WRONG(p, "%s is %s, and this %s", t->field->name, time ? "in ns" : "in bytes", why);
	t->number = negative ? -(where_number)n : n;
	return 0;
}

/* A plain number is of blocks; one with a unit is of bytes. */
static int blocks(struct test *t, const struct place *p)
{
	t->scale = is_plain(p->token->text) ? 1 : BLOCK;
	return with_unit(t, p);
}

/* What a negative number's name would never be is refused rather than never true. */
static int ret(struct test *t, const struct place *p)
{
	bool negative;
	const char *s = skip_sign(p->token->text, &negative);
	int number = *s >= '0' && *s <= '9' ? -1 : errno_number(s);

	if (number < 0)
		return whole(t, p, false);
	if (!negative)
		return WRONG(p, "ret is negative: -%s, or error", s);
	t->number = -number;
	return 0;
}

static int uid(struct test *t, const struct place *p)
{
	uid_t found;

	if (user_by_name(p->token->text, &found, NULL)) { /* first: a name may consist of digits */
		t->number = found;
		return 0;
	}
	if (!strchr("0123456789", p->token->text[0]))
		return WRONG(p, "there is no such user");
	if (whole(t, p, false))
		return -1;
	return t->number > UID_MAX ? WRONG(p, "is too large") : 0;
}

static int moment(struct test *t, const struct place *p)
{
	const char *why = where_time(p->token->text, &t->number, &t->time_of_day);

	return why ? WRONG(p, "%s", why) : 0;
}

/* --- words out of a few --- */

typedef const char *(*name_of)(unsigned i); /* NULL: there are no more */

static const char *op_at(unsigned i)
{
	return op_name((enum op)i);
}

static const char *via_at(unsigned i)
{
	return via_name((enum via)(i + 1));
}

static const char *after_at(unsigned i)
{
	static const char *const words[] = {[UNKNOWN] = "unknown", [DERIVED] = "derived", [SEEN] = "seen"};

	return i < sizeof(words) / sizeof(words[0]) ? words[i] : NULL;
}

static const char *odd_at(unsigned i)
{
	return i < ODD_COUNT ? odd_name(1u << i) : NULL;
}

static const char *flag_at(unsigned i)
{
	return mode_flags[i].name;
}

static const name_of names_of[] = {
	[WHERE_OP] = op_at,	 [WHERE_VIA] = via_at, [WHERE_AFTER] = after_at,
	[WHERE_FLAGS] = flag_at, [WHERE_ODD] = odd_at,
};

/* The place of a word of size bytes; in any case for flags, which are shouted. -1: it is none. */
static int place_of(name_of name, const char *word, size_t size)
{
	const char *known;

	for (unsigned i = 0; (known = name(i)); i++)
		if (strlen(known) == size && !strncasecmp(known, word, size))
			return (int)i;
	return -1;
}

static int not_among(const struct test *t, const struct place *p, const char *word, size_t size)
{
	char list[300] = "";
	size_t used = 0;
	const char *known;

	for (unsigned i = 0; (known = names_of[t->kind](i)) && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", known);
	if (size == p->token->size)
		return WRONG(p, "no %s; there are %s", t->field->name, list);
	return WRONG(p, "'%.*s' is no %s; there are %s", size < 48 ? (int)size : 48, word, t->field->name, list);
}

static int word(struct test *t, const struct place *p)
{
	int i = place_of(names_of[t->kind], p->token->text, strlen(p->token->text));

	if (i < 0)
		return not_among(t, p, p->token->text, strlen(p->token->text));
	t->number = t->kind == WHERE_VIA ? i + 1 : i;
	return 0;
}

/* One of a set: its bit, 0: it is none. "0x100": bits that have no name, as output has them. */
static where_number bits_of(const struct test *t, const char *s, size_t size)
{
	static const char prefix[] = "FALLOC_FL_";
	size_t skip = 0;
	unsigned long long n;
	char *end;
	int i;

	if (t->kind == WHERE_FLAGS && !strncmp(s, "0x", 2)) {
		n = strtoull(s, &end, 16);
		return end == s + size && n <= UINT32_MAX ? (where_number)n : 0;
	}
	if (t->kind == WHERE_FLAGS && !strncasecmp(s, prefix, sizeof(prefix) - 1))
		skip = sizeof(prefix) - 1;
	i = place_of(names_of[t->kind], s + skip, size - skip);
	return i < 0 ? 0 : t->kind == WHERE_FLAGS ? mode_flags[i].bit : 1u << i;
}

/* "A|B", "A|0x100", "0", "0x3" */
static int set(struct test *t, const struct place *p)
{
	const char *s = p->token->text;

	if (*s >= '0' && *s <= '9' && !strchr(s, '|'))
		return whole(t, p, true);
	for (;; s++) {
		size_t size = strcspn(s, "|");
		where_number bits = bits_of(t, s, size);

		if (!bits)
			return not_among(t, p, s, size);
		t->number |= bits;
		s += size;
		if (!*s)
			return 0;
	}
}

static int error(struct test *t, const struct place *p)
{
	int number = strcmp(p->token->text, "0") ? errno_number(p->token->text) : 0;

	if (number < 0)
		return WRONG(p, "there is no such error (ENOSPC, nospc, 28; 0: none)");
	t->number = number;
	return 0;
}

/* --- text --- */

static int text(struct test *t, const struct place *p)
{
	if (!strcmp(t->field->name, "comm") && t->compare <= COMPARE_UNEQUAL && strlen(p->token->text) >= COMM_SIZE)
		return WRONG(p, "is longer than the %d bytes that the kernel keeps of a name", COMM_SIZE - 1);
	t->text = strdup(p->token->text);
	t->name_only = !strcmp(t->field->name, "path") && !strchr(p->token->text, '/');
	if (t->text)
		return 0;
	errno = ENOMEM;
	return error_errno(p->e, "cannot keep the filter");
}

/* --- another field --- */

static bool is_text(enum where_kind kind)
{
	return kind == WHERE_TEXT || (kind >= WHERE_OP && kind <= WHERE_AFTER);
}

/* 0: it is none, 1: it is, -1: it is, and can't be compared with this one. */
static int field(struct test *t, const struct place *p)
{
	const struct token *token = p->token;
	const struct field *f;
	enum where_kind kind;

	if (token->kind != TOKEN_WORD || is_text(t->kind) || t->compare == COMPARE_BITS)
		return 0;
	f = field_find(token->text, token->size);
	if (!f || (t->kind == WHERE_RET && errno_number(token->text) >= 0))
		return 0;
	kind = where_kind_of(f);
	t->other = f;
	if (kind == t->kind || (kind <= WHERE_UID && t->kind <= WHERE_UID))
		return 1;
	if (kind == WHERE_BLOCKS && t->kind == WHERE_BYTES)
		t->other_scale = BLOCK;
	else if (kind == WHERE_BYTES && t->kind == WHERE_BLOCKS)
		t->scale = BLOCK;
	else
		return WRONG(p, "%s and %s are not of a kind", t->field->name, f->name);
	return 1;
}

/* --- which --- */

static int value(struct test *t, const struct place *p)
{
	switch (t->kind) {
	case WHERE_NUMBER:
		return whole(t, p, false);
	case WHERE_MODE:
		return whole(t, p, true);
	case WHERE_RET:
		return ret(t, p);
	case WHERE_UID:
		return uid(t, p);
	case WHERE_BYTES:
	case WHERE_NS:
		return with_unit(t, p);
	case WHERE_BLOCKS:
		return blocks(t, p);
	case WHERE_TIME:
		return moment(t, p);
	case WHERE_OP:
	case WHERE_VIA:
	case WHERE_AFTER:
		return word(t, p);
	case WHERE_ERROR:
		return error(t, p);
	case WHERE_FLAGS:
	case WHERE_ODD:
		return set(t, p);
	case WHERE_TEXT:
		break;
	}
	return text(t, p);
}

int where_value(struct test *t, const char *expression, const struct token *token, struct error *e)
{
	struct place p = {expression, token, e};
	int other;

	if (token->kind != TOKEN_WORD && token->kind != TOKEN_STRING)
		return WRONG(&p, "%s is compared with nothing", t->field->name);
	other = field(t, &p);
	if (other)
		return other < 0 ? -1 : 0;
	if (t->compare == COMPARE_GLOB || t->compare == COMPARE_NO_GLOB)
		return text(t, &p);
	return value(t, &p);
}
