/* SPDX-License-Identifier: MIT */
/*
 * Records that are cut off or point out of themselves; then formats and records
 * broken at random.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema_records.h"

static void test_faulted_names(void **state)
{
	struct schema *s = schema_new(&little_64);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "falloctrace", vfs_enter_format, 1);
	/* No length, whatever the offset says: there is nothing behind it, either. */
	rec_vfs_enter(&r, &little_64);
	rec_put(&r, 120, 4, 0xffff);
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.names_count, 1);
	free(copy);
	rec_vfs_enter(&r, &little_64);
	rec_string(&r, 116, "(fault)");
	rec_string(&r, 112, "(fault)");
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.names_count, 0);
	assert_false(ev.has & HAS_FS);
	free(copy);
	/* Only the whole word is one. */
	rec_vfs_enter(&r, &little_64);
	rec_string(&r, 116, "(fault).c");
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.names_count, 3);
	assert_span(&ev.names[0], "(fault).c");
	free(copy);
	schema_free(s);
}

static void test_strings_outside_of_the_record(void **state)
{
	const uint32_t bad[] = {1u << 16 | 0xffff, 0xffffffff, 0xffff0000, 2u << 16 | (ENTER_STRINGS + 32),
				1u << 16 | 300};
	struct schema *s = schema_new(&little_64);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "falloctrace", vfs_enter_format, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rec_vfs_enter(&r, &little_64);
		rec_put(&r, 116, 4, bad[i]);
		assert_int_equal(rec_decode(s, &r, &ev, &copy), -1);
		free(copy);
	}
	/* Without a NUL, to the record's last byte */
	rec_vfs_enter(&r, &little_64);
	rec_put(&r, 116, 4, 4u << 16 | r.size);
	memcpy(r.data + r.size, "name", 4);
	r.size += 4;
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_span(&ev.names[0], "name");
	free(copy);
	schema_free(s);
}

static void test_short_records(void **state)
{
	struct schema *s = schema_new(&little_64);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "falloctrace", vfs_enter_format, 1);
	for (size_t size = 2; size < ENTER_STRINGS; size++) {
		rec_vfs_enter(&r, &little_64);
		r.size = size;
		assert_int_equal(rec_decode(s, &r, &ev, &copy), -1);
		free(copy);
	}
	assert_int_equal(schema_record_id(s, r.data, 1), -1);
	assert_int_equal(schema_record_id(s, r.data, 0), -1);
	schema_free(s);
}

static uint64_t seed = 0x2545f4914f6cdd1d;

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void mutate_text(char *text, size_t size)
{
	static const char letters[] = "0123456789[]();:*\n\t _ab-,\"\\";

	for (uint64_t n = 1 + draw() % 3; n; n--) {
		size_t at = draw() % size, from = draw() % size;
		size_t length = 1 + draw() % 40;

		if (length > size - (at > from ? at : from))
			length = size - (at > from ? at : from);
		if (draw() & 1)
			text[at] = draw() % 8 ? letters[draw() % (sizeof(letters) - 1)] : (char)draw();
		else
			memmove(text + at, text + from, length);
	}
}

/* Whatever is accepted must also decode without harm. */
static void test_hostile_formats(void **state)
{
	static const char *const good[] = {vfs_enter_format, vfs_exit_format, newtask_format, tracepoint_enter_format};
	static const char *const systems[] = {"falloctrace_1", "falloctrace_1", "task", "syscalls"};
	struct event ev;
	struct error e;
	unsigned taken = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t which = draw() % 4, size = strlen(good[which]);
		struct schema *s = schema_new(&little_64);
		char *text = malloc(size);
		unsigned char *record;

		memcpy(text, good[which], size);
		mutate_text(text, size);
		if (schema_add(s, systems[which], text, draw() % 8 ? size : draw() % size, &e) == 1) {
			taken++;
			record = malloc(300);
			for (size_t j = 0; j < 300; j++)
				record[j] = (unsigned char)draw();
			for (int id = 0; id < 2000; id += 1 + id % 7) {
				record[0] = (unsigned char)id;
				record[1] = (unsigned char)(id >> 8);
				schema_decode(s, record, 300, 0, 0, &ev, &e);
			}
			free(record);
		}
		free(text);
		schema_free(s);
	}
	assert_in_range(taken, 1000, 19000);
}

static void test_hostile_records(void **state)
{
	struct schema *s = schema_new(&little_64);
	unsigned char *copy;
	unsigned good = 0;
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "falloctrace", vfs_enter_format, 1);
	for (int i = 0; i < 200000; i++) {
		rec_vfs_enter(&r, &little_64);
		for (uint64_t n = draw() % 4; n; n--)
			r.data[8 + draw() % (r.size - 8)] = (unsigned char)draw();
		if (draw() % 4 == 0)
			r.size = 2 + draw() % (r.size - 2);
		if (rec_decode(s, &r, &ev, &copy) == 1) {
			const char *end = (const char *)copy + r.size;

			good++;
			assert_true(ev.names_count <= 3);
			for (unsigned j = 0; j < ev.names_count; j++) {
				assert_true(ev.names[j].data >= (const char *)copy);
				assert_true(ev.names[j].data + ev.names[j].size <= end);
				assert_null(memchr(ev.names[j].data, 0, ev.names[j].size));
			}
			assert_true(!ev.comm.size || ev.comm.data + ev.comm.size <= end);
			assert_true(!ev.fs.size || ev.fs.data + ev.fs.size <= end);
		}
		free(copy);
	}
	assert_in_range(good, 50000, 199000);
	schema_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faulted_names),	cmocka_unit_test(test_strings_outside_of_the_record),
		cmocka_unit_test(test_short_records),	cmocka_unit_test(test_hostile_formats),
		cmocka_unit_test(test_hostile_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
