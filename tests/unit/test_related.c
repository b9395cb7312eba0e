/* SPDX-License-Identifier: MIT */
/*
 * What becomes of reserved bytes: ranges against a map of single bytes, and
 * events through the assembler.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/extents.h"
#include "decode/schema_events.h"
#include "falloctrace/assemble.h"

#define DEV (254u << 20 | 1)
#define KIB INT64_C(1024)
#define MIB (1024 * KIB)

/* --- ranges --- */

#define BYTES 512

static int64_t count(const bool *map, int64_t start, int64_t end, bool value)
{
	int64_t n = 0;

	for (int64_t i = start; i < end && i < BYTES; i++)
		n += map[i] == value;
	return n;
}

static void assert_same(const struct extents *x, const bool *map)
{
	bool got[BYTES] = {false};

	for (size_t i = 0; i < x->count; i++) {
		assert_true(x->list[i].start < x->list[i].end);
		assert_true(!i || x->list[i].start > x->list[i - 1].end);
		for (int64_t at = x->list[i].start; at < x->list[i].end; at++)
			got[at] = true;
	}
	assert_memory_equal(got, map, sizeof(got));
}

static void test_extents_are_a_map(void **state)
{
	struct extents x = {0};
	bool map[BYTES] = {false};

	(void)state;
	srand(1);
	for (int n = 0; n < 20000; n++) {
		int64_t start = rand() % BYTES, end = start + rand() % 40;
		bool add = rand() % 2;

		end = end > BYTES ? BYTES : end;
		assert_int_equal(extents_missing(&x, start, end), count(map, start, end, false));
		if (add)
			assert_int_equal(extents_add(&x, start, end), count(map, start, end, false));
		else
			assert_int_equal(extents_remove(&x, start, end), count(map, start, end, true));
		for (int64_t i = start; i < end; i++)
			map[i] = add;
		assert_same(&x, map);
	}
	assert_false(x.merged);
	extents_free(&x);
}

static void test_extents_shift(void **state)
{
	struct extents x = {0};

	(void)state;
	extents_add(&x, 0, 100);
	extents_shift(&x, 40, 1000); /* inserted in the middle of one */
	assert_int_equal(x.count, 2);
	assert_int_equal(x.list[0].end, 40);
	assert_int_equal(x.list[1].start, 1040);
	assert_int_equal(x.list[1].end, 1100);
	extents_shift(&x, 1040, -1000);
	assert_int_equal(x.list[1].start, 40);
	extents_shift(&x, 40, INT64_MAX); /* no file reaches so far */
	assert_int_equal(x.count, 1);
	extents_free(&x);
}

static void test_extents_are_bounded(void **state)
{
	struct extents x = {0};

	(void)state;
	for (int64_t i = 0; i < 100000; i++) {
		assert_true(extents_add(&x, i * 10, i * 10 + 5) >= 0);
		assert_true(x.count <= EXTENTS_MAX);
	}
	assert_true(x.merged);
	extents_free(&x);
}

/* --- through the assembler --- */

#define TOLD 64

struct run {
	struct trace_info info;
	struct assemble *a;
	struct call calls[TOLD];
	size_t count;
	bool hide; /* calls are of no interest to anybody */
};

static int take(void *ctx, const struct call *c, struct error *e)
{
	struct run *r = ctx;

	(void)e;
	assert_true(r->count < TOLD);
	r->calls[r->count++] = *c;
	return r->hide ? 0 : 1;
}

static int take_lost(void *ctx, const struct event *lost, struct error *e)
{
	(void)ctx;
	(void)lost;
	(void)e;
	return 0;
}

static struct run *run_new(const char *fs, uint32_t related)
{
	struct run *r = calloc(1, sizeof(*r));
	struct assemble_target target = {.call = take, .lost = take_lost, .ctx = r, .related = take};
	char line[128];
	struct mount *m;

	assert_non_null(r);
	info_init(&r->info);
	snprintf(line, sizeof(line), "21 1 254:1 / / rw - %s /dev/vda rw\n", fs);
	assert_int_equal(mounts_add_text(r->info.mounts, line, strlen(line)), 1);
	m = mounts_find(r->info.mounts, DEV, -1);
	m->rule = BLOCKS_INODE;
	m->unit = 8;
	mounts_set_fsid(r->info.mounts, DEV, 77);
	r->info.related = related;
	r->info.sizes_after_seen = true;
	r->a = assemble_new(&r->info, &target);
	assert_non_null(r->a);
	return r;
}

