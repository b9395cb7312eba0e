/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "falloctrace/dat_reader.h"

#define RECORD_WORDS 28 /* of 4 bytes: the most that a short head can tell */

static const char header_page[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				  "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				  "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				  "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";

static const char newtask[] = "name: task_newtask\nID: 77\nformat:\n"
			      "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
			      "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
			      "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
			      "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
			      "\tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;\n"
			      "\tfield:char comm[16];\toffset:12;\tsize:16;\tsigned:0;\n"
			      "\tfield:unsigned long clone_flags;\toffset:32;\tsize:8;\tsigned:0;\n"
			      "\tfield:short oom_score_adj;\toffset:40;\tsize:2;\tsigned:1;\n\nprint fmt: \"\"\n";

static const struct dat_event_format formats[] = {{"task", "task_newtask", newtask, sizeof(newtask) - 1}};

void recording_page(unsigned char page[REC_PAGE], int cpu, unsigned n)
{
	uint64_t ts = 1000000 + (uint64_t)n * 1000;
	unsigned long commit = REC_EVENTS * (RECORD_WORDS + 1) * 4;
	uint32_t words[RECORD_WORDS + 1];
	uint16_t id = 9; /* none that the head knows */

	memset(page, 0, REC_PAGE);
	memcpy(page, &ts, sizeof(ts));
	memcpy(page + 8, &commit, sizeof(commit));
	for (unsigned i = 0; i < REC_EVENTS; i++) {
		for (unsigned j = 1; j <= RECORD_WORDS; j++)
			words[j] = (uint32_t)cpu << 24 ^ n * 2654435761u ^ i << 16 ^ j;
		words[0] = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? (uint32_t)RECORD_WORDS << 27 | 5 :
								    RECORD_WORDS | 5 << 5;
		memcpy(&words[1], &id, sizeof(id));
		memcpy(page + 8 + sizeof(long) + i * sizeof(words), words, sizeof(words));
	}
}

struct dat_contents recording_contents(const struct trace_info *info)
{
	return (struct dat_contents){
		.header_page = header_page,
		.header_event = "# compressed entry header\n",
		.events = formats,
		.events_count = 1,
		.kallsyms = "",
		.cmdlines = "",
		.trace_clock = "local [mono] boot",
		.uname = "Linux somewhere 6.1.0 x86_64",
		.info = info,
		.subbuf_size = REC_PAGE,
	};
}

struct dat_writer *recording_begin(const char *path, int cpus)
{
	struct error e = {.text = ""};
	struct dat_writer *w = dat_writer_create(path, cpus, REC_PAGE, &e);
	struct trace_info info;
	struct dat_contents c = recording_contents(&info);

	if (!w)
		return NULL;
	info_init(&info);
	strcpy(info.host, "somewhere");
	strcpy(info.clock, "mono");
	if (dat_writer_head(w, &c, &e))
		fail_msg("%s", e.text);
	info_free(&info);
	return w;
}

void recording_put(struct dat_writer *w, int cpu, unsigned from, unsigned count)
{
	unsigned char page[REC_PAGE];
	struct error e;

	for (; count; count--, from++) {
		recording_page(page, cpu, from);
		if (dat_writer_page(w, cpu, page, sizeof(page), &e))
			fail_msg("%s", e.text);
	}
}

static void expect_stream(struct source *s, int i, unsigned pages, bool lossy)
{
	unsigned char want[REC_PAGE], got[REC_PAGE];
	int cpu = s->cpu_number(s, i);
	struct page page;
	struct error e;

	for (unsigned n = 0; n < pages; n++) {
		if (s->next(s, i, &page, &e) != PAGE_OK)
			fail_msg("page %u of CPU %d: %s", n, cpu, e.text);
		assert_int_equal(page.size, REC_PAGE);
		memcpy(got, page.data, REC_PAGE);
		recording_page(want, cpu, n);
		if (lossy)
			memcpy(got + 8, want + 8, sizeof(long));
		if (memcmp(got, want, REC_PAGE))
			fail_msg("page %u of CPU %d is another one", n, cpu);
	}
	assert_int_equal(s->next(s, i, &page, &e), PAGE_END);
}

void recording_expect(const char *path, int cpus, const unsigned *pages, bool lossy)
{
	struct error e = {.text = ""};
	struct dat_reader *r = dat_reader_open(path, &e);
	const char *system;
	struct source *s;
	size_t size;
	char *text;
	int with_pages = 0;

	if (!r)
		fail_msg("%s", e.text);
	assert_int_equal(dat_reader_problems(r), 0);
	text = dat_reader_format_text(r, 0, &system, &size, &e);
	assert_string_equal(text, newtask);
	assert_string_equal(system, "task");
	free(text);
	text = dat_reader_text(r, DAT_TEXT_HEADER_PAGE, &size, &e);
	assert_string_equal(text, header_page);
	free(text);
	text = dat_reader_text(r, DAT_TEXT_CLOCK, &size, &e);
	assert_string_equal(text, "local [mono] boot");
	free(text);
	s = dat_reader_source(r);
	for (int i = 0; i < s->cpus; i++) {
		int cpu = s->cpu_number(s, i);

		assert_in_range(cpu, 0, cpus - 1);
		expect_stream(s, i, pages[cpu], lossy);
		with_pages += pages[cpu] > 0;
	}
	for (int cpu = 0; cpu < cpus; cpu++)
		with_pages -= pages[cpu] > 0;
	assert_int_equal(with_pages, 0);
	dat_reader_close(r);
}

const char *recording_part(const char *path, const char *name)
{
	static char part[512];

	snprintf(part, sizeof(part), "%s.partial/%s", path, name);
	return part;
}

unsigned recording_kept(const char *path, int cpu)
{
	char name[32];
	struct stat st;

	snprintf(name, sizeof(name), "cpu%d", cpu);
	return stat(recording_part(path, name), &st) ? 0 : (unsigned)(st.st_size / REC_PAGE);
}
