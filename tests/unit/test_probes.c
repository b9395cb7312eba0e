/* SPDX-License-Identifier: MIT */
/*
 * Lines as the kernel's Documentation/trace/kprobetrace.rst has them, written by
 * hand for kernels whose offsets are known (shared notes, and crash(8)'s struct).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "kernel/probes.h"

/* Of the kernel's trace_probe.h and trace.c; a depth-8 line was taken by 5.10, 6.1, 6.12 and 7.2, and 64 characters refused. */
#define MAX_ARGSTR_LEN 63
#define MAX_ARG_NAME_LEN 32
#define MAX_TRACE_ARGS 128
#define WRITE_BUFSIZE 4096

/* x86-64's pt_regs and calling convention, so that the test says the same on every machine. */
static const char *const no_names[] = {NULL};
static const struct arch x86 = {
	.args = {"%di", "%si", "%dx", "%cx"},
	.caller = "$stack0",
	.saved = {"%bx", "%bp", "%r12", "%r13", "%r14", "%r15", NULL},
	.sys = no_names,
	.compat = no_names,
	.sys_fd = 112,
	.sys_mode = 104,
	.sys_offset = 96,
	.sys_len = 56,
	.sys_nr = 120,
	.compat_fd = 40,
	.compat_mode = 88,
	.compat_offset_lo = 96,
	.compat_offset_hi = 104,
	.compat_len_lo = 112,
	.compat_len_hi = 32,
	.nr = 285,
	.regs_size = 168,
	.badfd_code = true,
};

/* 5.10: the size after is read inside vfs_fallocate. */
static struct layout old_kernel(void)
{
	struct layout l;

	layout_init(&l);
	l.f_inode = 32;
	l.f_dentry = 24;
	l.f_mnt = 16;
	l.f_cred = 144;
	l.i_sb = 40;
	l.i_ino = 64;
	l.i_size = 80;
	l.i_blocks = 144;
	l.s_dev = 16;
	l.d_parent = 24;
	l.d_name = 40;
	l.mnt_id = 252;
	l.fsuid = 32;
	memcpy(l.enter_regs, "$stack1", sizeof("$stack1"));
	l.badfd = 95;
	memcpy(l.badfd_regs, "%bp", sizeof("%bp"));
	l.done = 0x146;
	memcpy(l.done_file, "%bx", sizeof("%bx"));
	l.sys = "__x64_sys_fallocate";
	l.compat = "__ia32_sys_ia32_fallocate";
	return l;
}

/* 6.9 and newer: the return probe reads the entry's argument. */
static struct layout new_kernel(void)
{
	struct layout l = old_kernel();

	l.f_inode = 40;
	l.f_dentry = 72;
	l.i_blocks = 136;
	l.exit_args = true;
	l.done = NO_OFFSET;
	l.done_file[0] = '\0';
	return l;
}

static const struct probe_options two_names = {.group = "falloctrace_42", .path_depth = 2, .maxactive = 4096};

struct made {
	struct probe probes[PROBES_MAX];
	size_t count;
};

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct made));
	return !*state;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void make(struct made *m, const struct layout *l, const struct probe_options *o)
{
	/* What is there from before must not show. */
	memset(m->probes, 'x', sizeof(m->probes));
	m->count = probes_make(&x86, l, o, m->probes);
	assert_in_range(m->count, 1, PROBES_MAX);
}

struct expected {
	const char *name;
	bool needed;
	const char *line;
};

static void expect(const struct made *m, const struct expected *want, size_t count)
{
	assert_int_equal(m->count, count);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(m->probes[i].name, want[i].name);
		assert_int_equal(m->probes[i].needed, want[i].needed);
		assert_string_equal(m->probes[i].line, want[i].line);
	}
}

#define EXPECT(m, want) expect(m, want, sizeof(want) / sizeof((want)[0]))

static const struct probe *find(const struct made *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++)
		if (!strcmp(m->probes[i].name, name))
			return &m->probes[i];
	return NULL;
}

