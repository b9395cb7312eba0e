/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "kernel/search.h"

/* --- known values in dumps --- */

static void words(void **state)
{
	/* Each specimen's value in the same place; before it, places that have it in some only. */
	const uint64_t a[] = {7, 70, 1, 70, 9, 70};
	const uint64_t b[] = {8, 80, 2, 81, 9, 80};
	const uint64_t c[] = {9, 91, 3, 90, 9, 90};
	const uint64_t want[] = {70, 80, 90}, everywhere[] = {9, 9, 9}, nowhere[] = {70, 80, 1};
	struct dumped d = {.words = {a, b, c}, .specimens = 3};

	(void)state;
	assert_int_equal(search_word(&d, 0, 6, 1, want), 5);
	assert_int_equal(search_word(&d, 0, 6, 1, everywhere), 4);
	assert_int_equal(search_word(&d, 0, 6, 1, nowhere), SEARCH_NONE);
	assert_int_equal(search_word(&d, 0, 5, 1, want), SEARCH_NONE);
	assert_int_equal(search_word(&d, 5, 5, 1, want), SEARCH_NONE);
	/* Fewer specimens are less sure: that is the caller's. */
	d.specimens = 2;
	assert_int_equal(search_word(&d, 0, 6, 1, want), 1);
	assert_int_equal(search_word(&d, 2, 6, 1, want), 5);
}

static void words_in_steps(void **state)
{
	const uint64_t a[] = {0, 1, 1, 0, 1, 0, 0}, b[] = {0, 2, 2, 0, 2, 0, 0}, c[] = {0, 3, 3, 0, 3, 0, 0};
	const uint64_t want[] = {1, 2, 3};
	const struct dumped d = {.words = {a, b, c}, .specimens = 3};

	(void)state;
	assert_int_equal(search_word(&d, 0, 7, 4, want), 4);
	assert_int_equal(search_word(&d, 0, 7, 3, want), SEARCH_NONE);
	assert_int_equal(search_word(&d, 2, 7, 2, want), 2);
}

static void halves(void **state)
{
	const uint32_t a[] = {5, 0, 1, 11}, b[] = {5, 0, 22, 22}, c[] = {5, 0, 33, 33};
	uint64_t dumps[3][2];
	const uint32_t want[] = {11, 22, 33}, first[] = {5, 5, 5}, nowhere[] = {11, 22, 34};
	const struct dumped d = {.words = {dumps[0], dumps[1], dumps[2]}, .specimens = 3};

	(void)state;
	memcpy(dumps[0], a, sizeof(a));
	memcpy(dumps[1], b, sizeof(b));
	memcpy(dumps[2], c, sizeof(c));
	assert_int_equal(search_half(&d, 0, 2, want), 12);
	assert_int_equal(search_half(&d, 0, 2, first), 0);
	assert_int_equal(search_half(&d, 0, 2, nowhere), SEARCH_NONE);
	assert_int_equal(search_half(&d, 0, 1, want), SEARCH_NONE);
	/* Offsets count from the word where the search begins. */
	assert_int_equal(search_half(&d, 1, 2, want), 4);
}

static uint64_t text(const char *s)
{
	uint64_t word = 0;

	memcpy(&word, s, strnlen(s, sizeof(word)));
	return word;
}

static void texts(void **state)
{
	const uint64_t a[] = {text("memfd:b"), text("memfd:a"), text("memfd:a"), 0};
	const uint64_t b[] = {text("memfd:b"), text("memfd:"), text("memfd:b"), 0};
	const uint64_t c[] = {text("falloctr"), text("falloctr"), text("falloctr"), 0};
	const char *const want[] = {"memfd:a", "memfd:b", "falloctrace"};
	const char *const longer[] = {"memfd:aa", "memfd:b", "falloctrace"};
	const char *const same[] = {"memfd:b", "memfd:b", "falloctrice"};
	const char *const nothing[] = {"", "", ""};
	const struct dumped d = {.words = {a, b, c}, .specimens = 3};

	(void)state;
	assert_int_equal(search_text(&d, 0, 4, 1, want), 2);
	/* A shorter one's end counts, beyond eight bytes nothing does. */
	assert_int_equal(search_text(&d, 0, 4, 1, longer), SEARCH_NONE);
	assert_int_equal(search_text(&d, 0, 4, 1, same), 0);
	assert_int_equal(search_text(&d, 0, 4, 1, nothing), 3);
	assert_int_equal(search_text(&d, 0, 4, 3, want), SEARCH_NONE);
	assert_int_equal(search_text(&d, 2, 4, 3, want), 2);
}

/* --- pointers --- */

