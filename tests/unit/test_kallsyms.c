/* SPDX-License-Identifier: MIT */
/*
 * Names for addresses, from texts in the shape that proc(5) and the kernel's
 * kernel/kallsyms.c give /proc/kallsyms: "%px %c %s\t[%s]\n".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/kallsyms.h"

struct case_state {
	int fd;
	struct symbols *s;
	struct error e;
};

static int setup(void **state)
{
	static struct case_state c;

	c = (struct case_state){.fd = -1, .s = symbols_new()};
	*state = &c;
	return !c.s;
}

static int teardown(void **state)
{
	struct case_state *c = *state;

	symbols_free(c->s);
	if (c->fd >= 0)
		close(c->fd);
	return 0;
}

static void put(struct case_state *c, const char *text)
{
	c->fd = memfd_create("kallsyms", MFD_CLOEXEC);
	assert_true(c->fd >= 0);
	assert_int_equal(write(c->fd, text, strlen(text)), strlen(text));
}

static int resolve(struct case_state *c, uint64_t addr)
{
	return kallsyms_resolve(c->fd, &addr, 1, c->s, &c->e);
}

static void functions_modules_and_data(void **state)
{
	struct case_state *c = *state;
	const uint64_t addrs[] = {0xffffffff81000000, 0xffffffff8100014f, 0xffffffff81000150,
				  0xffffffff810001ff, 0xffffffffc0301234, 0xffffffff81000260};

	put(c, "0000000000000000 A fixed_percpu_data\n"
	       "ffffffff81000000 T _text\n"
	       "ffffffff81000100 T vfs_fallocate\n"
	       "ffffffff81000150 t do_dentry_open\n"
	       "ffffffff81000200 d a_table\n"
	       "ffffffff81000240 W weak_function\n"
	       "ffffffff81000280 R __start_rodata\n"
	       "ffffffffc0301000 t ovl_fallocate\t[overlay]\n"
	       "ffffffffc0302000 t ovl_write_iter\t[overlay]\n");
	assert_int_equal(kallsyms_resolve(c->fd, addrs, 6, c->s, &c->e), 0);
	assert_string_equal(symbols_find(c->s, addrs[0]), "_text");
	assert_string_equal(symbols_find(c->s, addrs[1]), "vfs_fallocate");
	assert_string_equal(symbols_find(c->s, addrs[2]), "do_dentry_open");
	/* A table ends the function before it, and gives its name to none. */
	assert_string_equal(symbols_find(c->s, addrs[3]), "do_dentry_open");
	assert_null(symbols_find(c->s, 0xffffffff81000200));
	assert_int_equal(resolve(c, 0xffffffff81000210), 0);
	assert_true(!symbols_find(c->s, 0xffffffff81000210) ||
		    strcmp(symbols_find(c->s, 0xffffffff81000210), "a_table"));
	assert_string_equal(symbols_find(c->s, addrs[4]), "ovl_fallocate [overlay]");
	assert_string_equal(symbols_find(c->s, addrs[5]), "weak_function");
	assert_null(symbols_find(c->s, 0xffffffff81000280));
	/* The whole function is known, not only the address asked for. */
	assert_string_equal(symbols_find(c->s, 0xffffffffc0301000), "ovl_fallocate [overlay]");
	assert_string_equal(symbols_find(c->s, 0xffffffffc0301fff), "ovl_fallocate [overlay]");
	assert_null(symbols_find(c->s, 0xffffffffc0302000));
}

/* Modules come in the order in which they were loaded. */
static void unsorted(void **state)
{
	struct case_state *c = *state;

	put(c, "ffffffffc0402000 t c\t[late]\n"
	       "ffffffffc0400000 t a\t[late]\n"
	       "ffffffffc0401000 t b\t[late]\n"
	       "ffffffff81000000 T _text\n");
	assert_int_equal(resolve(c, 0xffffffffc0400800), 0);
	assert_string_equal(symbols_find(c->s, 0xffffffffc0400fff), "a [late]");
	assert_null(symbols_find(c->s, 0xffffffffc0401000));
	assert_int_equal(resolve(c, 0xffffffffc0401800), 0);
	assert_string_equal(symbols_find(c->s, 0xffffffffc0401800), "b [late]");
}