static void before_6_9(void **state)
{
	static const struct expected want[] = {
		{"vfs_enter", true,
		 "p:falloctrace_42/vfs_enter vfs_fallocate file=%di:u64 mode=%si:u32 offset=%dx:s64 len=%cx:s64"
		 " size=+80(+32(%di)):s64 blocks=+144(+32(%di)):u64 ino=+64(+32(%di)):u64"
		 " dev=+16(+40(+32(%di))):u32 mnt=+252(+16(%di)):s32 fd=+112($stack1):s32 nr=+120($stack1):u64"
		 " comm=$comm n0=+0(+40(+24(%di))):string n1=+0(+40(+24(+24(%di)))):string"},
		{"vfs_done", false,
		 "p:falloctrace_42/vfs_done vfs_fallocate+326 file=%bx:u64 size=+80(+32(%bx)):s64"
		 " blocks=+144(+32(%bx)):u64"},
		{"vfs_exit", true, "r4096:falloctrace_42/vfs_exit vfs_fallocate ret=$retval:s32"},
		{"sys_badfd", false,
		 "p:falloctrace_42/sys_badfd __x64_sys_fallocate+95 fd=+112(%bp):s32 mode=+104(%bp):u32"
		 " offset=+96(%bp):s64 len=+56(%bp):s64 nr=+120(%bp):u64 comm=$comm"},
		{"compat_enter", false,
		 "p:falloctrace_42/compat_enter __ia32_sys_ia32_fallocate fd=+40(%di):s32 mode=+88(%di):u32"
		 " off_lo=+96(%di):u32 off_hi=+104(%di):u32 len_lo=+112(%di):u32 len_hi=+32(%di):u32 comm=$comm"},
		{"compat_exit", false, "r4096:falloctrace_42/compat_exit __ia32_sys_ia32_fallocate ret=$retval:s32"},
		{"cred", false, "p:falloctrace_42/cred commit_creds uid=+32(%di):u32"},
		{"move", false, "p:falloctrace_42/move cgroup_attach_task process=%dx:u8"},
	};
	struct layout l = old_kernel();

	make(*state, &l, &two_names);
	EXPECT((struct made *)*state, want);
}

static void from_6_9(void **state)
{
	static const struct expected want[] = {
		{"vfs_enter", true,
		 "p:falloctrace_42/vfs_enter vfs_fallocate mode=%si:u32 offset=%dx:s64 len=%cx:s64"
		 " size=+80(+40(%di)):s64 blocks=+136(+40(%di)):u64 ino=+64(+40(%di)):u64"
		 " dev=+16(+40(+40(%di))):u32 mnt=+252(+16(%di)):s32 fd=+112($stack1):s32 nr=+120($stack1):u64"
		 " comm=$comm n0=+0(+40(+72(%di))):string n1=+0(+40(+24(+72(%di)))):string"},
		{"vfs_exit", true,
		 "r4096:falloctrace_42/vfs_exit vfs_fallocate ret=$retval:s32 size=+80(+40($arg1)):s64"
		 " blocks=+136(+40($arg1)):u64"},
		{"sys_badfd", false,
		 "p:falloctrace_42/sys_badfd __x64_sys_fallocate+95 fd=+112(%bp):s32 mode=+104(%bp):u32"
		 " offset=+96(%bp):s64 len=+56(%bp):s64 nr=+120(%bp):u64 comm=$comm"},
		{"cred", false, "p:falloctrace_42/cred commit_creds uid=+32(%di):u32"},
		{"move", false, "p:falloctrace_42/move cgroup_attach_task process=%dx:u8"},
	};
	struct layout l = new_kernel();

	l.compat = NULL;
	make(*state, &l, &two_names);
	EXPECT((struct made *)*state, want);
}

/* Where both ways are known, the return probe alone does it. */
static void one_way_to_the_size_after(void **state)
{
	struct layout l = old_kernel();

	l.exit_args = true;
	make(*state, &l, &two_names);
	assert_null(find(*state, "vfs_done"));
	assert_null(strstr(find(*state, "vfs_enter")->line, " file="));
}

static void nothing_known(void **state)
{
	static const struct expected want[] = {
		{"vfs_enter", true, "p:g/vfs_enter vfs_fallocate mode=%si:u32 offset=%dx:s64 len=%cx:s64 comm=$comm"},
		{"vfs_exit", true, "r16:g/vfs_exit vfs_fallocate ret=$retval:s32"},
		{"move", false, "p:g/move cgroup_attach_task process=%dx:u8"},
	};
	const struct probe_options o = {.group = "g", .path_depth = 31, .maxactive = 16, .blocks_xfs = true};
	struct layout l;

	layout_init(&l);
	make(*state, &l, &o);
	EXPECT((struct made *)*state, want);
}

