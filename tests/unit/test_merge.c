/* SPDX-License-Identifier: MIT */
/*
 * A source that follows a script. A page is freed when the next one of its CPU
 * is asked for, so that a sanitizer sees who looks at it too long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "falloctrace/merge.h"

#define CPUS_MAX 40
#define STEPS_MAX 200
#define KNOWN 10 /* ids of events */
#define OTHER 11
#define NAMED 12
#define FLAG_LOST (1u << 31)
#define FLAG_COUNTED (1u << 30)

static const char exit_format[] = "name: vfs_exit\nID: 10\nformat:\n"
				  "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
				  "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
				  "\tfield:s32 ret;\toffset:8;\tsize:4;\tsigned:1;\n\nprint fmt: \"\"\n";
static const char enter_format[] = "name: vfs_enter\nID: 12\nformat:\n"
				   "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
				   "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
				   "\tfield:char comm[8];\toffset:8;\tsize:8;\tsigned:1;\n\nprint fmt: \"\"\n";

static const struct page_format format = {8, false};

struct step {
	enum page_result result;
	unsigned char page[256];
	size_t size;
	uint64_t lost;
	uint64_t after; /* not there before this time */
};

struct script {
	struct source source;
	struct step *steps[CPUS_MAX];
	int count[CPUS_MAX], pos[CPUS_MAX];
	unsigned asked[CPUS_MAX];
	unsigned char *held[CPUS_MAX];
	uint64_t now;
	struct schema *schema;
	struct merge *m;
};

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

static struct script *script_new(int cpus)
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

static void script_free(struct script *s)
{
	merge_free(s->m);
	schema_free(s->schema);
	for (int i = 0; i < s->source.cpus; i++) {
		free(s->steps[i]);
		free(s->held[i]);
	}
	free(s);
}

static struct step *step(struct script *s, int cpu, enum page_result result)
{
	struct step *new = &s->steps[cpu][s->count[cpu]++];

	assert_true(s->count[cpu] <= STEPS_MAX);
	new->result = result;
	return new;
}

/* The tests run where the kernels do that they speak of: little endian, as the format says. */
static void put(struct step *p, const void *bytes, size_t size)
{
	uint64_t commit = p->size - 16 + size;

	assert_true(p->size + size <= sizeof(p->page));
	memcpy(p->page + p->size, bytes, size);
	memcpy(p->page + 8, &commit, sizeof(commit));
	p->size += size;
}

static struct step *page(struct script *s, int cpu, uint64_t ts)
{
	struct step *p = step(s, cpu, PAGE_OK);

	memcpy(p->page, &ts, 8);
	p->size = 16;
	return p;
}

/* A record of 12 bytes at an absolute time. */
static void record(struct step *p, uint64_t ts, uint16_t id, int32_t tid, int32_t ret)
{
	uint32_t words[6] = {31 | (uint32_t)ts << 5, (uint32_t)(ts >> 27), 3, id, (uint32_t)tid, (uint32_t)ret};

	put(p, words, sizeof(words));
}

static void named_record(struct step *p, uint64_t ts, const char *comm)
{
	uint32_t words[5] = {31 | (uint32_t)ts << 5, (uint32_t)(ts >> 27), 4, NAMED, 1};
	char text[8];

	strncpy(text, comm, sizeof(text));
	put(p, words, sizeof(words));
	put(p, text, sizeof(text));
}

static void flag(struct step *p, uint32_t flags, uint64_t count)
{
	uint64_t commit = (p->size - 16) | flags;

	memcpy(p->page + 8, &commit, 8);
	if (flags & FLAG_COUNTED) {
		memcpy(p->page + p->size, &count, 8);
		p->size += 8;
	}
}

static void expect(struct script *s, uint64_t horizon, int cpu, uint64_t ts, int32_t ret)
{
	struct event ev;
	struct error e = {.text = ""};

	assert_int_equal(merge_next(s->m, horizon, &ev, &e), MERGE_OK);
	assert_int_equal(ev.kind, EVENT_VFS_EXIT);
	assert_int_equal(ev.ts, ts);
	assert_int_equal(ev.cpu, cpu * 10);
	assert_int_equal(ev.ret, ret);
}

