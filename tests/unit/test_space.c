/* SPDX-License-Identifier: MIT */
/*
 * What filesystems had free when a call failed: asked live, noted in recordings,
 * and told with the call.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"
#include "collector.h"
#include "kernel/machine.h"
#include "kernel/space.h"

#define MS UINT64_C(1000000)

/* --- notes --- */

static void parse(struct trace_info *info, const char *lines)
{
	struct error e = {0};
	char text[512];

	info_init(info);
	snprintf(text, sizeof(text), "falloctrace 1\n%s", lines);
	if (info_parse(info, text, strlen(text), &e))
		fail_msg("%s", e.text);
}

/* The free bytes that are found, or UINT64_MAX. */
static uint64_t found(const struct trace_info *info, uint32_t dev, uint64_t after)
{
	struct info_space s;

	return info_space_after(info, dev, after, &s) ? s.free : UINT64_MAX;
}

static void the_next_note_of_the_device(void **state)
{
	struct trace_info info;

	(void)state;
	parse(&info, "space 5000 8:1 3 0 9\nspace 1000 8:1 1 0 9\nspace 3000 8:1 2 0 9\nspace 2000 8:2 7 0 9\n");
	assert_int_equal(found(&info, DEV(8, 1), 0), 1);
	assert_int_equal(found(&info, DEV(8, 1), 1000), 1);
	assert_int_equal(found(&info, DEV(8, 1), 1001), 2);
	assert_int_equal(found(&info, DEV(8, 1), 5000), 3);
	assert_true(found(&info, DEV(8, 1), 5001) == UINT64_MAX);
	assert_int_equal(found(&info, DEV(8, 2), 1500), 7);
	assert_true(found(&info, DEV(8, 2), 2001) == UINT64_MAX);
	assert_true(found(&info, DEV(8, 3), 0) == UINT64_MAX);
	info_free(&info);
}

static void a_note_much_later_tells_nothing(void **state)
{
	struct trace_info info;

	(void)state;
	parse(&info, "space 5000000010 8:1 3 0 9\nspace 18446744073709551615 8:2 3 0 9\n");
	assert_int_equal(found(&info, DEV(8, 1), 10), 3);
	assert_true(found(&info, DEV(8, 1), 9) == UINT64_MAX);
	assert_true(found(&info, DEV(8, 2), 0) == UINT64_MAX);
	assert_int_equal(found(&info, DEV(8, 2), UINT64_MAX), 3);
	info_free(&info);
}

static void notes_are_bounded(void **state)
{
	struct info_space s = {.dev = 1};
	struct error e;
	struct trace_info info;
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	fputs("falloctrace 1\n", f);
	for (int i = 0; i < INFO_SPACES_MAX + 10; i++)
		fprintf(f, "space %d 8:1 %d 0 9\n", i, i);
	fclose(f);
	info_init(&info);
	assert_int_equal(info_parse(&info, text, size, &e), 0);
	assert_int_equal(info.spaces_count, INFO_SPACES_MAX);
	assert_int_equal(info_add_space(&info, &s), -1);
	info_free(&info);
	free(text);
}

/* --- with the call --- */

static bool answer(void *ctx, uint32_t dev, uint64_t after, struct info_space *space)
{
	unsigned *asked = ctx;

	++*asked;
	assert_int_equal(dev, DEV(254, 1));
	*space = (struct info_space){.ts = after + 77, .dev = dev, .free = 30, .avail = 20, .size = 100};
	return true;
}

static struct collector *collect_with(struct collector *c, int64_t ret, unsigned *asked)
{
	const struct event events[] = {
		{.kind = EVENT_VFS_ENTER,
		 .has = HAS_FILE | HAS_SIZE | MODE_OFFSET_LEN | HAS_DEV | HAS_INO,
		 .ts = 1000,
		 .tid = 11,
		 .file = 0xf1,
		 .size = 100,
		 .len = 50,
		 .dev = DEV(254, 1),
		 .ino = 7},
		VFS_EXIT(2000, 11, ret),
	};

	if (asked) {
		c->info.find_space = answer;
		c->info.find_ctx = asked;
	}
	collector_feed(c, events, COUNT(events));
	collector_end(c);
	assert_int_equal(c->count, 1);
	return c;
}

