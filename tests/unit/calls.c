/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"

struct call call_whole(void)
{
	struct call c = {
		.host = "db1",
		.has_start = true,
		.has_end = true,
		.start = 123456789012,
		.end = 123456789012 + 35120,
		.has_utc = true,
		.utc = INT64_C(1795425302123456789), /* 2026-11-23T09:15:02 */
		.tid = 43,
		.pid = 42,
		.uid = 107,
		.cgroup = "/docker/" CALL_CONTAINER,
		.container = CALL_CONTAINER,
		.cpu = 1,
		.comm = "postgres",
		.via = VIA_SYSCALL,
		.caller = "__x64_sys_fallocate",
		.has_fd = true,
		.fd = 7,
		.has_mode = true,
		.mode = 3,
		.op = OP_PUNCH,
		.has_offset = true,
		.offset = 4096,
		.has_len = true,
		.len = 8192,
		.has_ret = true,
		.has_dev = true,
		.dev_major = 254,
		.has_ino = true,
		.ino = 131,
		.fs = "ext4",
		.path = "/var/lib/db/16384",
		.size_before_known = SEEN,
		.size_after_known = SEEN,
		.blocks_before_known = SEEN,
		.blocks_after_known = SEEN,
		.size_before = 1048576,
		.size_after = 1048576,
		.blocks_before = 2048,
		.blocks_after = 2032,
	};

	return c;
}

struct call call_bare(void)
{
	struct call c = {.host = "", .tid = 7, .pid = -1, .uid = -1, .cpu = -1, .op = OP_COUNT};

	return c;
}

struct call call_hostile(void)
{
	struct call c = call_whole();

	c.host = "h\x1b\xff";
	c.has_start = false;
	memcpy(c.comm, "a b\"\\\n\x1b[2J\xff\t", 13);
	c.comm[13] = 0;
	strcpy(c.caller, "evil\n\xc3\x28 \"x\"");
	strcpy(c.fs, "ext4\x1b");
	strcpy(c.path, "/tmp/\xe2\x82\xac \xc2\x9b"
		       "2J\xe2\x80\xae\xed\xa0\x80\n\r\t\\x/\x7f ");
	c.via = VIA_KERNEL;
	c.odd = ODD_UNFINISHED | ODD_ORPHAN | ODD_NESTED | ODD_LOSS_NEARBY;
	c.mode = 0x80000101;
	c.op = OP_INVALID;
	c.offset = INT64_MIN;
	c.len = INT64_MAX;
	c.ret = -9999;
	c.ino = UINT64_MAX;
	c.dev_major = 4095;
	c.dev_minor = 1048575;
	c.size_before_known = UNKNOWN;
	c.size_after_known = DERIVED;
	c.size_after = INT64_MAX;
	c.blocks_after_known = UNKNOWN;
	c.blocks_before = UINT64_MAX >> 1;
	return c;
}

struct call call_badfd(void)
{
	struct call c = call_bare();

	c.has_start = c.has_end = true;
	c.start = 5000000000;
	c.end = 5000000400;
	c.pid = 7;
	c.cpu = 0;
	strcpy(c.comm, "sh");
	c.via = VIA_SYSCALL;
	c.has_fd = c.has_mode = c.has_offset = c.has_len = c.has_ret = true;
	c.fd = -1;
	c.op = OP_EXTEND;
	c.len = 1;
	c.ret = -EBADF;
	return c;
}

struct call call_overlay(struct call *inner)
{
	struct call c = call_whole();

	*inner = call_whole();
	inner->start += 1000;
	inner->end -= 1000;
	inner->utc += 1000;
	inner->depth = 1;
	inner->odd = ODD_NESTED;
	inner->via = VIA_OVERLAY;
	inner->has_fd = false;
	strcpy(inner->caller, "ovl_fallocate");
	strcpy(inner->path, "/mnt/up per/16384");
	strcpy(inner->fs, "xfs");
	strcpy(c.fs, "overlay");
	c.inner = inner;
	return c;
}

char *sink_output(sink_maker make, struct sink_options o, const struct script *s)
{
	struct error e = {0};
	struct sink *sink;
	size_t size;
	char *text;
	unsigned i;

	o.out = open_memstream(&text, &size);
	assert_non_null(o.out);
	sink = make(&o);
	assert_non_null(sink);
	if (s->header)
		assert_int_equal(sink->ops->header(sink, &e), 0);
	for (i = 0; i < s->calls_count; i++)
		assert_int_equal(sink->ops->call(sink, &s->calls[i], &e), 0);
	for (i = 0; i < s->losses_count; i++)
		assert_int_equal(sink->ops->lost(sink, &s->losses[i], &e), 0);
	assert_int_equal(sink->ops->footer(sink, &e), 0);
	sink->ops->free(sink);
	assert_int_equal(fclose(o.out), 0);
	return text;
}