static void kernel_pointers(void **state)
{
	(void)state;
	assert_true(is_kernel_pointer(0xffff888003a4c000)); /* 4-level page tables: direct map */
	assert_true(is_kernel_pointer(0xffffffff81e12340)); /* text and data */
	assert_true(is_kernel_pointer(0xff1100000a4c0000)); /* 5-level: direct map, 47 bits and more moved */
	assert_true(is_kernel_pointer(0xffa0000000123458)); /* … vmalloc */
	assert_true(is_kernel_pointer(0xffff000008080000)); /* arm64 */
	assert_false(is_kernel_pointer(0));
	assert_false(is_kernel_pointer(0x00007ffe12345678));
	assert_false(is_kernel_pointer(0xffff888003a4c001)); /* tagged, or no pointer */
	assert_false(is_kernel_pointer(0xffff888003a4c004));
	assert_false(is_kernel_pointer(UINT64_MAX)); /* -1 … -4095: errors */
	assert_false(is_kernel_pointer((uint64_t)-8));
	assert_false(is_kernel_pointer((uint64_t)-4096));
	assert_true(is_kernel_pointer((uint64_t)-4104));
	assert_false(is_kernel_pointer(0xfeffffffffff0000));
}

static enum pointer_kind kind(uint64_t a, uint64_t b, uint64_t c)
{
	const struct dumped d = {.words = {&a, &b, &c}, .specimens = 3};

	return pointer_kind(&d, 0);
}

static void pointer_kinds(void **state)
{
	const uint64_t p = 0xff1100000a4c0000, q = 0xff1100000a4c0040, r = 0xff1100000a4c0080;

	(void)state;
	assert_int_equal(kind(p, q, r), POINTER_EACH);
	assert_int_equal(kind(p, p, q), POINTER_LAST);
	assert_int_equal(kind(p, q, p), POINTER_MIDDLE);
	assert_int_equal(kind(p, q, q), POINTER_OTHER);
	assert_int_equal(kind(p, p, p), POINTER_OTHER);
	assert_int_equal(kind(0, q, r), POINTER_NONE);
	assert_int_equal(kind(p, 0, r), POINTER_NONE);
	assert_int_equal(kind(p, q, 0), POINTER_NONE);
	assert_int_equal(kind(p, q, r + 1), POINTER_NONE);
}

/* pt_regs is 168 bytes; a stack is 16 KiB, and its upper end is where a page ends. */
static void registers_on_the_stack(void **state)
{
	const uint64_t base = 0xffffc90000200000, end = base + 16384, sp = end - 600;

	(void)state;
	assert_true(may_be_regs(end - 168, sp, 168));
	assert_true(may_be_regs(end - 168 - 8, sp, 168)); /* 6.12 and newer leave room for FRED's */
	assert_true(may_be_regs(end - 168 - 64, sp, 168));
	assert_false(may_be_regs(end - 168 - 72, sp, 168));
	assert_false(may_be_regs(end - 168 + 8, sp, 168)); /* would end on the next stack */
	assert_false(may_be_regs(end - 168 - 4, sp, 168)); /* unaligned */
	assert_false(may_be_regs(sp - 8, sp, 168));	   /* below the stack pointer */
	assert_false(may_be_regs(sp, sp, 168));
	assert_false(may_be_regs(end + 128 * 1024 - 168, sp, 168)); /* another stack */
	assert_false(may_be_regs(0, sp, 168));
	/* With 5-level page tables. */
	assert_true(may_be_regs(0xffa0000000204000 - 168, 0xffa0000000203d00, 168));
}

/* --- code --- */

/*
 * __x64_sys_fallocate as Debian's stock kernels hold it in memory (ftrace's nops,
 * calls relocated). objdump has one "mov $0xfffffffffffffff7" in each:
 * 5.10 at 0x5f, 6.1 at 0x61, to %rax; 6.12 at 0x63, to %rbp; 7.2 at 0x82, to %rax.
 */
static const char v5_10[] =
	"666666669041564155415455534c8b77384c8b6f60488b6f68488b7f70e88e8402004989c44983e4fc74344889c389ee"
	"4c89f14c89ea4c89e7e852efffff83e30189c575104863c55b5d415c415d415ec3cccccccc4c89e7e8d3680000ebe648"
	"c7c0f7ffffffebe00f1f840000000000";
static const char v6_1[] =
	"0f1f44000041564155415455534c8b77384c8b6f608b6f688b7f70e800bc02004989c44983e4fc4883f80376344889c3"
	"89ee4c89f14c89ea4c89e7e8d0f4ffff83e30189c575104863c55b5d415c415d415ec3cccccccc4c89e7e831670000eb"
	"e648c7c0f7ffffffebe0660f1f440000";
