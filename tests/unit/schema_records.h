/* SPDX-License-Identifier: MIT */
/*
 * Formats are those that kernels print (5.10 to 7.2); records are laid out by
 * hand from them, in both byte orders.
 */
#ifndef FALLOCTRACE_TESTS_UNIT_SCHEMA_RECORDS_H
#define FALLOCTRACE_TESTS_UNIT_SCHEMA_RECORDS_H

#include "falloctrace/schema.h"

#define COMMON                                                                         \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define HEAD(name, id) "name: " name "\nID: " #id "\nformat:\n" COMMON
#define FIELD(declaration, offset, size, sign) \
	"\tfield:" declaration ";\toffset:" #offset ";\tsize:" #size ";\tsigned:" #sign ";\n"
#define TAIL "\nprint fmt: \"(%lx) file=%Lu\", REC->__probe_ip, ((((\n"
#define PROBE_IP FIELD("unsigned long __probe_ip", 8, 8, 0)
#define PROBE_RET FIELD("unsigned long __probe_func", 8, 8, 0) FIELD("unsigned long __probe_ret_ip", 16, 8, 0)

extern const char vfs_enter_format[], vfs_exit_format[];
extern const char tracepoint_enter_format[], tracepoint_exit_format[], newtask_format[];
#define ENTER_STRINGS 128 /* where those of a record of vfs_enter_format begin */

extern const struct page_format little_64, big_64, little_32, big_32;

struct rec {
	bool big_endian;
	unsigned char data[512];
	size_t size;
};

void rec_begin(struct rec *r, const struct page_format *f, uint16_t id, uint32_t tid);
void rec_put(struct rec *r, size_t at, unsigned width, uint64_t v);
/* A string at the end, with its NUL, located by the field at `at`. */
void rec_string(struct rec *r, size_t at, const char *text);
/* One of vfs_enter_format, all of its fields filled. */
void rec_vfs_enter(struct rec *r, const struct page_format *f);

#define REQUEST (HAS_MODE | HAS_OFFSET | HAS_LEN)
struct schema *schema_of(const struct page_format *f, const char *machine);
/* What schema_add must return. */
void add_format(struct schema *s, const char *system, const char *text, int want);
/* From an allocation of just its size. The strings point into it: the caller frees *copy. */
int rec_decode(const struct schema *s, const struct rec *r, struct event *ev, unsigned char **copy);
/* … which has no strings. */
struct event rec_decode_numbers(const struct schema *s, const struct rec *r);
void assert_span(const struct span *s, const char *text);

#endif
