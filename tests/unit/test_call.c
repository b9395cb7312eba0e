/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <cmocka.h>

#include "falloctrace/call.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Every mode below 512: what is not in this list is invalid. From fallocate(2) and vfs_fallocate of 6.17. */
static void every_mode_has_its_op(void **state)
{
	static const struct {
		uint32_t mode;
		enum op op;
	} valid[] = {
		{0x00, OP_EXTEND}, {0x01, OP_KEEP},   {0x03, OP_PUNCH},	  {0x08, OP_COLLAPSE}, {0x10, OP_ZERO},
		{0x11, OP_ZERO},   {0x20, OP_INSERT}, {0x40, OP_UNSHARE}, {0x41, OP_UNSHARE},  {0x80, OP_WRITE_ZEROES},
	};
	uint32_t mode;
	size_t i;

	(void)state;
	for (mode = 0; mode < 0x200; mode++) {
		enum op want = OP_INVALID;

		for (i = 0; i < COUNT(valid); i++)
			if (valid[i].mode == mode)
				want = valid[i].op;
		assert_int_equal(op_of_mode(mode), want);
	}
	assert_int_equal(op_of_mode(0x80000000), OP_INVALID);
	assert_int_equal(op_of_mode(UINT32_MAX), OP_INVALID);
}

/* From the kernel's tables; the machine that this runs on knows one of them itself. */
static void fallocate_has_a_number(void **state)
{
	struct utsname here;

	(void)state;
	assert_int_equal(fallocate_nr_of("x86_64", 8), 285);
	assert_int_equal(fallocate_nr_of("aarch64", 8), 47);
	assert_int_equal(fallocate_nr_of("riscv64", 8), 47);
	assert_int_equal(fallocate_nr_of("ppc64le", 8), 309);
	assert_int_equal(fallocate_nr_of("s390x", 8), 314);
	assert_int_equal(fallocate_nr_of("i686", 4), 324);
	/* a personality, or a lie */
	assert_int_equal(fallocate_nr_of("x86_64", 4), 0);
	assert_int_equal(fallocate_nr_of("i686", 8), 0);
	assert_int_equal(fallocate_nr_of("", 8), 0);
	assert_int_equal(fallocate_nr_of("x86_64 ", 8), 0);
	assert_int_equal(uname(&here), 0);
	if (fallocate_nr_of(here.machine, sizeof(long)))
		assert_int_equal(fallocate_nr_of(here.machine, sizeof(long)), SYS_fallocate);
}

static void names_are_those_of_the_design(void **state)
{
	static const char *const ops[] = {"extend", "keep",    "punch",	       "collapse", "insert",
					  "zero",   "unshare", "write-zeroes", "invalid"};
	static const char *const vias[] = {"syscall", "compat", "io_uring", "ioctl", "madvise",
					   "overlay", "nfsd",	"loop",	    "kernel"};
	static const char *const odds[] = {"unfinished", "orphan", "nested", "loss-nearby"};
	int i;

	(void)state;
	assert_int_equal(COUNT(ops), OP_COUNT);
	for (i = 0; i < OP_COUNT; i++)
		assert_string_equal(op_name((enum op)i), ops[i]);
	assert_null(op_name(OP_COUNT));
	assert_null(op_name((enum op) - 1));
	for (i = 1; i < VIA_COUNT; i++)
		assert_string_equal(via_name((enum via)i), vias[i - 1]);
	assert_null(via_name(VIA_UNKNOWN));
	assert_null(via_name(VIA_COUNT));
	for (i = 0; i < ODD_COUNT; i++)
		assert_string_equal(odd_name(1u << i), odds[i]);
	assert_null(odd_name(0));
	assert_null(odd_name(1u << ODD_COUNT));
}

