/* SPDX-License-Identifier: MIT */
/*
 * Words and numbers of a call: operations, flags, ways in, oddities.
 */
#include <string.h>

#include "falloctrace/call.h"

/* Source: include/uapi/linux/falloc.h; the last one is of 6.17, newer than many systems' headers. */
#define KEEP_SIZE 0x01
#define PUNCH_HOLE 0x02
#define NO_HIDE_STALE 0x04
#define COLLAPSE_RANGE 0x08
#define ZERO_RANGE 0x10
#define INSERT_RANGE 0x20
#define UNSHARE_RANGE 0x40
#define WRITE_ZEROES 0x80

const struct mode_flag mode_flags[] = {
	{KEEP_SIZE, "KEEP_SIZE"},	    {PUNCH_HOLE, "PUNCH_HOLE"},	    {NO_HIDE_STALE, "NO_HIDE_STALE"},
	{COLLAPSE_RANGE, "COLLAPSE_RANGE"}, {ZERO_RANGE, "ZERO_RANGE"},	    {INSERT_RANGE, "INSERT_RANGE"},
	{UNSHARE_RANGE, "UNSHARE_RANGE"},   {WRITE_ZEROES, "WRITE_ZEROES"}, {0, NULL},
};

/*
 * The combinations that vfs_fallocate lets through to a filesystem, of any
 * kernel: the operations exclude each other, and only some go with KEEP_SIZE
 * (punching must). NO_HIDE_STALE is reserved; every kernel refuses it.
 */
enum op op_of_mode(uint32_t mode)
{
	switch (mode) {
	case 0:
		return OP_EXTEND;
	case KEEP_SIZE:
		return OP_KEEP;
	case PUNCH_HOLE | KEEP_SIZE:
		return OP_PUNCH;
	case COLLAPSE_RANGE:
		return OP_COLLAPSE;
	case INSERT_RANGE:
		return OP_INSERT;
	case ZERO_RANGE:
	case ZERO_RANGE | KEEP_SIZE:
		return OP_ZERO;
	case UNSHARE_RANGE:
	case UNSHARE_RANGE | KEEP_SIZE:
		return OP_UNSHARE;
	case WRITE_ZEROES:
		return OP_WRITE_ZEROES;
	default:
		return OP_INVALID;
	}
}

/*
 * Source: the kernel's system call tables (arch/x86/entry/syscalls, scripts/syscall.tbl,
 * arch/powerpc/kernel/syscalls, arch/s390/kernel/syscalls).
 */
uint64_t fallocate_nr_of(const char *machine, int long_size)
{
	static const struct {
		const char *machine;
		int long_size;
		uint64_t nr;
	} numbers[] = {
		{"x86_64", 8, 285},  {"aarch64", 8, 47}, {"riscv64", 8, 47}, {"loongarch64", 8, 47},
		{"ppc64le", 8, 309}, {"ppc64", 8, 309},	 {"s390x", 8, 314},  {"i686", 4, 324},
		{"i586", 4, 324},    {"i486", 4, 324},	 {"i386", 4, 324},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!strcmp(machine, numbers[i].machine) && long_size == numbers[i].long_size)
			return numbers[i].nr;
	return 0;
}

const char *related_name(enum related related)
{
	return related == RELATED_TRUNCATE ? "truncate" : related == RELATED_USED ? "used" : NULL;
}

const char *op_name(enum op op)
{
	static const char *const names[OP_COUNT] = {
		[OP_EXTEND] = "extend",	  [OP_KEEP] = "keep",
		[OP_PUNCH] = "punch",	  [OP_COLLAPSE] = "collapse",
		[OP_INSERT] = "insert",	  [OP_ZERO] = "zero",
		[OP_UNSHARE] = "unshare", [OP_WRITE_ZEROES] = "write-zeroes",
		[OP_INVALID] = "invalid",
	};

	return (unsigned)op < OP_COUNT ? names[op] : NULL;
}

