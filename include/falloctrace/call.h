/* SPDX-License-Identifier: MIT */
/*
 * One fallocate, from its way in to its way out: what the sinks see.
 */
#ifndef FALLOCTRACE_CALL_H
#define FALLOCTRACE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/event.h"

/* How a value came to be known. */
enum known {
	UNKNOWN, /* shown as "-" and null */
	DERIVED, /* follows from the mode and the result, if the kernel keeps its promises */
	SEEN,	 /* read in the kernel at that moment */
};

/* What a mode asks for. */
enum op {
	OP_EXTEND, /* mode 0: allocate, and grow the file */
	OP_KEEP,   /* KEEP_SIZE: allocate only */
	OP_PUNCH,
	OP_COLLAPSE,
	OP_INSERT,
	OP_ZERO,
	OP_UNSHARE,
	OP_WRITE_ZEROES,
	OP_INVALID, /* a combination that no kernel takes, or bits that we don't know */
	OP_COUNT,
};

/* The way by which vfs_fallocate, or the filesystem's own function, was reached. */
enum via {
	VIA_UNKNOWN,
	VIA_SYSCALL,
	VIA_COMPAT,
	VIA_IO_URING,
	VIA_IOCTL,
	VIA_MADVISE,
	VIA_OVERLAY,
	VIA_NFSD,
	VIA_LOOP,
	VIA_KERNEL, /* some other function of the kernel: its name is the caller's */
	VIA_COUNT,
};

/* What is odd about a call: bits of struct call's odd. */
enum odd {
	ODD_UNFINISHED = 1 << 0,  /* entered, and not seen to return before the trace ended */
	ODD_ORPHAN = 1 << 1,	  /* a return whose entry was not seen */
	ODD_NESTED = 1 << 2,	  /* made by another fallocate (a stacked filesystem) */
	ODD_LOSS_NEARBY = 1 << 3, /* events were lost while it ran: what is missing may have been seen by the kernel */
};
#define ODD_COUNT 4

/* What a struct call is, where it is no fallocate: told only with --related. */
enum related {
	RELATED_NONE,
	RELATED_TRUNCATE, /* do_truncate of a file that was fallocated: len is the new size */
	RELATED_USED,	  /* a filesystem says that what was reserved, offset and len, has been written */
};

/*
 * Bytes that fallocate reserved, from when they are until they are something
 * else. reserved = used + released + cut + what is left.
 */
struct reservation {
	bool known;	 /* … else none of it is */
	bool used_known; /* the filesystem tells what is used; else used and what is left are unknown */
	bool exact;	 /* nothing was lost, and none of it had to be taken together */
	int64_t reserved;
	int64_t used;	  /* written to */
	int64_t released; /* given back unused: punched, collapsed */
	int64_t cut;	  /* given back unused: truncated */
};

#define CALL_PATH_SIZE 4096

struct call {
	const char *host; /* name of the machine; "" unknown */
	unsigned trace;	  /* of several traces that are shown as one: which, from 1 */

	/* ns (ticks, where the trace's clock counts these) on the trace's clock. Unknown: has_start / has_end false. */
	bool has_start, has_end, ticks;
	uint64_t start, end;
	/* UTC ns since the epoch of start (of end where only that is known) */
	bool has_utc;
	int64_t utc;

	int32_t tid; /* always known */
	int32_t pid; /* thread group; -1 unknown */
	int64_t uid; /* file system uid of the caller, as of the call; -1 unknown */
	/* As of the call; valid as long as the trace's info. NULL, "": unknown; container, too, where it is in none */
	const char *cgroup;    /* path, from the root of its hierarchy */
	const char *container; /* 64 hexadecimal digits, or a name */
	int cpu;	       /* where it began (ended, for an orphan) */
	char comm[COMM_SIZE];  /* empty: unknown; any bytes */
	enum via via;
	char caller[64]; /* symbol that called vfs_fallocate, or "0x…"; empty: unknown */
	int depth;	 /* 0, or how many fallocates it is nested in */

	bool has_fd, has_mode, has_offset, has_len, has_ret;
	int32_t fd;
	uint32_t mode;
	enum op op;	     /* OP_COUNT where it is unknown; may be known where the mode is not */
	int64_t offset, len; /* bytes, as given */
	int64_t ret;	     /* 0 or negative errno */

	bool has_dev, has_ino;
	uint32_t dev_major, dev_minor;
	uint64_t ino;
	char fs[32]; /* filesystem type; empty: unknown */
	/*
	 * What the filesystem had, as statfs told it after a call that failed with
	 * ENOSPC or EDQUOT: bytes free, free for those who are not root, and in all;
	 * ns since the call had ended. Of no other call is this known.
	 */
	bool has_space;
	uint64_t space_free, space_avail, space_size;
	uint64_t space_later;
	/*
	 * Where the file lies, as the kernel named it at the call: absolute, or
	 * beginning with ".../" where it was cut or its mount point isn't known;
	 * empty: unknown. Any bytes but NUL.
	 */
	char path[CALL_PATH_SIZE];

	enum known size_before_known, size_after_known;
	enum known blocks_before_known, blocks_after_known;
	int64_t size_before, size_after;      /* bytes */
	uint64_t blocks_before, blocks_after; /* units of 512 bytes */

	unsigned odd; /* enum odd */

	enum related related;
	/* What it did to the file's reservation, and what became of all that was reserved since the trace began. */
	struct reservation did, reservation;

	/*
	 * Calls that this one made (overlayfs calling the filesystem below), in
	 * order, each with its own. Owned by the assembler, valid during emit.
	 */
	struct call *inner;
	struct call *next;
};

/* ns from enter to return, or -1 where it is unknown. */
static inline int64_t call_latency(const struct call *c)
{
	return c->has_start && c->has_end && !c->ticks && c->end >= c->start ? (int64_t)(c->end - c->start) : -1;
}

/* The op that a mode asks for. Source: the kernel's include/uapi/linux/falloc.h and vfs_fallocate. */
enum op op_of_mode(uint32_t mode);
/*
 * The number of fallocate among the system calls of a machine, named as by
 * uname(2), whose kernel has longs of that size; 0: not known.
 */
uint64_t fallocate_nr_of(const char *machine, int long_size);
/* "extend", …, "invalid"; NULL for OP_COUNT and beyond. */
const char *op_name(enum op op);
/* "truncate", "used"; NULL for RELATED_NONE. */
const char *related_name(enum related related);
/* "syscall", …, "kernel"; NULL for VIA_UNKNOWN and beyond VIA_COUNT. */
const char *via_name(enum via via);
/* The way in that a caller's symbol stands for; NULL or "": VIA_UNKNOWN. */
enum via via_of_symbol(const char *symbol);
/* "unfinished" … for one bit of enum odd. */
const char *odd_name(unsigned bit);

/* One FALLOC_FL_* bit; the table ends with a NULL name. */
struct mode_flag {
	uint32_t bit;
	const char *name; /* without FALLOC_FL_ */
};
extern const struct mode_flag mode_flags[];
/* "ENOSPC" for 28; NULL for a number without a name. */
const char *errno_name(int err);
/* The number of a name ("ENOSPC", in any case, "E" may be left out) or of a decimal; -1 if neither. */
int errno_number(const char *name);

#endif