static void expect_lost(struct script *s, int cpu, uint64_t ts, uint64_t lost)
{
	struct event ev;
	struct error e = {.text = ""};

	assert_int_equal(merge_next(s->m, UINT64_MAX, &ev, &e), MERGE_OK);
	assert_int_equal(ev.kind, EVENT_LOST);
	assert_int_equal(ev.ts, ts);
	assert_int_equal(ev.cpu, cpu * 10);
	assert_int_equal(ev.lost, lost);
}

static void expect_result(struct script *s, uint64_t horizon, enum merge_result want)
{
	struct event ev;
	struct error e = {.text = ""};

	assert_int_equal(merge_next(s->m, horizon, &ev, &e), want);
	assert_int_equal(want == MERGE_FAILED, !!e.text[0]);
}

static void expect_failure(struct script *s, const char *part)
{
	struct event ev;
	struct error e = {.text = ""};

	assert_int_equal(merge_next(s->m, UINT64_MAX, &ev, &e), MERGE_FAILED);
	if (!strstr(e.text, part))
		fail_msg("\"%s\" lacks \"%s\"", e.text, part);
}

static void expect_end(struct script *s)
{
	expect_result(s, UINT64_MAX, MERGE_END);
	expect_result(s, UINT64_MAX, MERGE_END);
}

static void test_order(void **state)
{
	struct script *s = script_new(3);
	struct merge_counts counts;
	struct step *p;

	(void)state;
	p = page(s, 0, 5);
	record(p, 10, KNOWN, 1, -1);
	record(p, 15, OTHER, 1, -2);
	record(p, 40, KNOWN, 1, -3);
	p = page(s, 0, 50);
	record(p, 50, OTHER, 1, -4);
	p = page(s, 0, 60);
	record(p, 60, KNOWN, 1, -5);
	p = page(s, 2, 5);
	record(p, 20, KNOWN, 1, -6);
	record(p, 40, KNOWN, 1, -7);
	record(p, 55, KNOWN, 1, -8);
	expect(s, UINT64_MAX, 0, 10, -1);
	expect(s, UINT64_MAX, 2, 20, -6);
	expect(s, UINT64_MAX, 0, 40, -3);
	expect(s, UINT64_MAX, 2, 40, -7);
	expect(s, UINT64_MAX, 2, 55, -8);
	expect(s, UINT64_MAX, 0, 60, -5);
	expect_end(s);
	merge_counts(s->m, &counts);
	assert_int_equal(counts.pages, 4);
	assert_int_equal(counts.records, 8);
	assert_int_equal(counts.events, 6);
	assert_int_equal(counts.broken, 0);
	assert_int_equal(counts.bytes, 4 * 16 + 8 * 24);
	script_free(s);
}

static void test_no_cpus(void **state)
{
	struct script *s = script_new(0);

	(void)state;
	expect_end(s);
	script_free(s);
}

static void test_strings_live_until_the_next_call(void **state)
{
	struct script *s = script_new(2);
	struct event ev;
	struct error e;

	(void)state;
	named_record(page(s, 0, 1), 1, "one");
	named_record(page(s, 0, 2), 3, "three");
	named_record(page(s, 1, 1), 2, "two");
	for (int i = 0; i < 3; i++) {
		static const char *const want[] = {"one", "two", "three"};

		assert_int_equal(merge_next(s->m, UINT64_MAX, &ev, &e), MERGE_OK);
		assert_int_equal(ev.comm.size, strlen(want[i]));
		assert_memory_equal(ev.comm.data, want[i], strlen(want[i]));
	}
	expect_end(s);
	script_free(s);
}

