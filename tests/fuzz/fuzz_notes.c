/* SPDX-License-Identifier: MIT */
/*
 * The text that our own recordings carry about their machine: parsed, asked,
 * written, and what was written means the same.
 */
#include <stdlib.h>
#include <string.h>

#include "falloctrace/info.h"
#include "fuzz.h"

static char *write_info(const struct trace_info *info, size_t *size)
{
	struct error e;
	char *text;
	FILE *out = open_memstream(&text, size);

	if (!out || info_write(info, out, &e) || fclose(out))
		abort();
	return text;
}

static void ask(struct trace_info *info)
{
	mounts_find(info->mounts, 1, 1);
	mounts_find(info->mounts, 8 << 20 | 1, -1);
	mounts_find_id(info->mounts, 29);
	for (size_t i = 0; i < mounts_count(info->mounts); i++)
		mounts_at(info->mounts, i);
	symbols_find(info->symbols, 0xffffffff81000000);
	for (uint32_t i = 0; i < 100; i++) {
		struct info_space space;

		if (info_space_after(info, 8u << 20 | i % 4, i * 1000, &space) && space.ts < i * 1000)
			finding("what was free before the call");
	}
	for (int i = 0; i < 100; i++) {
		struct task_who who;

		tasks_tgid(info->tasks, i);
		tasks_who(info->tasks, i, &who);
		if (who.uid < -1 || who.uid > UINT32_MAX || (*who.cgroup && *who.cgroup != '/') ||
		    (*who.container && !*who.cgroup))
			finding("a user or a cgroup that is none");
		tasks_descends(info->tasks, i, 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace_info info, again;
	struct error e = {.text = ""};
	size_t first_size, second_size;
	char *first, *second;

	memory_begin(1 << 20, 64, size);
	info_init(&info);
	info_init(&again);
	if (info_parse(&info, (const char *)data, size, &e)) {
		watch_text(e.text);
	} else {
		ask(&info);
		first = write_info(&info, &first_size);
		if (info_parse(&again, first, first_size, &e))
			finding("what it wrote it does not read: %s", e.text);
		second = write_info(&again, &second_size);
		/* tasks are in the order of a hash table, and those that contradict each other mean what the order says */
		if (!memmem(data, size, "task", 4) && !memmem(data, size, "who", 3) &&
		    (first_size != second_size || memcmp(first, second, first_size) != 0))
			finding("it wrote another text the second time");
		free(first);
		free(second);
	}
	info_free(&info);
	info_free(&again);
	memory_end();
	return 0;
}
