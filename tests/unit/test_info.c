/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "falloctrace/event.h"
#include "falloctrace/info.h"

#define DEV(major, minor) ((uint32_t)(major) << 20 | (minor))

/* By hand, from the description at the top of info.c. */
static const char example[] = "falloctrace 1\n"
			      "host db-7\n"
			      "release 6.1.0-odd\\040name\n"
			      "machine x86_64\n"
			      "clock mono\n"
			      "utc_offset -1795771234567890123\n"
			      "sizes_after_seen 1\n"
			      "distrust 40040\n"
			      "fallocate_nr 285\n"
			      "mount 36 254:0 nblocks 128 / /srv/a\\040b\\012c\\134d\\377 xfs\n"
			      "mount 37 8:1 inode 0 /sub / ext4\n"
			      "mount 38 0:40 untrusted 0 / /weird fuse.x\n"
			      "internal 0:1 inode 0 tmpfs\n"
			      "symbol ffffffff81000000 ffffffff81000100 __x64_sys_fallocate\n"
			      "symbol ffffffffc0000000 ffffffffc0000010 ovl_fallocate\\040[overlay]\n"
			      "task 43 42 7\n"
			      "users 1 5000000000\n"
			      "hierarchy 4\n"
			      "cgroup 1 /system.slice/a\\040b\\134x2d.service\n"
			      "cgroup 2 /docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
			      "who 43 107 2 9\n"
			      "who 42 - 1 0\n"
			      "who 44 0 0 65535\n"
			      "born 5000000001 77 2\n"
			      "lost 12 22\n"
			      "lost 0 18446744073709551615\n"
			      "space 5000 8:1 70 60 100\n"
			      "space 900 8:1 7 6 18446744073709551615\n"
			      "space 1000 0:40 0 0 0\n"
			      "weather fine, and a key of a later version\n";