/* Symbols as kallsyms of 5.10, 6.1, 6.12 and 7.2 and of other machines have them. */
static void symbols_tell_the_way_in(void **state)
{
	static const struct {
		const char *symbol;
		enum via via;
	} cases[] = {
		{"__x64_sys_fallocate", VIA_SYSCALL},
		{"__arm64_sys_fallocate", VIA_SYSCALL},
		{"__riscv_sys_fallocate", VIA_SYSCALL},
		{"__s390x_sys_fallocate", VIA_SYSCALL},
		{"__se_sys_fallocate", VIA_SYSCALL},
		{"__do_sys_fallocate", VIA_SYSCALL},
		{"sys_fallocate", VIA_SYSCALL},
		{"SyS_fallocate", VIA_SYSCALL},
		{"__x64_sys_fallocate.isra.0", VIA_SYSCALL},
		{"__do_sys_fallocate.constprop.0.cold", VIA_SYSCALL},
		{"__x64_sys_fallocate+0x1f/0x30", VIA_SYSCALL},
		{"ksys_fallocate", VIA_COMPAT},
		{"ksys_fallocate.part.0", VIA_COMPAT},
		{"__ia32_sys_ia32_fallocate", VIA_COMPAT},
		{"__ia32_sys_fallocate", VIA_COMPAT},
		{"__ia32_compat_sys_x86_fallocate", VIA_COMPAT},
		{"__se_sys_ia32_fallocate", VIA_COMPAT},
		{"sys32_fallocate", VIA_COMPAT},
		{"compat_sys_fallocate", VIA_COMPAT},
		{"__arm64_compat_sys_fallocate", VIA_COMPAT},
		{"__se_compat_sys_fallocate", VIA_COMPAT},
		{"__s390_sys_fallocate", VIA_COMPAT},
		{"io_fallocate", VIA_IO_URING},
		{"io_fallocate.isra.0", VIA_IO_URING},
		{"io_issue_sqe", VIA_IO_URING},
		{"ioctl_preallocate", VIA_IOCTL},
		{"compat_ioctl_preallocate", VIA_IOCTL},
		{"do_vfs_ioctl", VIA_IOCTL},
		{"__x64_sys_ioctl", VIA_IOCTL},
		{"do_madvise", VIA_MADVISE},
		{"do_madvise.part.0", VIA_MADVISE},
		{"madvise_vma_behavior", VIA_MADVISE},
		{"__x64_sys_madvise", VIA_MADVISE},
		{"ovl_fallocate", VIA_OVERLAY},
		{"ovl_fallocate [overlay]", VIA_OVERLAY},
		{"nfsd4_vfs_fallocate [nfsd]", VIA_NFSD},
		{"nfsd4_vfs_fallocate\t[nfsd]", VIA_NFSD},
		{"lo_fallocate [loop]", VIA_LOOP},
		{"loop_process_work", VIA_LOOP},
		{"ksmbd_vfs_zero_data [ksmbd]", VIA_KERNEL},
		{"cachefiles_commit_tmpfile", VIA_KERNEL},
		{"my_sys_fallocate_wrapper", VIA_KERNEL},
		{"nfs42_proc_fallocate", VIA_KERNEL},
		{"0xffffffff81234567", VIA_UNKNOWN},
		{" [overlay]", VIA_UNKNOWN},
		{"", VIA_UNKNOWN},
		{NULL, VIA_UNKNOWN},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (via_of_symbol(cases[i].symbol) != cases[i].via)
			fail_msg("%s: %d, not %d", cases[i].symbol, via_of_symbol(cases[i].symbol), cases[i].via);
}

/* glibc's own table is the independent one; it ends at EHWPOISON. */
static void errno_names_agree_with_libc(void **state)
{
	int err, known = 0;

	(void)state;
	for (err = 1; err < 512; err++) {
		const char *libc = strerrorname_np(err), *ours = errno_name(err);

		if (!libc) {
			assert_null(ours);
			continue;
		}
		assert_non_null(ours);
		assert_string_equal(ours, libc);
		assert_int_equal(errno_number(ours), err);
		assert_int_equal(errno_number(ours + 1), err);
		known++;
	}
	assert_true(known > 120);
	assert_null(errno_name(0));
	assert_null(errno_name(-28));
	assert_string_equal(errno_name(512), "ERESTARTSYS");
	assert_string_equal(errno_name(524), "ENOTSUPP");
}

static void errno_numbers_of_every_spelling(void **state)
{
	static const char *const bad[] = {"",	 "0",	"4096", "99999999999999999999",
					  "28x", "-28", "+28",	"ENOSPCX",
					  "E",	 " 28", "ENO",	"EENOSPC"};
	size_t i;

	(void)state;
	assert_int_equal(errno_number("ENOSPC"), 28);
	assert_int_equal(errno_number("enospc"), 28);
	assert_int_equal(errno_number("NoSpc"), 28);
	assert_int_equal(errno_number("28"), 28);
	assert_int_equal(errno_number("4095"), 4095);
	assert_int_equal(errno_number("2big"), 7); /* begins with a digit, and is no number */
	assert_int_equal(errno_number("E2BIG"), 7);
	assert_int_equal(errno_number("EWOULDBLOCK"), 11);
	assert_int_equal(errno_number("ENOTSUP"), 95);
	assert_int_equal(errno_number("NOTSUPP"), 524);
	for (i = 0; i < COUNT(bad); i++)
		if (errno_number(bad[i]) != -1)
			fail_msg("'%s' is %d", bad[i], errno_number(bad[i]));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fallocate_has_a_number),	 cmocka_unit_test(every_mode_has_its_op),
		cmocka_unit_test(names_are_those_of_the_design), cmocka_unit_test(symbols_tell_the_way_in),
		cmocka_unit_test(errno_names_agree_with_libc),	 cmocka_unit_test(errno_numbers_of_every_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