static void run_free(struct run *r)
{
	assemble_free(r->a);
	info_free(&r->info);
	free(r);
}

static void feed(struct run *r, struct event ev)
{
	static uint64_t now = 1000;
	struct error e;

	ev.ts = now += 10;
	ev.tid = ev.tid ? ev.tid : 5;
	assert_int_equal(assemble_event(r->a, &ev, &e), 0);
}

struct file_state {
	int64_t size;
	uint64_t blocks;
};

static void fallocate_file(struct run *r, uint32_t mode, int64_t offset, int64_t len, struct file_state before,
			   struct file_state after)
{
	feed(r, (struct event){
			.kind = EVENT_VFS_ENTER,
			.has = HAS_MODE | HAS_OFFSET | HAS_LEN | HAS_SIZE | HAS_BLOCKS | HAS_INO | HAS_DEV,
			.mode = mode,
			.offset = offset,
			.len = len,
			.size = before.size,
			.blocks = before.blocks,
			.ino = 9,
			.dev = DEV,
			.names = {{"log", 3}, {"/", 1}},
			.names_count = 2,
		});
	feed(r, (struct event){
			.kind = EVENT_VFS_EXIT,
			.has = HAS_RET | HAS_SIZE | HAS_BLOCKS,
			.size = after.size,
			.blocks = after.blocks,
		});
}

static void truncate_file(struct run *r, int64_t size, int64_t before, int64_t ret)
{
	feed(r, (struct event){
			.kind = EVENT_TRUNC_ENTER,
			.has = HAS_LEN | HAS_SIZE | HAS_INO | HAS_DEV | HAS_COMM,
			.len = size,
			.size = before,
			.ino = 9,
			.dev = DEV,
			.comm = {"cutter", 6},
		});
	feed(r, (struct event){.kind = EVENT_TRUNC_EXIT, .has = HAS_RET, .ret = ret});
}

/* In blocks. */
static void write_ext4(struct run *r, int64_t block, int64_t count, uint64_t allocated)
{
	feed(r, (struct event){
			.kind = EVENT_CONVERT,
			.step = CONVERT_EXT4_IO,
			.has = HAS_OFFSET | HAS_LEN | HAS_BLOCKS | HAS_INO | HAS_DEV,
			.tid = 99,
			.offset = block,
			.len = count,
			.blocks = allocated,
			.ino = 9,
			.dev = DEV,
		});
}

static const struct call *last(const struct run *r)
{
	assert_true(r->count > 0);
	return &r->calls[r->count - 1];
}

static void assert_sums(const struct run *r, int64_t reserved, int64_t used, int64_t released, int64_t cut)
{
	const struct reservation *s = &last(r)->reservation;

	assert_true(s->known);
	assert_int_equal(s->reserved, reserved);
	assert_int_equal(s->used, used);
	assert_int_equal(s->released, released);
	assert_int_equal(s->cut, cut);
}

#define EXT4 (1u << CONVERT_EXT4_IO | RELATED_TRUNCATES)
static const struct file_state none = {0, 0}, reserved = {0, 2048};

static void test_a_log(void **state)
{
	struct run *r = run_new("ext4", EXT4);

	(void)state;
	fallocate_file(r, 1, 0, 1 * MIB, none, reserved);
	assert_sums(r, 1 * MIB, 0, 0, 0);
	assert_true(last(r)->reservation.exact && last(r)->reservation.used_known);
	write_ext4(r, 0, 4, 256);
	assert_int_equal(last(r)->related, RELATED_USED);
	assert_int_equal(last(r)->did.used, 16 * KIB);
	assert_string_equal(last(r)->path, "/log");
	assert_sums(r, 1 * MIB, 16 * KIB, 0, 0);
	write_ext4(r, 4, 100, 2); /* no more than the extent has */
	assert_sums(r, 1 * MIB, 24 * KIB, 0, 0);
	write_ext4(r, 0, 4, 256); /* once: it tells nothing more */
	assert_int_equal(r->count, 3);
	truncate_file(r, 24 * KIB - 5, 24 * KIB, 0);
	assert_int_equal(last(r)->related, RELATED_TRUNCATE);
	assert_string_equal(last(r)->comm, "cutter");
	assert_int_equal(last(r)->did.cut, 1 * MIB - 24 * KIB);
	assert_int_equal(last(r)->size_after_known, DERIVED);
	assert_int_equal(last(r)->size_after, 24 * KIB - 5);
	assert_sums(r, 1 * MIB, 24 * KIB, 0, 1 * MIB - 24 * KIB);
	truncate_file(r, 0, 24 * KIB - 5, -13); /* failed: nothing is cut */
	assert_int_equal(last(r)->did.cut, 0);
	assert_int_equal(last(r)->size_after, 24 * KIB - 5);
	run_free(r);
}

