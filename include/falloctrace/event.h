/* SPDX-License-Identifier: MIT */
/*
 * One decoded record of the ring buffer. The names of the kinds are the names
 * of our probe events (src/kernel/probes.h says what each fetches); the same
 * kinds stand for the kernel's own tracepoints where those tell the same thing.
 */
#ifndef FALLOCTRACE_EVENT_H
#define FALLOCTRACE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

enum event_kind {
	EVENT_NONE,	    /* a record of no interest to us */
	EVENT_SYS_ENTER,    /* 64-bit (native) call begins: fd mode offset len comm */
	EVENT_SYS_EXIT,	    /* … ends: ret */
	EVENT_SYS_BADFD,    /* native call fails with EBADF before the VFS: fd mode offset len comm */
	EVENT_COMPAT_ENTER, /* 32-bit call on a 64-bit kernel, as SYS_ENTER */
	EVENT_COMPAT_EXIT,
	EVENT_VFS_ENTER, /* vfs_fallocate begins: the file and the call */
	EVENT_VFS_DONE,	 /* the filesystem's own function has returned: size and blocks after */
	EVENT_VFS_EXIT,	 /* vfs_fallocate returns: ret, caller, perhaps size and blocks after */
	EVENT_NEWTASK,	 /* task:task_newtask: a thread or process was made */
	EVENT_RAW_ENTER, /* raw_syscalls:sys_enter of a fallocate: as SYS_ENTER, without comm */
	EVENT_RAW_EXIT,	 /* … ends: ret */
	EVENT_FS_ENTER,	 /* a filesystem's own function begins: mode offset len dev ino fs */
	EVENT_FS_EXIT,	 /* … ends: offset ret dev ino fs */
	EVENT_FS_STEP, /* a filesystem is at work, when it ends is not told: step dev ino fs, perhaps mode offset len */
	EVENT_FS_CALL, /* a filesystem's own function has ended, when it began is not told: as FS_ENTER, ret, size and blocks after */
	EVENT_CRED,	   /* commit_creds: the thread gets other credentials: uid */
	EVENT_MOVE,	   /* cgroup_attach_task begins: whole process or thread alone */
	EVENT_CGROUP,	   /* cgroup:cgroup_attach_task: a thread, or a process, was moved to another cgroup */
	EVENT_TRUNC_ENTER, /* do_truncate begins: offset is the new size; size and blocks before, dev ino comm */
	EVENT_TRUNC_EXIT,  /* … ends: ret, perhaps size and blocks after */
	EVENT_CONVERT,	   /* blocks that were reserved have been written to: enum convert says what tells which */
	EVENT_DEEP_ENTER,  /* --deep: a filesystem's own function begins, whoever calls it: file, call, func, caller */
	EVENT_DEEP_EXIT,   /* … returns: ret, func, caller, perhaps size and blocks after */
	EVENT_LOST,	   /* not a record: a gap in one CPU's stream */
};

/* Which fields of struct event the record held. */
enum event_has {
	HAS_FD = 1 << 0,
	HAS_MODE = 1 << 1,
	HAS_OFFSET = 1 << 2,
	HAS_LEN = 1 << 3,
	HAS_RET = 1 << 4,
	HAS_FILE = 1 << 5,
	HAS_SIZE = 1 << 6,
	HAS_BLOCKS = 1 << 7,
	HAS_NBLOCKS = 1 << 8,
	HAS_DBLOCKS = 1 << 9,
	HAS_INO = 1 << 10,
	HAS_DEV = 1 << 11,
	HAS_MNT = 1 << 12,
	HAS_NR = 1 << 13,
	HAS_CALLER = 1 << 14,
	HAS_COMM = 1 << 15,
	HAS_FS = 1 << 16,
	HAS_UID = 1 << 17,
	HAS_FUNC = 1 << 22,
	HAS_FOP = 1 << 23,
	/* Only in trace_info's distrust: the names, and what is fetched at the return. */
	HAS_NAMES = 1 << 18,
	HAS_AFTER = 1 << 19,
	HAS_PROCESS = 1 << 28,
	HAS_CGROUP = 1 << 29,
};

/* Whether it tells of threads and processes, and of no call. */
static inline bool event_of_tasks(enum event_kind kind)
{
	return kind == EVENT_NEWTASK || kind == EVENT_CRED || kind == EVENT_MOVE || kind == EVENT_CGROUP;
}