/* Since 6.2 each function has a __pfx_ symbol for the padding before it. */
static void padding_symbols(void **state)
{
	struct case_state *c = *state;

	put(c, "ffffffff811000f0 t __pfx_ksys_fallocate\n"
	       "ffffffff81100100 t ksys_fallocate\n"
	       "ffffffff81100190 T __pfx___x64_sys_fallocate\n"
	       "ffffffff811001a0 T __x64_sys_fallocate\n"
	       "ffffffff81100220 T __pfx___ia32_sys_fallocate\n"
	       "ffffffff81100230 T __ia32_sys_fallocate\n");
	assert_int_equal(resolve(c, 0xffffffff811001e4), 0);
	assert_string_equal(symbols_find(c->s, 0xffffffff811001e4), "__x64_sys_fallocate");
	assert_null(symbols_find(c->s, 0xffffffff81100190));
	assert_null(symbols_find(c->s, 0xffffffff81100220));
}

static void hidden(void **state)
{
	struct case_state *c = *state;

	put(c, "0000000000000000 T vfs_fallocate\n"
	       "0000000000000000 t do_dentry_open\n");
	assert_int_equal(resolve(c, 0xffffffff81000100), -1);
	assert_non_null(strstr(c->e.text, "kptr_restrict"));
	assert_int_equal(symbols_count(c->s), 0);
	/* Asking for none is how doctor learns of it. */
	assert_int_equal(kallsyms_resolve(c->fd, NULL, 0, c->s, &c->e), -1);
}

static void empty(void **state)
{
	struct case_state *c = *state;

	put(c, "");
	assert_int_equal(resolve(c, 0xffffffff81000100), -1);
	assert_int_equal(symbols_count(c->s), 0);
}

static void asked_again(void **state)
{
	struct case_state *c = *state;

	put(c, "ffffffff81000100 T one\nffffffff81000200 T two\nffffffff81000300 T three\n");
	assert_int_equal(resolve(c, 0xffffffff81000280), 0);
	assert_int_equal(resolve(c, 0xffffffff81000180), 0);
	assert_string_equal(symbols_find(c->s, 0xffffffff81000280), "two");
	assert_string_equal(symbols_find(c->s, 0xffffffff81000180), "one");
	assert_int_equal(kallsyms_resolve(c->fd, NULL, 0, c->s, &c->e), 0);
	/* The descriptor stays the caller's. */
	assert_int_equal(lseek(c->fd, 0, SEEK_SET), 0);
}

static void below_above_and_far(void **state)
{
	struct case_state *c = *state;

	put(c, "ffffffff81000100 T first\nffffffffa0000000 T last\n");
	assert_int_equal(resolve(c, 0xffffffff810000ff), 0);
	assert_null(symbols_find(c->s, 0xffffffff810000ff));
	/* Behind the last one, and far behind any: generated code, say. */
	assert_int_equal(resolve(c, 0xffffffffa0000010), 0);
	assert_string_equal(symbols_find(c->s, 0xffffffffa0000010), "last");
	assert_int_equal(resolve(c, 0xffffffffb0000000), 0);
	assert_null(symbols_find(c->s, 0xffffffffb0000000));
	assert_int_equal(resolve(c, 0xffffffff90000000), 0);
	assert_null(symbols_find(c->s, 0xffffffff90000000));
}

static void broken_lines(void **state)
{
	struct case_state *c = *state;
	static char text[4096];
	int n = snprintf(text, sizeof(text),
			 "nothing\n\n T \nffffffff81000000\nffffffff81000010 T\nffffffff81000100 T ");

	/* Longer than any symbol; what is left of the line is no line. */
	memset(text + n, 'f', 2000);
	strcpy(text + n + 2000, " T tail\nffffffff81000200 T good\nffffffff81000300 T without_a_newline");
	put(c, text);
	assert_int_equal(resolve(c, 0xffffffff81000208), 0);
	assert_string_equal(symbols_find(c->s, 0xffffffff81000208), "good");
	assert_int_equal(resolve(c, 0xffffffff81000308), 0);
	assert_string_equal(symbols_find(c->s, 0xffffffff81000308), "without_a_newline");
	assert_int_equal(resolve(c, 0xffffffff81000108), 0);
	assert_int_equal(strspn(symbols_find(c->s, 0xffffffff81000108), "f"),
			 strlen(symbols_find(c->s, 0xffffffff81000108)));
}

static void no_descriptor(void **state)
{
	struct case_state *c = *state;

	assert_int_equal(resolve(c, 1), -1);
	assert_true(c->e.text[0]);
}

int main(void)
{
#define KALLSYMS_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		KALLSYMS_TEST(functions_modules_and_data),
		KALLSYMS_TEST(unsorted),
		KALLSYMS_TEST(padding_symbols),
		KALLSYMS_TEST(hidden),
		KALLSYMS_TEST(empty),
		KALLSYMS_TEST(asked_again),
		KALLSYMS_TEST(below_above_and_far),
		KALLSYMS_TEST(broken_lines),
		KALLSYMS_TEST(no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