const char *via_name(enum via via)
{
	static const char *const names[VIA_COUNT] = {
		[VIA_SYSCALL] = "syscall", [VIA_COMPAT] = "compat",   [VIA_IO_URING] = "io_uring",
		[VIA_IOCTL] = "ioctl",	   [VIA_MADVISE] = "madvise", [VIA_OVERLAY] = "overlay",
		[VIA_NFSD] = "nfsd",	   [VIA_LOOP] = "loop",	      [VIA_KERNEL] = "kernel",
	};

	return (unsigned)via < VIA_COUNT ? names[via] : NULL;
}

const char *odd_name(unsigned bit)
{
	switch (bit) {
	case ODD_UNFINISHED:
		return "unfinished";
	case ODD_ORPHAN:
		return "orphan";
	case ODD_NESTED:
		return "nested";
	case ODD_LOSS_NEARBY:
		return "loss-nearby";
	default:
		return NULL;
	}
}

/* --- the way in --- */

enum how { EXACT, PREFIX, SUFFIX, PART };

struct way {
	enum how how;
	const char *text;
	enum via via;
};

/*
 * First match wins. Sources: kernel.md's table; the names that SYSCALL_DEFINE
 * and COMPAT_SYSCALL_DEFINE make on x86, arm64, s390, riscv and powerpc, before
 * and after 4.17.
 *
 * ksys_fallocate is compat's: the 64-bit call has it inlined.
 * Inlining moves the call into whatever function the compiler chose, so ioctl
 * and madvise are recognized by the word alone.
 */
static const struct way ways[] = {
	{PREFIX, "nfsd", VIA_NFSD},
	{PREFIX, "ovl_", VIA_OVERLAY},
	{PREFIX, "lo_", VIA_LOOP},
	{PREFIX, "loop_", VIA_LOOP},
	{PREFIX, "do_req_filebacked", VIA_LOOP},
	{PREFIX, "io_fallocate", VIA_IO_URING},
	{PREFIX, "io_issue_sqe", VIA_IO_URING},
	{EXACT, "ksys_fallocate", VIA_COMPAT},
	{PREFIX, "__ia32_", VIA_COMPAT},
	{EXACT, "sys32_fallocate", VIA_COMPAT},
	{EXACT, "__s390_sys_fallocate", VIA_COMPAT},
	{EXACT, "__se_sys_ia32_fallocate", VIA_COMPAT},
	{EXACT, "__do_sys_ia32_fallocate", VIA_COMPAT},
	{SUFFIX, "compat_sys_fallocate", VIA_COMPAT},
	{SUFFIX, "compat_SyS_fallocate", VIA_COMPAT},
	{SUFFIX, "compat_sys_s390_fallocate", VIA_COMPAT},
	{EXACT, "sys_fallocate", VIA_SYSCALL},
	{EXACT, "SyS_fallocate", VIA_SYSCALL},
	{SUFFIX, "_sys_fallocate", VIA_SYSCALL},
	{PART, "madvise", VIA_MADVISE},
	{PART, "ioctl", VIA_IOCTL},
};

static bool way_matches(const struct way *w, const char *name, size_t size)
{
	size_t n = strlen(w->text);

	switch (w->how) {
	case EXACT:
		return size == n && !memcmp(name, w->text, n);
	case PREFIX:
		return size >= n && !memcmp(name, w->text, n);
	case SUFFIX:
		return size >= n && !memcmp(name + size - n, w->text, n);
	case PART:
		return memmem(name, size, w->text, n) != NULL;
	}
	return false;
}

enum via via_of_symbol(const char *symbol)
{
	size_t size, i;

	if (!symbol || !*symbol || !strncmp(symbol, "0x", 2))
		return VIA_UNKNOWN;
	/* without .isra.0, .constprop.0, .cold, +0x1f/0x30 and " [module]" */
	size = strcspn(symbol, ".+ \t[");
	if (size == 0)
		return VIA_UNKNOWN;
	for (i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (way_matches(&ways[i], symbol, size))
			return ways[i].via;
	return VIA_KERNEL;
}