static void test_holes(void **state)
{
	struct run *r = run_new("ext4", EXT4);

	(void)state;
	fallocate_file(r, 0, 0, 1 * MIB, none, (struct file_state){1 * MIB, 2048});
	/* whole blocks only */
	fallocate_file(r, 3, 100, 64 * KIB, (struct file_state){1 * MIB, 2048}, (struct file_state){1 * MIB, 1928});
	assert_sums(r, 1 * MIB, 0, 60 * KIB, 0);
	/* again: what is there already is not reserved twice */
	fallocate_file(r, 0, 0, 1 * MIB, (struct file_state){1 * MIB, 1928}, (struct file_state){1 * MIB, 2048});
	assert_sums(r, 1 * MIB + 60 * KIB, 0, 60 * KIB, 0);
	assert_true(last(r)->reservation.exact);
	/* collapsed: the rest moves */
	fallocate_file(r, 8, 0, 512 * KIB, (struct file_state){1 * MIB, 2048}, (struct file_state){512 * KIB, 1024});
	assert_sums(r, 1 * MIB + 60 * KIB, 0, 60 * KIB + 512 * KIB, 0);
	write_ext4(r, 0, 1, 1);
	assert_int_equal(last(r)->did.used, 4 * KIB);
	write_ext4(r, 128, 1, 1); /* where nothing is any more */
	assert_int_equal(last(r)->did.used, 4 * KIB);
	assert_int_equal(r->count, 5);
	run_free(r);
}

/* Data is no reservation; which part of a range was data, nobody knows. */
static void test_partly_data(void **state)
{
	struct run *r = run_new("ext4", EXT4);
	const struct file_state half = {1 * MIB, 1024}, whole = {1 * MIB, 2048};

	(void)state;
	fallocate_file(r, 0, 0, 1 * MIB, half, whole);
	assert_sums(r, 512 * KIB, 0, 0, 0);
	assert_false(last(r)->reservation.exact);
	fallocate_file(r, 0, 0, 1 * MIB, whole, whole);
	assert_sums(r, 512 * KIB, 0, 0, 0);
	/* never more than there is */
	truncate_file(r, 0, 1 * MIB, 0);
	assert_sums(r, 512 * KIB, 0, 0, 512 * KIB);
	run_free(r);
}

static void test_unknown_is_not_zero(void **state)
{
	struct run *r = run_new("tmpfs", EXT4);

	(void)state;
	fallocate_file(r, 1, 0, 1 * MIB, none, reserved);
	assert_true(last(r)->reservation.known);
	assert_false(last(r)->reservation.used_known);
	run_free(r);
	r = run_new("ext4", RELATED_TRUNCATES);
	fallocate_file(r, 1, 0, 1 * MIB, none, reserved);
	assert_false(last(r)->reservation.used_known);
	run_free(r);
}

static void test_not_asked_for(void **state)
{
	struct run *r = run_new("ext4", 0);

	(void)state;
	fallocate_file(r, 1, 0, 1 * MIB, none, reserved);
	assert_false(last(r)->reservation.known);
	run_free(r);
}

/* What nobody is shown calls of, and what was never fallocated, is not told. */
static void test_of_no_interest(void **state)
{
	struct run *r = run_new("ext4", EXT4);

	(void)state;
	truncate_file(r, 0, 100, 0);
	write_ext4(r, 0, 1, 1);
	assert_int_equal(r->count, 0);
	r->hide = true;
	fallocate_file(r, 1, 0, 1 * MIB, none, reserved);
	write_ext4(r, 0, 1, 1);
	truncate_file(r, 0, 0, 0);
	assert_int_equal(r->count, 1);
	run_free(r);
}

static struct event write_btrfs(int64_t offset, int64_t len, uint64_t root, uint64_t fsid)
{
	return (struct event){
		.kind = EVENT_CONVERT,
		.step = CONVERT_BTRFS,
		.has = HAS_OFFSET | HAS_LEN | HAS_SIZE | HAS_INO | HAS_FILE | HAS_NR,
		.offset = offset,
		.len = len,
		.size = -1,
		.ino = 9,
		.file = fsid,
		.nr = root,
	};
}