static int parse(struct trace_info *info, const char *text, size_t size, struct error *e)
{
	/* A copy of its exact size, so that ASan sees a byte too far. */
	char *copy = malloc(size + !size);
	int ret;

	memcpy(copy, text, size);
	ret = info_parse(info, copy, size, e);
	free(copy);
	return ret;
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void check_who(const struct trace_info *info, int32_t tid, int64_t uid, const char *cgroup,
		      const char *container)
{
	struct task_who who;

	tasks_who(info->tasks, tid, &who);
	assert_int_equal(who.uid, uid);
	assert_string_equal(who.cgroup, cgroup);
	assert_string_equal(who.container, container);
}

static void check_example(const struct trace_info *info)
{
	struct mount *m;

	assert_string_equal(info->host, "db-7");
	assert_string_equal(info->release, "6.1.0-odd name");
	assert_string_equal(info->machine, "x86_64");
	assert_string_equal(info->clock, "mono");
	assert_true(info->has_utc_offset);
	assert_true(info->utc_offset == -1795771234567890123);
	assert_true(info->sizes_after_seen);
	assert_int_equal(info->distrust, HAS_NAMES | HAS_SIZE);
	assert_int_equal(info->fallocate_nr, 285);
	assert_int_equal(mounts_count(info->mounts), 4);
	m = mounts_find(info->mounts, DEV(254, 0), 36);
	assert_string_equal(m->point, "/srv/a b\nc\\d\377");
	assert_string_equal(m->root, "/");
	assert_string_equal(m->fs, "xfs");
	assert_int_equal(m->rule, BLOCKS_NBLOCKS);
	assert_int_equal(m->unit, 128);
	m = mounts_find(info->mounts, DEV(8, 1), 37);
	assert_string_equal(m->root, "/sub");
	assert_int_equal(m->rule, BLOCKS_INODE);
	assert_int_equal(mounts_find(info->mounts, DEV(0, 40), 38)->rule, BLOCKS_UNTRUSTED);
	m = mounts_find(info->mounts, DEV(0, 1), -1);
	assert_int_equal(m->id, -1);
	assert_string_equal(m->point, "");
	assert_int_equal(m->rule, BLOCKS_INODE);
	assert_string_equal(symbols_find(info->symbols, 0xffffffff81000031), "__x64_sys_fallocate");
	assert_string_equal(symbols_find(info->symbols, 0xffffffffc000000f), "ovl_fallocate [overlay]");
	assert_int_equal(tasks_tgid(info->tasks, 43), 42);
	assert_true(tasks_descends(info->tasks, 42, 7));
	check_who(info, 43, 107, "/docker/" ID, ID);
	check_who(info, 42, -1, "/system.slice/a b\\x2d.service", "");
	check_who(info, 44, 0, "", "");
	assert_true(info->sees_uids);
	assert_int_equal(info->hierarchy, 4);
	assert_int_equal(info->losses_count, 2);
	assert_int_equal(info->losses[0].cpu, 12);
	assert_int_equal(info->losses[0].count, 22);
	assert_int_equal(info->losses[1].cpu, 0);
	assert_true(info->losses[1].count == UINT64_MAX);
	assert_int_equal(info->spaces_count, 3);
}

static void reads(void **state)
{
	struct trace_info info;
	struct error e;

	(void)state;
	info_init(&info);
	assert_int_equal(parse(&info, example, sizeof(example) - 1, &e), 0);
	check_example(&info);
	info_free(&info);
}

static char *write_text(const struct trace_info *info, size_t *size)
{
	struct error e;
	char *text;
	FILE *f = open_memstream(&text, size);

	assert_int_equal(info_write(info, f, &e), 0);
	fclose(f);
	return text;
}

static void writes_what_it_reads(void **state)
{
	struct trace_info info, again;
	struct error e;
	size_t size;
	char *text;

	(void)state;
	info_init(&info);
	info_init(&again);
	assert_int_equal(parse(&info, example, sizeof(example) - 1, &e), 0);
	text = write_text(&info, &size);
	for (size_t i = 0; i < size; i++)
		assert_true(text[i] == '\n' || (text[i] >= ' ' && text[i] < 0x7f));
	assert_int_equal(parse(&again, text, size, &e), 0);
	check_example(&again);
	free(text);
	info_free(&info);
	info_free(&again);
}

/* Every byte that a path may hold. */
static void any_path(void **state)
{
	struct trace_info info, again;
	struct error e;
	char point[257] = "/", line[64];
	FILE *f;
	size_t size;
	char *text;

	(void)state;
	for (int i = 1; i < 256; i++)
		point[i] = (char)i;
	point[256] = '\0';
	info_init(&info);
	info_init(&again);
	/* as the kernel would show it */
	f = open_memstream(&text, &size);
	fputs("9 1 8:1 / ", f);
	for (char *p = point; *p; p++)
		fprintf(f, strchr(" \t\n\\#", *p) ? "\\%03o" : "%c", (unsigned char)*p);
	fputs(" rw - ext4 x rw\n", f);
	fclose(f);
	assert_int_equal(mounts_add_text(info.mounts, text, size), 1);
	free(text);
	assert_string_equal(mounts_at(info.mounts, 0)->point, point);
	text = write_text(&info, &size);
	assert_int_equal(parse(&again, text, size, &e), 0);
	assert_string_equal(mounts_find(again.mounts, DEV(8, 1), 9)->point, point);
	free(text);
	/* the same id again, and once more with another rule only: the last word counts */
	snprintf(line, sizeof(line), "falloctrace 1\nmount 9 8:1 inode 0 / / xfs");
	assert_int_equal(parse(&again, line, strlen(line), &e), 0);
	assert_string_equal(mounts_find(again.mounts, DEV(8, 1), 9)->fs, "xfs");
	snprintf(line, sizeof(line), "falloctrace 1\nmount 9 8:1 nblocks 8 / / xfs");
	assert_int_equal(parse(&again, line, strlen(line), &e), 0);
	assert_int_equal(mounts_find(again.mounts, DEV(8, 1), 9)->rule, BLOCKS_NBLOCKS);
	info_free(&info);
	info_free(&again);
}

static void empty(void **state)
{
	struct trace_info info, again;
	struct error e;
	size_t size;
	char *text;

	(void)state;
	info_init(&info);
	info_init(&again);
	text = write_text(&info, &size);
	assert_int_equal(parse(&again, text, size, &e), 0);
	assert_false(again.has_utc_offset);
	assert_string_equal(again.host, "");
	assert_int_equal(mounts_count(again.mounts), 0);
	free(text);
	info_free(&info);
	info_free(&again);
	info_free(NULL);
}

static void broken(void **state)
{
	static const char *const lines[] = {
		"",
		"host ",
		"host a b",
		"host aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"clock aaaaaaaaaaaaaaaa",
		"utc_offset",
		"utc_offset -",
		"utc_offset +1",
		"utc_offset 1x",
		"utc_offset 9223372036854775808",
		"utc_offset -9223372036854775809",
		"sizes_after_seen 2",
		"users 2 0",
		"users 1",
		"users 1 0 0",
		"hierarchy -1",
		"hierarchy 4294967296",
		"cgroup 2 /a",
		"cgroup 0 /a",
		"cgroup 1 a",
		"cgroup 1 /a b",
		"cgroup 1",
		"who 0 0 0 0",
		"who 1 -1 0 0",
		"who 1 4294967295 0 0",
		"who 1 0 65536 0",
		"who 1 0 0 65536",
		"who 2147483648 0 0 0",
		"who 1 0 0",
		"who 1 0 0 0 0",
		"born 1 0 1",
		"born 1 1",
		"born 18446744073709551616 1 1",
		"distrust",
		"distrust 0x1",
		"distrust 100000000",
		"fallocate_nr -1",
		"fallocate_nr 18446744073709551616",
		"mount 1 8:1 inode 0 / /",
		"mount 1 8:1 inode 0 / / ext4 more",
		"mount 1 8:1 inode 0 /  ext4",
		"mount -1 8:1 inode 0 / / ext4",
		"mount 2147483648 8:1 inode 0 / / ext4",
		"mount 1 4096:1 inode 0 / / ext4",
		"mount 1 8:1 outode 0 / / ext4",
		"mount 1 8:1 inode 4294967296 / / ext4",
		"mount 1 8:1 nblocks -8 / / ext4",
		"internal 8:1 inode 0",
		"internal 8:1 inode 0 ext4 more",
		"symbol 10 10 a",
		"symbol 20 10 a",
		"symbol 0x10 20 a",
		"symbol 10 10000000000000000 a",
		"symbol 10 20",
		"task 1 2",
		"task 1 2 3 4",
		"task 0 2 3",
		"task 1 0 3",
		"task -1 2 3",
		"task 1 2 2147483648",
		"space 1 8:1 2 3",
		"space 1 8:1 2 3 4 5",
		"space -1 8:1 2 3 4",
		"space 1 4096:1 2 3 4",
		"space 1 8:1 2 3 18446744073709551616",
	};
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct trace_info info;
		char text[256];

		info_init(&info);
		snprintf(text, sizeof(text), "falloctrace 1\nclock mono\n%s\n", lines[i]);
		memset(&e, 0, sizeof(e));
		assert_int_equal(parse(&info, text, strlen(text), &e), -1);
		assert_non_null(strstr(e.text, "line 3 "));
		assert_int_equal(e.status, STATUS_ERROR);
		info_free(&info);
	}
}