static void test_horizon(void **state)
{
	struct script *s = script_new(2);
	struct step *p;

	(void)state;
	p = page(s, 0, 1);
	record(p, 10, KNOWN, 1, -1);
	record(p, 20, KNOWN, 1, -2);
	record(p, 30, OTHER, 1, -3);
	record(p, 40, KNOWN, 1, -4);
	expect_result(s, 9, MERGE_NONE);
	expect(s, 10, 0, 10, -1);
	expect_result(s, 19, MERGE_NONE);
	expect_result(s, 19, MERGE_NONE);
	expect(s, 25, 0, 20, -2);
	expect_result(s, 25, MERGE_NONE);
	expect_result(s, 35, MERGE_NONE);
	expect(s, 40, 0, 40, -4);
	expect_end(s);
	script_free(s);
}

/* A CPU that had nothing is asked once for all events up to one horizon, and again for the next. */
static void test_empty_cpu_is_asked_once_a_round(void **state)
{
	struct script *s = script_new(2);
	struct step *p;

	(void)state;
	p = page(s, 0, 1);
	record(p, 10, KNOWN, 1, -1);
	record(p, 20, KNOWN, 1, -2);
	record(p, 60, KNOWN, 1, -3);
	p = page(s, 1, 30);
	record(p, 30, KNOWN, 1, -4);
	p->after = 35;
	expect(s, 25, 0, 10, -1);
	expect(s, 25, 0, 20, -2);
	expect_result(s, 25, MERGE_NONE);
	assert_int_equal(s->asked[1], 1);
	s->now = 40;
	expect(s, 50, 1, 30, -4);
	assert_int_equal(s->asked[1], 2);
	expect_result(s, 50, MERGE_NONE);
	assert_int_equal(s->asked[0], 1);
	expect(s, 60, 0, 60, -3);
	expect_end(s);
	script_free(s);
}

/* Who asks for everything until nothing comes, and then again, is served again. */
static void test_same_horizon_after_nothing(void **state)
{
	struct script *s = script_new(1);

	(void)state;
	step(s, 0, PAGE_NONE);
	step(s, 0, PAGE_NONE);
	record(page(s, 0, 30), 30, KNOWN, 1, -4);
	expect_result(s, UINT64_MAX, MERGE_NONE);
	expect_result(s, UINT64_MAX, MERGE_NONE);
	expect(s, UINT64_MAX, 0, 30, -4);
	expect_end(s);
	script_free(s);
}

