/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "page_script.h"

static const char exit_format[] = "name: vfs_exit\nID: 10\nformat:\n"
				  "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
				  "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
				  "\tfield:s32 ret;\toffset:8;\tsize:4;\tsigned:1;\n\nprint fmt: \"\"\n";
static const char enter_format[] = "name: vfs_enter\nID: 12\nformat:\n"
				   "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
				   "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
				   "\tfield:char comm[8];\toffset:8;\tsize:8;\tsigned:1;\n\nprint fmt: \"\"\n";

static const struct page_format format = {8, false};

static int cpu_number(const struct source *s, int i)
{
	(void)s;
	return i * 10;
}

static enum page_result next(struct source *source, int i, struct page *page, struct error *e)
{
	struct script *s = (struct script *)source;
	struct step *step = &s->steps[i][s->pos[i]];

	s->asked[i]++;
	if (s->pos[i] < s->count[i] && step->after > s->now)
		return PAGE_NONE;
	free(s->held[i]);
	s->held[i] = NULL;
	if (s->pos[i] == s->count[i])
		return PAGE_END;
	s->pos[i]++;
	page->lost = step->lost;
	if (step->result == PAGE_FAILED)
		error_set(e, "a bad day");
	if (step->result == PAGE_OK) {
		s->held[i] = malloc(step->size);
		memcpy(s->held[i], step->page, step->size);
		page->data = s->held[i];
		page->size = step->size;
	}
	return step->result;
}

struct script *script_new(int cpus)
{
	struct script *s = calloc(1, sizeof(*s));
	struct error e;

	s->source = (struct source){.cpus = cpus, .cpu_number = cpu_number, .next = next};
	for (int i = 0; i < cpus; i++)
		s->steps[i] = calloc(STEPS_MAX + 1, sizeof(struct step));
	s->schema = schema_new(&format);
	assert_int_equal(schema_add(s->schema, "falloctrace", exit_format, strlen(exit_format), &e), 1);
	assert_int_equal(schema_add(s->schema, "falloctrace", enter_format, strlen(enter_format), &e), 1);
	s->m = merge_new(&s->source, s->schema, &format);
	assert_non_null(s->m);
	return s;
}

void script_free(struct script *s)
{
	merge_free(s->m);
	schema_free(s->schema);
	for (int i = 0; i < s->source.cpus; i++) {
		free(s->steps[i]);
		free(s->held[i]);
	}
	free(s);
}

struct step *script_step(struct script *s, int cpu, enum page_result result)
{
	struct step *new = &s->steps[cpu][s->count[cpu]++];

	assert_true(s->count[cpu] <= STEPS_MAX);
	new->result = result;
	return new;
}

/* The tests run where the kernels do that they speak of: little endian, as the format says. */
void page_put(struct step *p, const void *bytes, size_t size)
{
	uint64_t commit = p->size - 16 + size;

	assert_true(p->size + size <= sizeof(p->page));
	memcpy(p->page + p->size, bytes, size);
	memcpy(p->page + 8, &commit, sizeof(commit));
	p->size += size;
}

struct step *script_page(struct script *s, int cpu, uint64_t ts)
{
	struct step *p = script_step(s, cpu, PAGE_OK);

	memcpy(p->page, &ts, 8);
	p->size = 16;
	return p;
}

void page_record(struct step *p, uint64_t ts, uint16_t id, int32_t tid, int32_t ret)
{
	uint32_t words[6] = {31 | (uint32_t)ts << 5, (uint32_t)(ts >> 27), 3, id, (uint32_t)tid, (uint32_t)ret};

	page_put(p, words, sizeof(words));
}

void page_named_record(struct step *p, uint64_t ts, const char *comm)
{
	uint32_t words[5] = {31 | (uint32_t)ts << 5, (uint32_t)(ts >> 27), 4, NAMED, 1};
	char text[8] = {0};

	memcpy(text, comm, strnlen(comm, sizeof(text)));
	page_put(p, words, sizeof(words));
	page_put(p, text, sizeof(text));
}

void page_flag(struct step *p, uint32_t flags, uint64_t count)
{
	uint64_t commit = (p->size - 16) | flags;

	memcpy(p->page + 8, &commit, 8);
	if (flags & FLAG_COUNTED) {
		memcpy(p->page + p->size, &count, 8);
		p->size += 8;
	}
}

void expect_event(struct script *s, uint64_t horizon, int cpu, uint64_t ts, int32_t ret)
{
	struct event ev;
	struct error e = {.text = ""};

	assert_int_equal(merge_next(s->m, horizon, &ev, &e), MERGE_OK);
	assert_int_equal(ev.kind, EVENT_VFS_EXIT);
	assert_int_equal(ev.ts, ts);
	assert_int_equal(ev.cpu, cpu * 10);
	assert_int_equal(ev.ret, ret);
}

void expect_lost(struct script *s, int cpu, uint64_t ts, uint64_t lost)
{
	struct event ev;
	struct error e = {.text = ""};

	assert_int_equal(merge_next(s->m, UINT64_MAX, &ev, &e), MERGE_OK);
	assert_int_equal(ev.kind, EVENT_LOST);
	assert_int_equal(ev.ts, ts);
	assert_int_equal(ev.cpu, cpu * 10);
	assert_int_equal(ev.lost, lost);
}

void expect_result(struct script *s, uint64_t horizon, enum merge_result want)
{
	struct event ev;
	struct error e = {.text = ""};

	assert_int_equal(merge_next(s->m, horizon, &ev, &e), want);
	assert_int_equal(want == MERGE_FAILED, !!e.text[0]);
}

void expect_failure(struct script *s, const char *part)
{
	struct event ev;
	struct error e = {.text = ""};

	assert_int_equal(merge_next(s->m, UINT64_MAX, &ev, &e), MERGE_FAILED);
	if (!strstr(e.text, part))
		fail_msg("\"%s\" lacks \"%s\"", e.text, part);
}

void expect_end(struct script *s)
{
	expect_result(s, UINT64_MAX, MERGE_END);
	expect_result(s, UINT64_MAX, MERGE_END);
}
