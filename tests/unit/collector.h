/* SPDX-License-Identifier: MIT */
/*
 * For the assembler's tests: events as literals, and the calls that come of them.
 */
#ifndef FALLOCTRACE_TESTS_UNIT_COLLECTOR_H
#define FALLOCTRACE_TESTS_UNIT_COLLECTOR_H

#include "falloctrace/assemble.h"

#define NR 285
#define MODE_OFFSET_LEN (HAS_MODE | HAS_OFFSET | HAS_LEN)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define DEV(major, minor) ((major) << 20 | (minor))

/* Addresses of callers that collector_new's symbols know */
#define IN_SYSCALL 0x1010
#define IN_COMPAT 0x2010
#define IN_IO_URING 0x3010
#define IN_OVERLAY 0x4010
#define IN_IOCTL 0x5010
#define IN_SOMEWHERE 0x6010
#define IN_VFS 0x7010
#define IN_LOOP 0x8010
#define IN_TRAMPOLINE 0xa010
#define IN_NOTHING 0x9990

/* Each with len bytes from 0 on, of a file of 100 bytes */
#define SYS_ENTER(t, thread, number, bytes)                                                                     \
	{                                                                                                       \
		.kind = EVENT_SYS_ENTER, .has = HAS_FD | MODE_OFFSET_LEN, .ts = t, .tid = thread, .fd = number, \
		.len = bytes                                                                                    \
	}
#define COMPAT_ENTER(t, thread, number, bytes)                                                                     \
	{                                                                                                          \
		.kind = EVENT_COMPAT_ENTER, .has = HAS_FD | MODE_OFFSET_LEN, .ts = t, .tid = thread, .fd = number, \
		.len = bytes                                                                                       \
	}
#define SYS_EXIT(t, thread, result)                                                           \
	{                                                                                     \
		.kind = EVENT_SYS_EXIT, .has = HAS_RET, .ts = t, .tid = thread, .ret = result \
	}
#define COMPAT_EXIT(t, thread, result)                                                           \
	{                                                                                        \
		.kind = EVENT_COMPAT_EXIT, .has = HAS_RET, .ts = t, .tid = thread, .ret = result \
	}
#define SYS_BADFD(t, thread, number)                                                                                   \
	{                                                                                                              \
		.kind = EVENT_SYS_BADFD, .has = HAS_FD | MODE_OFFSET_LEN | HAS_RET | HAS_COMM, .ts = t, .tid = thread, \
		.fd = number, .len = 7, .ret = -9, .comm = {                                                           \
			"sh",                                                                                          \
			2                                                                                              \
		}                                                                                                      \
	}
#define VFS_ENTER(t, thread, address, bytes)                                                                   \
	{                                                                                                      \
		.kind = EVENT_VFS_ENTER, .has = HAS_FILE | HAS_SIZE | MODE_OFFSET_LEN, .ts = t, .tid = thread, \
		.file = address, .size = 100, .len = bytes                                                     \
	}
/* … with the registers of a system call */
#define VFS_ENTER_FD(t, thread, address, bytes, number)                                                           \
	{                                                                                                         \
		.kind = EVENT_VFS_ENTER, .has = HAS_FILE | HAS_SIZE | MODE_OFFSET_LEN | HAS_FD | HAS_NR, .ts = t, \
		.tid = thread, .file = address, .size = 100, .len = bytes, .fd = number, .nr = NR                 \
	}
#define VFS_DONE(t, thread, address, bytes)                                                                  \
	{                                                                                                    \
		.kind = EVENT_VFS_DONE, .has = HAS_FILE | HAS_SIZE, .ts = t, .tid = thread, .file = address, \
		.size = bytes                                                                                \
	}
#define VFS_EXIT(t, thread, result)                                                           \
	{                                                                                     \
		.kind = EVENT_VFS_EXIT, .has = HAS_RET, .ts = t, .tid = thread, .ret = result \
	}
#define VFS_EXIT_TO(t, thread, result, address)                                                             \
	{                                                                                                   \
		.kind = EVENT_VFS_EXIT, .has = HAS_RET | HAS_CALLER, .ts = t, .tid = thread, .ret = result, \
		.caller = address                                                                           \
	}
/* A filesystem's own function, at address; the file's operations have it */
#define DEEP_ENTER(t, thread, address, bytes, from, function)                                                      \
	{                                                                                                          \
		.kind = EVENT_DEEP_ENTER,                                                                          \
		.has = HAS_FILE | HAS_SIZE | MODE_OFFSET_LEN | HAS_CALLER | HAS_FUNC | HAS_FOP, .ts = t,           \
		.tid = thread, .file = address, .size = 100, .len = bytes, .caller = from, .func = (function) + 4, \
		.fop = function                                                                                    \
	}
#define DEEP_EXIT(t, thread, result, from, function)                                                     \
	{                                                                                                \
		.kind = EVENT_DEEP_EXIT, .has = HAS_RET | HAS_CALLER | HAS_FUNC, .ts = t, .tid = thread, \
		.ret = result, .caller = from, .func = (function) + 4                                    \
	}
#define LOST(t, on, number)                                            \
	{                                                              \
		.kind = EVENT_LOST, .ts = t, .cpu = on, .lost = number \
	}
#define NEWTASK(t, thread, new, flags)                                                            \
	{                                                                                         \
		.kind = EVENT_NEWTASK, .ts = t, .tid = thread, .child = new, .clone_flags = flags \
	}

struct collector {
	struct trace_info info;
	struct assemble *a;
	struct call *calls; /* copies, with copies of their inner ones */
	size_t count, room;
	size_t losses;
	uint64_t lost; /* the last one's */
	int fail;      /* the target's functions return it */
};

/* With fallocate_nr NR, a few symbols, and tasks 10 … 19 of process 10. */
struct collector *collector_new(void);
/*
 * … and these mounts, the first of id 21:
 * / ext4 254:1, /mnt xfs 254:2, /srv/data of btrfs 254:3's /sub/vol, /home/me/bind of 254:1's /home/me,
 * "/tmp dir" tmpfs 0:40; and the internal tmpfs 0:1.
 */
struct collector *collector_with_mounts(void);
void collector_free(struct collector *c);
/* Feeds the events; each must be taken. */
void collector_feed(struct collector *c, const struct event *events, size_t count);
void collector_end(struct collector *c);
/* All of it, with the end. */
struct collector *collect(const struct event *events, size_t count);
/* How many calls, inner ones included. */
size_t count_all(const struct call *c);

#endif