static void asked_only_where_it_was_wanting(void **state)
{
	static const struct {
		int64_t ret;
		unsigned asked;
	} cases[] = {{-ENOSPC, 1}, {-EDQUOT, 1}, {0, 0}, {-EINTR, 0}, {-EOPNOTSUPP, 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned asked = 0;
		struct collector *c = collect_with(collector_new(), cases[i].ret, &asked);

		assert_int_equal(asked, cases[i].asked);
		assert_int_equal(c->calls[0].has_space, cases[i].asked);
		if (asked) {
			assert_int_equal(c->calls[0].space_free, 30);
			assert_int_equal(c->calls[0].space_avail, 20);
			assert_int_equal(c->calls[0].space_size, 100);
			assert_int_equal(c->calls[0].space_later, 77);
		}
		collector_free(c);
	}
}

static void replayed_from_a_note(void **state)
{
	const struct info_space before = {.ts = 1999, .dev = DEV(254, 1), .free = 1},
				after = {.ts = 2005, .dev = DEV(254, 1), .free = 2};
	struct collector *c = collector_new();

	(void)state;
	info_add_space(&c->info, &before);
	info_add_space(&c->info, &after);
	collect_with(c, -ENOSPC, NULL);
	assert_true(c->calls[0].has_space);
	assert_int_equal(c->calls[0].space_free, 2);
	assert_int_equal(c->calls[0].space_later, 5);
	collector_free(c);
	c = collect_with(collector_new(), -ENOSPC, NULL);
	assert_false(c->calls[0].has_space);
	collector_free(c);
}

static void shown_as_json_only_where_known(void **state)
{
	static const struct sink_options json = {.format = FORMAT_JSON};
	struct call c[2] = {call_whole(), call_whole()};
	struct script s = {.calls = c, .calls_count = 2};
	char *text, *second;

	(void)state;
	c[1].ret = -ENOSPC;
	c[1].has_space = true;
	c[1].space_free = UINT64_MAX;
	c[1].space_avail = 2;
	c[1].space_size = 3;
	c[1].space_later = 4;
	text = sink_output(sink_json_new, json, &s);
	second = strchr(text, '\n');
	assert_non_null(second);
	*second++ = '\0';
	assert_null(strstr(text, "space"));
	assert_non_null(strstr(second,
			       ",\"after\":\"seen\",\"space\":{\"free\":18446744073709551615,\"avail\":2,\"size\":3,"
			       "\"later_ns\":4},\"odd\":[]}"));
	free(text);
}

/* --- this machine --- */

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* One of whose device numbers stat tells the same (of btrfs it does not), and over which nothing else is mounted. */
static const struct mount *some_mount(struct mounts *mounts)
{
	struct stat st;

	for (size_t i = 0; i < mounts_count(mounts); i++) {
		const struct mount *m = mounts_at(mounts, i);

		if (m->id >= 0 && !strncmp(m->fs, "tmpfs", 5) && stat(m->point, &st) == 0 &&
		    DEV(major(st.st_dev), minor(st.st_dev)) == m->dev)
			return m;
	}
	return NULL;
}

static void as_statvfs_says(void **state)
{
	struct space_answers a = {0};
	struct trace_info info;
	const struct mount *m;
	struct info_space s;
	struct machine *machine;
	struct statvfs v;
	struct error e;
	uint64_t begun = now();

	(void)state;
	info_init(&info);
	machine = machine_open(&info, &e);
	assert_non_null(machine);
	m = some_mount(info.mounts);
	if (!m) {
		machine_close(machine);
		info_free(&info);
		skip(); /* no tmpfs here */
	}
	assert_true(space_find(&a, info.mounts, m->dev, begun, &s));
	assert_int_equal(statvfs(m->point, &v), 0);
	assert_int_equal(s.size, v.f_blocks * v.f_frsize);
	assert_true(s.free <= s.size && s.avail <= s.free);
	assert_true(s.ts >= begun && s.ts <= now());
	assert_int_equal(s.dev, m->dev);
	/* through the machine alike */
	assert_true(info_space_after(&info, m->dev, begun, &s));
	assert_int_equal(s.size, v.f_blocks * v.f_frsize);
	machine_close(machine);
	assert_null(info.find_space);
	info_free(&info);
}

static void seldom(void **state)
{
	struct space_answers a = {0};
	struct trace_info info;
	const struct mount *m;
	struct info_space first, s;
	struct machine *machine;
	struct error e;
	uint64_t begun = now();

	(void)state;
	info_init(&info);
	machine = machine_open(&info, &e);
	assert_non_null(machine);
	m = some_mount(info.mounts);
	if (!m) {
		machine_close(machine);
		info_free(&info);
		skip();
	}
	assert_true(space_find(&a, info.mounts, m->dev, begun, &first));
	/* one answer does for all calls that ended before it */
	assert_true(space_find(&a, info.mounts, m->dev, begun + 1, &s));
	assert_true(s.ts == first.ts);
	assert_true(space_find(&a, info.mounts, m->dev, first.ts, &s));
	assert_true(s.ts == first.ts);
	/* and none is had again so soon */
	if (now() - begun < SPACE_GAP / 2)
		assert_false(space_find(&a, info.mounts, m->dev, first.ts + 1, &s));
	usleep(SPACE_GAP / 1000);
	assert_true(space_find(&a, info.mounts, m->dev, first.ts + 1, &s));
	assert_true(s.ts > first.ts);
	/* long ago, and a time to come */
	assert_false(space_find(&a, info.mounts, m->dev, begun - INFO_SPACE_LATER_MAX - 1000 * MS, &s));
	assert_false(space_find(&a, info.mounts, m->dev, now() + 1000 * MS, &s));
	machine_close(machine);
	info_free(&info);
}

/* A name that stands for another filesystem than it did, and one whose server may not answer. */
static void never_of_another(void **state)
{
	static const char *const lines[] = {
		"1000001 1 9:77 / / rw - ext4 x rw\n",
		"1000002 1 9:77 / /nowhere rw - ext4 x rw\n",
		"1000003 1 9:77 / / rw - fuse.x x rw\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct space_answers a = {0};
		struct mounts *mounts = mounts_new();
		struct info_space s;

		assert_int_equal(mounts_add_text(mounts, lines[i], strlen(lines[i])), 1);
		assert_false(space_find(&a, mounts, DEV(9, 77), now(), &s));
		mounts_free(mounts);
	}
}

/* Whether m is asked although one of that filesystem is mounted at point. */
static bool answers_behind(const struct mount *m, const char *fs, const char *point)
{
	struct space_answers a = {0};
	struct mounts *mounts = mounts_new();
	struct info_space s;
	char line[1024];
	bool ret;

	snprintf(line, sizeof(line), "%d 1 %u:%u / %s rw - tmpfs x rw\n1000001 1 9:77 / %s rw - %s x rw\n", m->id,
		 m->dev >> 20, m->dev & 0xfffff, m->point, point, fs);
	assert_int_equal(mounts_add_text(mounts, line, strlen(line)), 2);
	ret = space_find(&a, mounts, m->dev, now(), &s);
	mounts_free(mounts);
	return ret;
}

/* A local filesystem is mounted below one whose server may not answer: to open the mount point is to ask it. */
static void no_way_that_may_wait(void **state)
{
	struct trace_info info;
	const struct mount *m;
	struct machine *machine;
	struct error e;
	char above[256];

	(void)state;
	info_init(&info);
	machine = machine_open(&info, &e);
	assert_non_null(machine);
	m = some_mount(info.mounts);
	if (!m || strrchr(m->point, '/') == m->point) {
		machine_close(machine);
		info_free(&info);
		skip(); /* no tmpfs in a folder here */
	}
	snprintf(above, sizeof(above), "%.*s", (int)(strrchr(m->point, '/') - m->point), m->point);
	assert_true(answers_behind(m, "ext4", above));
	assert_false(answers_behind(m, "nfs4", above));
	assert_false(answers_behind(m, "nfs4", m->point));
	assert_false(answers_behind(m, "autofs", above));
	assert_true(answers_behind(m, "autofs", m->point));
	above[strlen(above) - 1] = '\0'; /* not its folder */
	assert_true(answers_behind(m, "nfs4", *above == '/' && above[1] ? above : "/none"));
	assert_true(answers_behind(m, "nfs4", "/"));
	machine_close(machine);
	info_free(&info);
}

static void more_devices_than_answers(void **state)
{
	struct space_answers a = {0};
	struct mounts *mounts = mounts_new();
	struct info_space s;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		assert_false(space_find(&a, mounts, i, now(), &s));
	/* nor is one asked more often since there are so many */
	for (uint32_t i = 0; i < SPACE_DEVICES; i++) {
		a.of[i].asked = true;
		a.of[i].space.dev = i;
		a.of[i].when = now() + 1000 * MS - i;
	}
	assert_false(space_find(&a, mounts, 1000, now(), &s));
	for (uint32_t i = 0; i < SPACE_DEVICES; i++)
		assert_int_equal(a.of[i].space.dev, i);
	a.of[7].when = now() - SPACE_GAP;
	assert_false(space_find(&a, mounts, 1000, now(), &s));
	assert_int_equal(a.of[7].space.dev, 1000);
	mounts_free(mounts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_note_of_the_device),
		cmocka_unit_test(a_note_much_later_tells_nothing),
		cmocka_unit_test(notes_are_bounded),
		cmocka_unit_test(asked_only_where_it_was_wanting),
		cmocka_unit_test(replayed_from_a_note),
		cmocka_unit_test(shown_as_json_only_where_known),
		cmocka_unit_test(as_statvfs_says),
		cmocka_unit_test(seldom),
		cmocka_unit_test(never_of_another),
		cmocka_unit_test(no_way_that_may_wait),
		cmocka_unit_test(more_devices_than_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