/* Without the pt_regs of the caller the system call itself must be probed. */
static void no_registers_at_the_entry(void **state)
{
	static const struct expected want[] = {
		{"vfs_enter", true,
		 "p:falloctrace_42/vfs_enter vfs_fallocate mode=%si:u32 offset=%dx:s64 len=%cx:s64 comm=$comm"},
		{"vfs_exit", true, "r4096:falloctrace_42/vfs_exit vfs_fallocate ret=$retval:s32"},
		{"sys_enter", false,
		 "p:falloctrace_42/sys_enter __x64_sys_fallocate fd=+112(%di):s32 mode=+104(%di):u32"
		 " offset=+96(%di):s64 len=+56(%di):s64 comm=$comm"},
		{"sys_exit", false, "r4096:falloctrace_42/sys_exit __x64_sys_fallocate ret=$retval:s32"},
		{"move", false, "p:falloctrace_42/move cgroup_attach_task process=%dx:u8"},
	};
	struct layout l;

	layout_init(&l);
	l.sys = "__x64_sys_fallocate";
	make(*state, &l, &two_names);
	EXPECT((struct made *)*state, want);
	/* A place for EBADF alone is of no use: the other calls' fd is wanted, too. */
	l.badfd = 95;
	memcpy(l.badfd_regs, "%bp", sizeof("%bp"));
	make(*state, &l, &two_names);
	EXPECT((struct made *)*state, want);
}

/* Registers known at the entry, no place for EBADF: still the system call's own probes. */
static void no_place_for_badfd(void **state)
{
	struct layout l = old_kernel();

	l.badfd = NO_OFFSET;
	make(*state, &l, &two_names);
	assert_null(find(*state, "sys_badfd"));
	assert_non_null(find(*state, "sys_enter"));
	assert_non_null(find(*state, "sys_exit"));
	assert_int_equal(((struct made *)*state)->count, 9);
}

static void xfs(void **state)
{
	static const char before[] = " nblocks=-56(+32(%di)):u64 dblocks=-40(+32(%di)):u64";
	static const char done[] = " nblocks=-56(+32(%bx)):u64 dblocks=-40(+32(%bx)):u64";
	static const char after[] = " nblocks=-56(+40($arg1)):u64 dblocks=-40(+40($arg1)):u64";
	struct probe_options o = two_names;
	struct layout l = old_kernel();

	l.xfs_nblocks = -56;
	l.xfs_dblocks = -40;
	make(*state, &l, &o);
	assert_null(strstr(find(*state, "vfs_enter")->line, "nblocks"));
	o.blocks_xfs = true;
	make(*state, &l, &o);
	assert_non_null(strstr(find(*state, "vfs_enter")->line, before));
	assert_non_null(strstr(find(*state, "vfs_done")->line, done));
	assert_null(strstr(find(*state, "vfs_exit")->line, "nblocks"));
	l = new_kernel();
	l.xfs_nblocks = -56;
	l.xfs_dblocks = -40;
	make(*state, &l, &o);
	assert_non_null(strstr(find(*state, "vfs_exit")->line, after));
	/* What is delayed may be unknown: whether the rest is shown is not the probes' to decide. */
	l.xfs_dblocks = NO_OFFSET;
	make(*state, &l, &o);
	assert_non_null(strstr(find(*state, "vfs_enter")->line, " nblocks=-56(+40(%di)):u64"));
	assert_null(strstr(find(*state, "vfs_enter")->line, "dblocks"));
}

/* Who calls is told when it changes, and no call fetches anything for it. */
static void uid(void **state)
{
	struct layout l = old_kernel();

	make(*state, &l, &two_names);
	assert_null(strstr(find(*state, "vfs_enter")->line, " uid="));
	assert_string_equal(find(*state, "cred")->line, "p:falloctrace_42/cred commit_creds uid=+32(%di):u32");
	assert_false(find(*state, "cred")->needed);
	l.fsuid = NO_OFFSET;
	make(*state, &l, &two_names);
	assert_null(find(*state, "cred"));
}

static void path_depth(void **state)
{
	struct probe_options o = two_names;
	struct layout l = old_kernel();

	o.path_depth = 0;
	make(*state, &l, &o);
	assert_null(strstr(find(*state, "vfs_enter")->line, ":string"));
	o.path_depth = 1;
	make(*state, &l, &o);
	assert_non_null(strstr(find(*state, "vfs_enter")->line, " n0=+0(+40(+24(%di))):string"));
	assert_null(strstr(find(*state, "vfs_enter")->line, " n1="));
	/* No way up: the leaf alone. */
	o.path_depth = 4;
	l.d_parent = NO_OFFSET;
	make(*state, &l, &o);
	assert_non_null(strstr(find(*state, "vfs_enter")->line, " n0="));
	assert_null(strstr(find(*state, "vfs_enter")->line, " n1="));
}

/* What the kernel's own limits say of a line. */
static void check_limits(const struct probe *p)
{
	char copy[PROBE_LINE_SIZE], *save = NULL, *word, *body;
	unsigned args = 0;

	assert_in_range(strlen(p->line), 1, WRITE_BUFSIZE - 2); /* a newline and a NUL */
	memcpy(copy, p->line, sizeof(copy));
	word = strtok_r(copy, " ", &save);
	assert_non_null(word);
	assert_non_null(strtok_r(NULL, " ", &save));
	while ((word = strtok_r(NULL, " ", &save))) {
		body = strchr(word, '=');
		assert_non_null(body);
		assert_in_range(body - word, 1, MAX_ARG_NAME_LEN - 1);
		assert_in_range(strlen(body + 1), 1, MAX_ARGSTR_LEN);
		args++;
	}
	assert_in_range(args, 1, MAX_TRACE_ARGS);
}