static void test_losses_of_page_and_source(void **state)
{
	static const struct {
		uint32_t flags;
		uint64_t counted, source, want;
	} cases[] = {
		{0, 0, 7, 7},
		{0, 0, LOST_UNKNOWN, LOST_UNKNOWN},
		{FLAG_LOST, 0, 0, LOST_UNKNOWN},
		{FLAG_LOST, 0, 7, 7},
		{FLAG_LOST, 0, LOST_UNKNOWN, LOST_UNKNOWN},
		{FLAG_LOST | FLAG_COUNTED, 5, 0, 5},
		{FLAG_LOST | FLAG_COUNTED, 5, LOST_UNKNOWN, 5},
		{FLAG_LOST | FLAG_COUNTED, 5, 7, 7},
		{FLAG_LOST | FLAG_COUNTED, 7, 5, 7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct script *s = script_new(1);
		struct step *p = page(s, 0, 1);

		record(p, 10, KNOWN, 1, -1);
		p = page(s, 0, 1);
		record(p, 20, KNOWN, 1, -2);
		flag(p, cases[i].flags, cases[i].counted);
		p->lost = cases[i].source;
		expect(s, UINT64_MAX, 0, 10, -1);
		expect_lost(s, 0, 20, cases[i].want);
		expect(s, UINT64_MAX, 0, 20, -2);
		expect_end(s);
		script_free(s);
	}
}

/* The time of a loss is that of the next record of any kind, and other CPUs' events before it come first. */
static void test_loss_before_a_record_of_no_interest(void **state)
{
	struct script *s = script_new(2);
	struct step *p = page(s, 0, 1);

	(void)state;
	record(p, 20, OTHER, 1, -1);
	record(p, 40, KNOWN, 1, -2);
	p->lost = 3;
	p = page(s, 1, 1);
	record(p, 15, KNOWN, 1, -3);
	record(p, 30, KNOWN, 1, -4);
	/* The gap begins before all else, and ends with the record. */
	expect_lost(s, 0, 20, 3);
	expect(s, UINT64_MAX, 1, 15, -3);
	expect_result(s, 16, MERGE_NONE);
	expect(s, UINT64_MAX, 1, 30, -4);
	expect(s, UINT64_MAX, 0, 40, -2);
	expect_end(s);
	script_free(s);
}

/* What other CPUs saw during the gap comes behind its announcement, which tells where it ends. */
static void test_loss_where_the_gap_begins(void **state)
{
	struct script *s = script_new(2);
	struct step *p = page(s, 0, 1);

	(void)state;
	record(p, 10, KNOWN, 1, -1);
	p = page(s, 0, 1);
	record(p, 40, KNOWN, 1, -2);
	p->lost = 3;
	p = page(s, 1, 1);
	record(p, 5, KNOWN, 1, -3);
	record(p, 20, KNOWN, 1, -4);
	record(p, 50, KNOWN, 1, -5);
	expect(s, 25, 1, 5, -3);
	expect(s, 25, 0, 10, -1);
	expect_lost(s, 0, 40, 3);
	expect(s, 25, 1, 20, -4);
	expect_result(s, 25, MERGE_NONE);
	expect(s, UINT64_MAX, 0, 40, -2);
	expect(s, UINT64_MAX, 1, 50, -5);
	expect_end(s);
	script_free(s);
}

static void test_loss_before_an_empty_page(void **state)
{
	struct script *s = script_new(1);
	struct step *p = page(s, 0, 1);

	(void)state;
	record(p, 10, KNOWN, 1, -1);
	page(s, 0, 12)->lost = 3;
	p = page(s, 0, 13);
	p->lost = 4;
	record(p, 20, KNOWN, 1, -2);
	page(s, 0, 12)->lost = LOST_UNKNOWN;
	p = page(s, 0, 13);
	p->lost = 4;
	record(p, 30, KNOWN, 1, -3);
	expect(s, UINT64_MAX, 0, 10, -1);
	expect_lost(s, 0, 20, 7);
	expect(s, UINT64_MAX, 0, 20, -2);
	expect_lost(s, 0, 30, LOST_UNKNOWN);
	expect(s, UINT64_MAX, 0, 30, -3);
	expect_end(s);
	script_free(s);
}

static void test_loss_at_the_end(void **state)
{
	struct script *s = script_new(3);

	(void)state;
	record(page(s, 0, 1), 10, KNOWN, 1, -1);
	page(s, 0, 12)->lost = 3;
	/* … or told with the end itself */
	record(page(s, 1, 1), 20, KNOWN, 1, -2);
	step(s, 1, PAGE_END)->lost = 4;
	step(s, 2, PAGE_END)->lost = UINT64_MAX - 1;
	expect_lost(s, 2, 0, UINT64_MAX - 1);
	expect(s, UINT64_MAX, 0, 10, -1);
	expect_lost(s, 0, 10, 3);
	expect(s, UINT64_MAX, 1, 20, -2);
	expect_lost(s, 1, 20, 4);
	assert_int_equal(s->asked[2], 1);
	expect_end(s);
	/* Who has ended is not asked again. */
	assert_int_equal(s->asked[2], 1);
	script_free(s);
}

/* A CPU that writes what nobody wants faster than we read must not keep us. */
static void test_nothing_is_passed_over_beyond_the_horizon(void **state)
{
	struct script *s = script_new(1);

	(void)state;
	for (uint64_t i = 1; i < 100; i++)
		record(page(s, 0, i * 10), i * 10, OTHER, 1, -1);
	expect_result(s, 35, MERGE_NONE);
	assert_int_equal(s->asked[0], 4);
	expect_end(s);
	script_free(s);
}

static void test_sums_of_losses_do_not_wrap(void **state)
{
	struct script *s = script_new(1);

	(void)state;
	page(s, 0, 1)->lost = UINT64_MAX - 1;
	page(s, 0, 1)->lost = 3;
	expect_lost(s, 0, 0, LOST_UNKNOWN);
	expect_end(s);
	script_free(s);
}

static void test_broken_pages(void **state)
{
	struct script *s = script_new(2);
	struct merge_counts counts;
	struct step *p = page(s, 1, 1);

	(void)state;
	record(p, 10, KNOWN, 1, -1);
	flag(p, 0x1000, 0); /* claims to be larger than it is */
	p = page(s, 1, 1);
	record(p, 20, KNOWN, 1, -2);
	put(p, "\x00\x00\x00\x00\xff\xff\xff\xff", 8); /* and so does a record */
	record(p, 21, KNOWN, 1, -3);
	p = page(s, 1, 1);
	record(p, 30, KNOWN, 1, -4);
	p = page(s, 0, 1);
	record(p, 15, KNOWN, 1, -5);
	expect_failure(s, "CPU 10: ");
	/* What was in it is lost, and nobody knows how much that is. */
	expect_lost(s, 1, 20, LOST_UNKNOWN);
	expect(s, UINT64_MAX, 0, 15, -5);
	expect(s, UINT64_MAX, 1, 20, -2);
	expect_failure(s, "CPU 10: ");
	expect_lost(s, 1, 30, LOST_UNKNOWN);
	expect(s, UINT64_MAX, 1, 30, -4);
	expect_end(s);
	merge_counts(s->m, &counts);
	assert_int_equal(counts.broken, 2);
	assert_int_equal(counts.pages, 4);
	script_free(s);
}

static void test_broken_records(void **state)
{
	struct script *s = script_new(1);
	struct merge_counts counts;
	struct step *p = page(s, 0, 1);
	uint32_t short_one[4] = {2, NAMED, 1, 3};

	(void)state;
	record(p, 10, KNOWN, 1, -1);
	put(p, short_one, 12);
	record(p, 20, KNOWN, 1, -2);
	expect(s, UINT64_MAX, 0, 10, -1);
	expect_failure(s, "CPU 0: ");
	expect_lost(s, 0, 20, 1);
	expect(s, UINT64_MAX, 0, 20, -2);
	expect_end(s);
	merge_counts(s->m, &counts);
	assert_int_equal(counts.broken, 1);
	assert_int_equal(counts.events, 2);
	script_free(s);
}

static void test_failing_source(void **state)
{
	struct script *s = script_new(2);

	(void)state;
	step(s, 0, PAGE_FAILED);
	record(page(s, 0, 1), 10, KNOWN, 1, -1);
	record(page(s, 1, 1), 5, KNOWN, 1, -2);
	expect_failure(s, "CPU 0: a bad day");
	expect(s, UINT64_MAX, 1, 5, -2);
	expect(s, UINT64_MAX, 0, 10, -1);
	expect_end(s);
	script_free(s);
}

static void test_source_that_always_fails(void **state)
{
	struct script *s = script_new(1);
	struct event ev;
	struct error e;
	int calls = 0;

	(void)state;
	for (int i = 0; i < STEPS_MAX; i++)
		step(s, 0, PAGE_FAILED);
	while (merge_next(s->m, UINT64_MAX, &ev, &e) == MERGE_FAILED)
		assert_true(++calls < STEPS_MAX);
	expect_end(s);
	script_free(s);
}

static void test_time_going_backwards(void **state)
{
	struct script *s = script_new(2);
	struct step *p = page(s, 0, 1);

	(void)state;
	record(p, 30, KNOWN, 1, -1);
	record(p, 10, KNOWN, 1, -2);
	record(p, 40, KNOWN, 1, -3);
	record(page(s, 1, 1), 20, KNOWN, 1, -4);
	expect(s, UINT64_MAX, 1, 20, -4);
	expect(s, UINT64_MAX, 0, 30, -1);
	expect(s, UINT64_MAX, 0, 10, -2);
	expect(s, UINT64_MAX, 0, 40, -3);
	expect_end(s);
	script_free(s);
}

static uint64_t seed = 0x5bd1e995deadbeef;

static uint64_t draw(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* CPUs at random; times are all different, so that sorting them says what must come out. */
static size_t make_random(struct script *s, uint64_t *times)
{
	uint64_t ts = 0;
	size_t count = 0;

	for (int i = 0; i < 400; i++) {
		int cpu = (int)draw((uint64_t)s->source.cpus);
		struct step *p;

		if (s->count[cpu] > STEPS_MAX - 2)
			continue;
		ts += 1 + draw(1000);
		p = page(s, cpu, ts);
		/* Not read before it is whole, and perhaps later. */
		for (uint64_t n = draw(8); n; n--) {
			bool known = draw(3);

			ts += 1 + draw(50);
			record(p, ts, known ? KNOWN : OTHER, 1, -5);
			if (known)
				times[count++] = ts;
		}
	}
	return count;
}

static void test_random_replay(void **state)
{
	static uint64_t times[4000];

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct script *s = script_new(1 + (int)draw(CPUS_MAX));
		size_t count = make_random(s, times);
		struct event ev;
		struct error e;

		qsort(times, count, sizeof(times[0]), compare);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(merge_next(s->m, UINT64_MAX, &ev, &e), MERGE_OK);
			assert_int_equal(ev.ts, times[i]);
		}
		expect_end(s);
		script_free(s);
	}
}