static void test_btrfs(void **state)
{
	struct run *r = run_new("btrfs", 1u << CONVERT_BTRFS | RELATED_TRUNCATES);

	(void)state;
	fallocate_file(r, 1, 0, 1 * MIB, none, reserved);
	feed(r, write_btrfs(0, 8192, 5, 77));
	assert_sums(r, 1 * MIB, 8192, 0, 0);
	assert_true(last(r)->reservation.used_known);
	feed(r, write_btrfs(8192, 8192, 5, 78)); /* another filesystem */
	assert_int_equal(r->count, 2);
	feed(r, write_btrfs(8192, 8192, 6, 77)); /* another subvolume: whose is it? */
	assert_false(last(r)->reservation.used_known);
	run_free(r);
}

/* As 6.1 and 7.2 showed them: an extent that was reserved, one that was not, one that was logged. */
static void test_btrfs_flags(void **state)
{
	struct known_event k;
	uint32_t mask;

	(void)state;
	assert_true(event_known("btrfs", "btrfs_ordered_extent_remove", &k));
	mask = event_mask(&k, "{ (1 << BTRFS_ORDERED_REGULAR), ", 32);
	assert_true(event_flags_wanted(mask, 0x64));
	assert_false(event_flags_wanted(mask, 0x61));
	assert_false(event_flags_wanted(mask, 0x261));
	assert_true(event_flags_wanted(mask, 0x203));
	assert_false(event_flags_wanted(mask, 0x83));
	assert_false(event_flags_wanted(mask, 0x87));
	mask = event_mask(&k, "{ (1 << BTRFS_ORDERED_NOCOW), ", 30);
	assert_true(event_flags_wanted(mask, 0x13));
	assert_false(event_flags_wanted(mask, 0x0f));
}

static void test_losses(void **state)
{
	struct run *r = run_new("ext4", EXT4);

	(void)state;
	fallocate_file(r, 1, 0, 1 * MIB, none, reserved);
	feed(r, (struct event){.kind = EVENT_LOST, .lost = 3});
	write_ext4(r, 0, 1, 1);
	assert_false(last(r)->reservation.exact);
	/* the number is another file's now */
	fallocate_file(r, 1, 0, 1 * MIB, none, reserved);
	assert_true(last(r)->reservation.exact);
	assert_sums(r, 1 * MIB, 0, 0, 0);
	run_free(r);
}

/* Nothing that a file may claim makes a sum that is none. */
static void test_hostile(void **state)
{
	static const int64_t odd[] = {0,
				      1,
				      -1,
				      4095,
				      4096,
				      INT64_MAX,
				      INT64_MIN,
				      INT64_MAX - 1,
				      INT64_MAX / 8,
				      INT64_MAX - 4095,
				      INT64_C(1) << 40};
	struct run *r = run_new("ext4", EXT4 | 1u << CONVERT_EXT4_WRITE);
	int n = sizeof(odd) / sizeof(odd[0]);

	(void)state;
	srand(2);
	for (int i = 0; i < 20000; i++) {
		int64_t a = odd[rand() % n], b = odd[rand() % n], c = odd[rand() % n];
		const struct reservation *s;

		r->count = 0;
		switch (rand() % 3) {
		case 0:
			fallocate_file(r, (uint32_t)(1 << rand() % 9 >> 1), a, b,
				       (struct file_state){c, (uint64_t)odd[rand() % n]},
				       (struct file_state){b, (uint64_t)odd[rand() % n]});
			break;
		case 1:
			truncate_file(r, a, b, 0);
			break;
		default:
			write_ext4(r, a, b, (uint64_t)c);
		}
		if (!r->count || !last(r)->reservation.known)
			continue;
		s = &last(r)->reservation;
		assert_true(s->reserved >= 0 && s->used >= 0 && s->released >= 0 && s->cut >= 0);
		assert_true(s->reserved >= s->used && s->reserved - s->used >= s->released &&
			    s->reserved - s->used - s->released >= s->cut);
	}
	run_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_extents_are_a_map),
		cmocka_unit_test(test_extents_shift),
		cmocka_unit_test(test_extents_are_bounded),
		cmocka_unit_test(test_a_log),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_partly_data),
		cmocka_unit_test(test_unknown_is_not_zero),
		cmocka_unit_test(test_not_asked_for),
		cmocka_unit_test(test_of_no_interest),
		cmocka_unit_test(test_btrfs),
		cmocka_unit_test(test_btrfs_flags),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