/* What EVENT_FS_STEP tells of. A step may be a part of the one before: see assemble_fs.c. */
enum fs_step {
	STEP_WHOLE, /* the whole of a call */
	STEP_XFS_ALLOC,
	STEP_XFS_FREE,
	STEP_XFS_ZERO,
	STEP_XFS_COLLAPSE,
	STEP_COUNT,
};

/*
 * Who tells EVENT_CONVERT, as step; all but btrfs tell dev. What is converted
 * begins at offset, and ends behind len or, if that is less, where the second
 * condition says. Every one of these is a bit of trace_info's related.
 */
enum convert {
	CONVERT_EXT4_IO,    /* at the end of writing. Filesystem blocks; no more than `blocks` of them */
	CONVERT_EXT4_WRITE, /* without dioread_nolock. Filesystem blocks; up to nblocks + dblocks at most */
	CONVERT_XFS,	    /* bytes */
	CONVERT_BTRFS, /* bytes; no more than `size` of them. file: begin of the filesystem's id, nr: its subvolume */
	CONVERT_COUNT,
};

#define COMM_SIZE 16		/* TASK_COMM_LEN, with the NUL */
#define EVENT_NAMES_MAX 32	/* most path components that an event can carry */
#define LOST_UNKNOWN UINT64_MAX /* events were lost, their number is not known */

/* Bytes inside the record: valid until the next event is asked for. Not NUL-terminated. */
struct span {
	const char *data;
	uint32_t size; /* without a NUL */
};

/* A field that has a bit in `has` means something only where that is set. */
struct event {
	enum event_kind kind;
	uint32_t has; /* enum event_has */
	uint64_t ts;  /* ns (or ticks) on the trace's clock */
	int32_t cpu;
	int32_t buffer; /* source's buffer_number: 0 where there is only one */
	int32_t tid;	/* common_pid: the thread, as the root pid namespace counts */

	int32_t fd;
	uint32_t mode;	/* FALLOC_FL_* */
	int64_t offset; /* bytes */
	int64_t len;	/* bytes */
	int64_t ret;	/* 0 or a negative errno */

	uint64_t file;	  /* address of the struct file: identity only */
	int64_t size;	  /* i_size, bytes */
	uint64_t blocks;  /* i_blocks, units of 512 bytes */
	uint64_t nblocks; /* XFS's i_nblocks, filesystem blocks */
	uint64_t dblocks; /* XFS's i_delayed_blks, filesystem blocks */
	uint64_t ino;
	uint32_t dev;	 /* s_dev as the kernel keeps it: major << 20 | minor */
	int32_t mnt;	 /* mount id, as in /proc/PID/mountinfo's first column */
	uint32_t uid;	 /* EVENT_CRED: file system uid that the thread has from now on */
	uint64_t nr;	 /* orig_ax of the pt_regs that fd was read from: see schema.h */
	uint64_t caller; /* return address of vfs_fallocate, or of the filesystem's own function */
	uint64_t func;	 /* the function whose beginning or return this is */
	uint64_t fop;	 /* what the file's own operations have as fallocate */
	uint8_t step;	 /* enum fs_step, EVENT_FS_STEP only */
	struct span comm;
	struct span fs;			    /* filesystem type */
	struct span names[EVENT_NAMES_MAX]; /* leaf first, then its parents */
	unsigned names_count;

	/* EVENT_NEWTASK only; tid is the parent's */
	int32_t child;				/* the new task's tid */
	uint64_t clone_flags;			/* CLONE_* */
#define EVENT_INTO_CGROUP UINT64_C(0x200000000) /* CLONE_INTO_CGROUP of the kernel's include/uapi/linux/sched.h */

	/* EVENT_MOVE only: tid is that of who moves, which its EVENT_CGROUP follows */
	uint32_t process; /* not 0: the whole process */
	/* EVENT_CGROUP only; child is the tid of what is moved */
	uint32_t hierarchy; /* its number, 0: version 2's */
	struct span cgroup; /* path */

	/* EVENT_LOST only; ts is the time of the next record that was seen on the CPU */
	uint64_t lost; /* events, or LOST_UNKNOWN */
};

#endif