/* Live: a page is there once its last record was written. The horizon is read before the source is asked. */
static void test_random_live(void **state)
{
	static uint64_t times[4000];

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct script *s = script_new(1 + (int)draw(8));
		uint64_t horizon = 0, last = 0;
		size_t count = 0, seen = 0;
		enum merge_result ret;
		struct event ev;
		struct error e;
		uint64_t ts = 0;

		for (int i = 0; i < 400; i++) {
			int cpu = (int)draw((uint64_t)s->source.cpus);

			if (s->count[cpu] > STEPS_MAX - 2)
				continue;
			ts += 1 + draw(100);
			record(page(s, cpu, ts), ts, KNOWN, 1, -5);
			s->steps[cpu][s->count[cpu] - 1].after = ts;
			times[count++] = ts;
		}
		do {
			horizon += draw(500);
			s->now = horizon + draw(200);
			while ((ret = merge_next(s->m, horizon, &ev, &e)) == MERGE_OK) {
				assert_true(ev.ts <= horizon && ev.ts >= last);
				assert_int_equal(ev.ts, times[seen]);
				last = ev.ts;
				seen++;
			}
			assert_true(ret == MERGE_NONE || ret == MERGE_END);
			/* all that had happened by then */
			assert_true(seen == count || times[seen] > horizon);
		} while (ret == MERGE_NONE);
		assert_int_equal(seen, count);
		script_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_no_cpus),
		cmocka_unit_test(test_strings_live_until_the_next_call),
		cmocka_unit_test(test_horizon),
		cmocka_unit_test(test_empty_cpu_is_asked_once_a_round),
		cmocka_unit_test(test_same_horizon_after_nothing),
		cmocka_unit_test(test_losses_of_page_and_source),
		cmocka_unit_test(test_loss_before_a_record_of_no_interest),
		cmocka_unit_test(test_loss_where_the_gap_begins),
		cmocka_unit_test(test_loss_before_an_empty_page),
		cmocka_unit_test(test_loss_at_the_end),
		cmocka_unit_test(test_nothing_is_passed_over_beyond_the_horizon),
		cmocka_unit_test(test_sums_of_losses_do_not_wrap),
		cmocka_unit_test(test_broken_pages),
		cmocka_unit_test(test_broken_records),
		cmocka_unit_test(test_failing_source),
		cmocka_unit_test(test_source_that_always_fails),
		cmocka_unit_test(test_time_going_backwards),
		cmocka_unit_test(test_random_replay),
		cmocka_unit_test(test_random_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
