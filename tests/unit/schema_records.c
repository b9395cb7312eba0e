/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema_records.h"

const char vfs_enter_format[] = HEAD("vfs_enter", 1341) PROBE_IP FIELD("u64 file", 16, 8, 0) FIELD("u32 mode", 24, 4, 0)
	FIELD("s64 offset", 28, 8, 1) FIELD("s64 len", 36, 8, 1) FIELD("s64 size", 44, 8, 1)
		FIELD("u64 blocks", 52, 8, 0) FIELD("u64 nblocks", 60, 8, 0) FIELD("u64 dblocks", 68, 8, 0)
			FIELD("u64 ino", 76, 8, 0) FIELD("u32 dev", 84, 4, 0) FIELD("s32 mnt", 88, 4, 1)
				FIELD("u32 uid", 92, 4, 0) FIELD("s32 fd", 96, 4, 1) FIELD("u64 nr", 100, 8, 0)
					FIELD("__data_loc char[] comm", 108, 4, 1)
						FIELD("__data_loc char[] fs", 112, 4, 1)
							FIELD("__data_loc char[] n0", 116, 4, 1)
								FIELD("__data_loc char[] n1", 120, 4, 1)
									FIELD("__data_loc char[] n2", 124, 4, 1) TAIL;

const char vfs_exit_format[] = HEAD("vfs_exit", 1342) PROBE_RET FIELD("s32 ret", 24, 4, 1) TAIL;

const char tracepoint_enter_format[] = HEAD("sys_enter_fallocate", 814) FIELD("int __syscall_nr", 8, 4, 1)
	FIELD("int fd", 16, 8, 0) FIELD("int mode", 24, 8, 0) FIELD("loff_t offset", 32, 8, 0)
		FIELD("loff_t len", 40, 8, 0) "\nprint fmt: \"fd: 0x%08lx\", ((unsigned long)(REC->fd))\n";

const char tracepoint_exit_format[] = HEAD("sys_exit_fallocate", 813) FIELD("int __syscall_nr", 8, 4, 1)
	FIELD("long ret", 16, 8, 1) "\nprint fmt: \"0x%lx\", REC->ret\n";

const char newtask_format[] = HEAD("task_newtask", 205) FIELD("pid_t pid", 8, 4, 1) FIELD("char comm[16]", 12, 16, 0)
	FIELD("u64 clone_flags", 32, 8, 0) FIELD("short oom_score_adj", 40, 2, 1) "\nprint fmt: \"pid=%d\", REC->pid\n";

const struct page_format little_64 = {8, false}, big_64 = {8, true};
const struct page_format little_32 = {4, false}, big_32 = {4, true};

void rec_put(struct rec *r, size_t at, unsigned width, uint64_t v)
{
	for (unsigned i = 0; i < width; i++)
		r->data[at + i] = (unsigned char)(v >> 8 * (r->big_endian ? width - 1 - i : i));
	if (at + width > r->size)
		r->size = at + width;
}

void rec_begin(struct rec *r, const struct page_format *f, uint16_t id, uint32_t tid)
{
	memset(r, 0, sizeof(*r));
	r->big_endian = f->big_endian;
	rec_put(r, 0, 2, id);
	rec_put(r, 4, 4, tid);
}

void rec_string(struct rec *r, size_t at, const char *text)
{
	size_t size = strlen(text) + 1;

	rec_put(r, at, 4, size << 16 | r->size);
	memcpy(r->data + r->size, text, size);
	r->size += size;
}

void add_format(struct schema *s, const char *system, const char *text, int want)
{
	struct error e = {.text = ""};

	if (schema_add(s, system, text, strlen(text), &e) != want)
		fail_msg("%s: %.30s", e.text, text);
	assert_true(want >= 0 || e.text[0]);
}

int rec_decode(const struct schema *s, const struct rec *r, struct event *ev, unsigned char **copy)
{
	struct error e = {.text = ""};
	int ret;

	*copy = malloc(r->size);
	memcpy(*copy, r->data, r->size);
	memset(ev, 0x55, sizeof(*ev));
	ret = schema_decode(s, *copy, r->size, 777, 3, ev, &e);
	assert_true(ret == 1 || (ret == -1 && e.text[0]));
	return ret;
}

struct event rec_decode_numbers(const struct schema *s, const struct rec *r)
{
	unsigned char *copy;
	struct event ev;

	assert_int_equal(rec_decode(s, r, &ev, &copy), 1);
	free(copy);
	return ev;
}

struct schema *schema_of(const struct page_format *f, const char *machine)
{
	struct schema *s = schema_new(f);

	assert_non_null(s);
	schema_set_machine(s, machine);
	return s;
}

void assert_span(const struct span *s, const char *text)
{
	assert_int_equal(s->size, strlen(text));
	assert_memory_equal(s->data, text, s->size);
}

void rec_vfs_enter(struct rec *r, const struct page_format *f)
{
	rec_begin(r, f, 1341, 4242);
	rec_put(r, 8, 8, 0xffffffff81234567);
	rec_put(r, 16, 8, 0xffff888012345678);
	rec_put(r, 24, 4, 3);
	rec_put(r, 28, 8, 0x123456789abc);
	rec_put(r, 36, 8, (uint64_t)-5);
	rec_put(r, 44, 8, 1ull << 40);
	rec_put(r, 52, 8, 24);
	rec_put(r, 60, 8, 3);
	rec_put(r, 68, 8, 71);
	rec_put(r, 76, 8, 131);
	rec_put(r, 84, 4, 254 << 20 | 7);
	rec_put(r, 88, 4, 29);
	rec_put(r, 92, 4, 0xfffffffe);
	rec_put(r, 96, 4, 7);
	rec_put(r, 100, 8, 285);
	r->size = ENTER_STRINGS;
	rec_string(r, 108, "postgres");
	rec_string(r, 112, "ext4");
	rec_string(r, 116, "16384");
	rec_string(r, 120, "db\xff\n");
	rec_string(r, 124, "/");
}