static void the_kernel_takes_every_line(void **state)
{
	const struct probe_options all = {.group = "falloctrace_4194304",
					  .path_depth = 31,
					  .maxactive = 4096,
					  .blocks_xfs = true};
	struct made *m = *state;
	struct layout l = new_kernel();

	l.xfs_nblocks = -312;
	l.xfs_dblocks = -304;
	make(m, &l, &all);
	for (size_t i = 0; i < m->count; i++)
		check_limits(&m->probes[i]);
	/* 63 characters hold eight names: "+0(+40(" "+24(" × 7 "+72(%di" ")" × 9 … ":string" is 59, five more a name. */
	assert_non_null(strstr(find(m, "vfs_enter")->line, " n7=+0(+40(+24(+24(+24(+24(+24(+24(+24(+72(%di))))))))))"
							   ":string"));
	assert_null(strstr(find(m, "vfs_enter")->line, " n8="));
	/* Offsets of more digits hold fewer. */
	l.d_parent = 1048;
	l.d_name = 1064;
	make(m, &l, &all);
	for (size_t i = 0; i < m->count; i++)
		check_limits(&m->probes[i]);
	assert_non_null(strstr(find(m, "vfs_enter")->line, " n1="));
}

/* --deep: lines for a function of a module, one that all share and one of its own */
static void deep_lines(void **state)
{
	struct probe_options o = two_names;
	struct layout l = old_kernel();
	struct made *m = *state;

	o.deep = true;
	o.maxactive = 1024;
	probes_make_deep(&x86, &l, &o, "xfs:xfs_file_fallocate", -1, &m->probes[0], &m->probes[1]);
	assert_string_equal(m->probes[0].name, "deep_enter");
	assert_string_equal(m->probes[0].line,
			    "p:falloctrace_42/deep_enter xfs:xfs_file_fallocate file=%di:u64 caller=$stack0:u64"
			    " mode=%si:u32 offset=%dx:s64 len=%cx:s64 size=+80(+32(%di)):s64 blocks=+144(+32(%di)):u64"
			    " ino=+64(+32(%di)):u64 dev=+16(+40(+32(%di))):u32 mnt=+252(+16(%di)):s32 comm=$comm"
			    " n0=+0(+40(+24(%di))):string n1=+0(+40(+24(+24(%di)))):string");
	assert_string_equal(m->probes[1].line, "r1024:falloctrace_42/deep_exit xfs:xfs_file_fallocate ret=$retval:s32");

	l = new_kernel();
	l.f_op = 176;
	l.fop_fallocate = 224;
	probes_make_deep(&x86, &l, &o, "shmem_fallocate", 7, &m->probes[0], &m->probes[1]);
	assert_string_equal(m->probes[0].name, "deep_enter_7");
	assert_non_null(strstr(m->probes[0].line,
			       "p:falloctrace_42/deep_enter_7 shmem_fallocate file=%di:u64 caller=$stack0:u64"
			       " fop=+224(+176(%di)):u64 mode="));
	assert_string_equal(m->probes[1].line,
			    "r1024:falloctrace_42/deep_exit_7 shmem_fallocate ret=$retval:s32 fop=+224(+176($arg1)):u64"
			    " size=+80(+40($arg1)):s64 blocks=+136(+40($arg1)):u64");
}

/* What vfs_fallocate is called with must be known by its file, and only then. */
static void deep_needs_file(void **state)
{
	struct probe_options o = two_names;
	struct layout l = new_kernel();
	struct made *m = *state;

	make(m, &l, &o);
	assert_null(strstr(m->probes[0].line, " file="));
	o.deep = true;
	make(m, &l, &o);
	assert_non_null(strstr(m->probes[0].line, "vfs_fallocate file=%di:u64 mode="));
}

int main(void)
{
#define PROBES_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		PROBES_TEST(before_6_9),
		PROBES_TEST(from_6_9),
		PROBES_TEST(one_way_to_the_size_after),
		PROBES_TEST(nothing_known),
		PROBES_TEST(no_registers_at_the_entry),
		PROBES_TEST(no_place_for_badfd),
		PROBES_TEST(xfs),
		PROBES_TEST(uid),
		PROBES_TEST(path_depth),
		PROBES_TEST(deep_lines),
		PROBES_TEST(deep_needs_file),
		PROBES_TEST(the_kernel_takes_every_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