static void not_ours(void **state)
{
	static const char *const texts[] = {"", "falloctrace 2\n", "falloctrace 10\n", "falloctrace", "{}", "\n"};
	struct trace_info info;
	struct error e;

	(void)state;
	info_init(&info);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(parse(&info, texts[i], strlen(texts[i]), &e), -1);
	assert_int_equal(parse(&info, "falloctrace 1\nborn 5 1 1\nborn 4 1 1\n", 36, &e), -1);
	assert_int_equal(parse(&info, "falloctrace 1\ncgroup 1 /a\ncgroup 2 /a\n", 38, &e), -1);
	assert_int_equal(parse(&info, "falloctrace 1\nhost a\0b\n", 23, &e), -1);
	assert_int_equal(parse(&info, "falloctrace 1\nutc_offset -9223372036854775808\n", 46, &e), 0);
	assert_true(info.utc_offset == INT64_MIN);
	info_free(&info);
}

/* Nothing to compare with but ASan and UBSan: it must end, and what it accepted must be writable. */
static void mutations(void **state)
{
	char text[sizeof(example)];

	(void)state;
	srand(11);
	for (int n = 0; n < 20000; n++) {
		struct trace_info info;
		struct error e;
		size_t size = sizeof(example) - 1;

		memcpy(text, example, sizeof(example));
		for (int i = rand() % 4; i >= 0; i--) {
			static const char likely[] = "\n \\-:0179af\xff";
			size_t at = (size_t)rand() % size;

			text[at] = rand() % 3 ? likely[(size_t)rand() % sizeof(likely)] : (char)rand();
		}
		if (n % 5 == 0)
			size = (size_t)rand() % size;
		info_init(&info);
		parse(&info, text, size, &e);
		free(write_text(&info, &size));
		info_free(&info);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),     cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(any_path),  cmocka_unit_test(empty),
		cmocka_unit_test(broken),    cmocka_unit_test(not_ours),
		cmocka_unit_test(mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