static const char v6_12[] =
	"f30f1efa0f1f44000041564155415455534c8b77384c8b6f608b6f688b7f70e8cc2e03004885c0743a4989c44889c389"
	"ee4c89f14983e4fc4c89ea4c89e7e8bdeaffff83e3014863e874084c89e7e81d8000005b4889e85d415c415d415ec3cc"
	"cccccc48c7c5f7ffffff5b4889e85d415c415d415ec3cccccccc660f1f";
static const char v7_2[] =
	"f30f1efa0f1f4400004883ec3048896c24104c896c24204c897424284c8b77384c8b6f60488b6f688b7f70e8808f0300"
	"4885c0744d4c896424184989c44c89f14c89ea4983e4fc48895c240889ee4889c34c89e7e8b7ebffff83e3014898752b"
	"488b5c24084c8b642418488b6c24104c8b6c24204c8b7424284883c430c3cccccccc48c7c0f7ffffffebdf4c89e74889"
	"0424e8a9870000488b0424488b5c2408";

static size_t from_hex(const char *hex, unsigned char *code)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n * 2; i++) {
		unsigned digit = (unsigned)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);

		code[i / 2] = (unsigned char)(i % 2 ? code[i / 2] | digit : digit << 4);
	}
	return n;
}

static size_t search_hex(const char *hex, int *offsets, size_t max)
{
	unsigned char code[512];

	return search_badfd(code, from_hex(hex, code), offsets, max);
}

static void badfd_in_real_code(void **state)
{
	static const struct {
		const char *hex;
		int at;
	} kernels[] = {{v5_10, 0x5f}, {v6_1, 0x61}, {v6_12, 0x63}, {v7_2, 0x82}};
	int offsets[4];

	(void)state;
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		assert_int_equal(search_hex(kernels[i].hex, offsets, 4), 1);
		assert_int_equal(offsets[0], kernels[i].at);
	}
}

/* Encodings by the processor's manual (Intel's volume 2, MOV), as objdump shows them. */
static void badfd_in_every_register(void **state)
{
	static const struct {
		const char *hex;
		int at; /* -1: not a move of -9 */
	} code[] = {
		{"90909048c7c0f7ffffff", 3}, /* mov $-9,%rax */
		{"90909048c7c7f7ffffff", 3}, /* mov $-9,%rdi */
		{"90909049c7c0f7ffffff", 3}, /* mov $-9,%r8 */
		{"90909049c7c7f7ffffff", 3}, /* mov $-9,%r15 */
		{"909090b8f7ffffff", 3},     /* mov $-9,%eax */
		{"909090bff7ffffff", 3},     /* mov $-9,%edi */
		{"90909041bcf7ffffff", 3},   /* mov $-9,%r12d */
		{"90909041bff7ffffff", 3},   /* mov $-9,%r15d */
		{"48c7c0f7ffffff90", 0},     /* at the very start */
		{"9090903df7ffffff", -1},    /* cmp $-9,%eax */
		{"90909083f8f790ff", -1},    /* cmp $-9,%eax, short */
		{"909090b8f5ffffff", -1},    /* mov $-11,%eax */
		{"48c7450cf7ffffff", -1},    /* movq $-9,12(%rbp): to memory */
		{"909090b8f7ffff", -1},	     /* cut off */
		{"f7ffffff", -1},
		{"", -1},
	};
	int offsets[2];

	(void)state;
	for (size_t i = 0; i < sizeof(code) / sizeof(code[0]); i++) {
		size_t n = search_hex(code[i].hex, offsets, 2);

		assert_int_equal(n, code[i].at >= 0);
		if (n)
			assert_int_equal(offsets[0], code[i].at);
	}
}

static void several_and_no_more_than_asked(void **state)
{
	static const char twice[] = "b8000000009048c7c0f7ffffffc3909041bcf7ffffffc3b8f7ffffffc3";
	int offsets[3] = {-1, -1, -1};

	(void)state;
	assert_int_equal(search_hex(twice, offsets, 3), 3);
	assert_int_equal(offsets[0], 6);
	assert_int_equal(offsets[1], 16);
	assert_int_equal(offsets[2], 23);
	offsets[1] = -1;
	assert_int_equal(search_hex(twice, offsets, 1), 1);
	assert_int_equal(offsets[0], 6);
	assert_int_equal(offsets[1], -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(words_in_steps),
		cmocka_unit_test(halves),
		cmocka_unit_test(texts),
		cmocka_unit_test(kernel_pointers),
		cmocka_unit_test(pointer_kinds),
		cmocka_unit_test(registers_on_the_stack),
		cmocka_unit_test(badfd_in_real_code),
		cmocka_unit_test(badfd_in_every_register),
		cmocka_unit_test(several_and_no_more_than_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
