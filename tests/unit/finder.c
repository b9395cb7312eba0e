/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"
#include "finder.h"

static const uint32_t modes[OP_COUNT] = {
	[OP_EXTEND] = 0,  [OP_KEEP] = 1,       [OP_PUNCH] = 3,		 [OP_COLLAPSE] = 8,	[OP_INSERT] = 0x20,
	[OP_ZERO] = 0x10, [OP_UNSHARE] = 0x40, [OP_WRITE_ZEROES] = 0x80, [OP_INVALID] = 0x1000,
};

void finder_init(struct finder *t)
{
	t->f = findings_new();
	assert_non_null(t->f);
	t->next = call_whole();
	t->next.end = t->next.start + 10000;
	finder_set(t, 16 * MIB, 16 * MIB / 512);
}

void finder_free(struct finder *t)
{
	findings_free(t->f);
}

void finder_set(struct finder *t, int64_t size, uint64_t blocks)
{
	t->next.size_before = t->next.size_after = size;
	t->next.blocks_before = t->next.blocks_after = blocks;
}

void finder_call(struct finder *t, enum op op, int64_t offset, int64_t len, int64_t ret)
{
	struct call *c = &t->next;
	uint64_t latency = c->end - c->start;

	c->op = op;
	c->mode = modes[op];
	c->offset = offset;
	c->len = len;
	c->ret = ret;
	assert_int_equal(findings_call(t->f, c), 0);
	c->start = c->end + FINDER_STEP;
	c->end = c->start + latency;
	c->utc += (int64_t)latency + FINDER_STEP;
}

void finder_change(struct finder *t, enum op op, int64_t offset, int64_t len, int64_t ret, int64_t size,
		   uint64_t blocks)
{
	t->next.size_after = size;
	t->next.blocks_after = blocks;
	finder_call(t, op, offset, len, ret);
	finder_set(t, size, blocks);
}

void finder_expect(struct finder *t, const char *kinds)
{
	char got[512] = "";
	size_t count, size = 0;
	const struct finding *f = findings_end(t->f, &count);

	for (size_t i = 0; i < count; i++)
		size += (size_t)snprintf(got + size, sizeof(got) - size, "%s%s", i ? " " : "", finding_name(f[i].kind));
	assert_string_equal(got, kinds);
}

const struct finding *finder_found(struct finder *t, enum finding_kind kind)
{
	size_t count;
	const struct finding *f = findings_end(t->f, &count);

	for (size_t i = 0; i < count; i++)
		if (f[i].kind == kind)
			return &f[i];
	fail_msg("no %s was found", finding_name(kind));
	return NULL;
}

int64_t finder_number(const struct finding *f, const char *name)
{
	for (size_t i = 0; i < f->numbers_count; i++)
		if (!strcmp(f->numbers[i].name, name))
			return f->numbers[i].value;
	fail_msg("%s has no %s", finding_name(f->kind), name);
	return 0;
}
