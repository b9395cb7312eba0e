/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "stats/findings.h"

struct findings {
	uint64_t calls, losses;
};

struct findings *findings_new(void)
{
	return calloc(1, sizeof(struct findings));
}

void findings_free(struct findings *f)
{
	free(f);
}

int findings_call(struct findings *f, const struct call *c)
{
	(void)c;
	f->calls++;
	return 0;
}

void findings_lost(struct findings *f, const struct loss *l)
{
	(void)l;
	f->losses++;
}

const struct finding *findings_end(struct findings *f, size_t *count)
{
	(void)f;
	*count = 0;
	return NULL;
}

void findings_total(const struct findings *f, enum finding_kind kind, struct finding_total *total)
{
	(void)f;
	(void)kind;
	*total = (struct finding_total){0};
}

uint64_t findings_calls(const struct findings *f)
{
	return f->calls;
}

uint64_t findings_losses(const struct findings *f)
{
	return f->losses;
}

uint64_t findings_forgotten(const struct findings *f)
{
	(void)f;
	return 0;
}

void findings_clear(struct findings *f)
{
	f->calls = f->losses = 0;
}

const char *finding_name(enum finding_kind kind)
{
	static const char *const names[FINDING_COUNT] = {
		[FINDING_NO_SPACE] = "no-space",
		[FINDING_PARTIAL_ALLOCATION] = "partial-allocation",
		[FINDING_SIZE_NOT_AS_PROMISED] = "size-not-as-promised",
		[FINDING_PUNCH_FREED_NOTHING] = "punch-freed-nothing",
		[FINDING_UNSUPPORTED] = "unsupported",
		[FINDING_INTERRUPTED] = "interrupted",
		[FINDING_ABSURD_LENGTH] = "absurd-length",
		[FINDING_SLOW] = "slow",
		[FINDING_UNUSED_RESERVATION] = "unused-reservation",
		[FINDING_TINY_EXTENDS] = "tiny-extends",
		[FINDING_TINY_PUNCHES] = "tiny-punches",
		[FINDING_UNALIGNED] = "unaligned",
	};

	return kind < FINDING_COUNT ? names[kind] : NULL;
}

const char *finding_meaning(const struct finding *f)
{
	(void)f;
	return "";
}

const char *finding_advice(const struct finding *f)
{
	(void)f;
	return "";
}
