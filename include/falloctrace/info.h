/* SPDX-License-Identifier: MIT */
/*
 * What is known of the traced machine beside its events: read from the kernel
 * when live, from a trace.dat's option when replayed. The assembler turns
 * device numbers, mount ids and addresses into names with it.
 */
#ifndef FALLOCTRACE_INFO_H
#define FALLOCTRACE_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "falloctrace/error.h"

struct mounts;	/* mount ids and device numbers → file system type, root, mount point */
struct symbols; /* address ranges → names */
struct tasks;	/* threads → thread groups and parents */

/* How the blocks of a filesystem are known, found by comparing with fstat. */
enum blocks_rule {
	BLOCKS_UNTRUSTED, /* neither agrees with fstat: shown as unknown */
	BLOCKS_INODE,	  /* event.blocks */
	BLOCKS_NBLOCKS,	  /* (event.nblocks + event.dblocks) × unit */
};

/* Events lost on a CPU that none of its pages tells of: some time before the end. */
struct info_loss {
	int cpu;
	uint64_t count;
};
#define INFO_LOSSES_MAX 65536 /* CPUs that a kernel can have, and more */

/* What a filesystem had at a time: bytes free, free for those who are not root, and in all. */
struct info_space {
	uint64_t ts;  /* ns on the trace's clock */
	uint32_t dev; /* as the kernel keeps it */
	uint64_t free, avail, size;
};
#define INFO_SPACES_MAX 4096 /* notes of it in a recording */
/*
 * ns after which it tells nothing of a call any more. A recorder looks at its
 * pages once a second, and on a busy machine later than that; how much later it
 * was is told with the call.
 */
#define INFO_SPACE_LATER_MAX UINT64_C(5000000000)

#define RELATED_TRUNCATES (1u << 31)

struct trace_info {
	char host[65]; /* uname: nodename, release, machine; empty: unknown */
	char release[65];
	char machine[65];
	char clock[16];	 /* trace_clock: "mono" */
	unsigned number; /* of several traces that are shown as one: which, from 1 */
	bool ticks;	 /* it counts something else than ns: neither latency nor wall time can be told */
	bool has_utc_offset;
	int64_t utc_offset;    /* ns: UTC = ts + utc_offset */
	bool sizes_after_seen; /* whether the probes read sizes at the return */
	uint32_t distrust;     /* enum event_has: what the self-check did not confirm, never shown */
	uint32_t
		related; /* bits: 1 << enum convert, RELATED_TRUNCATES: what the trace tells beside calls; 0: --related was not asked for */
	uint64_t fallocate_nr; /* system-call number that event.nr must show; 0: fd is believed without */
	struct mounts *mounts;
	struct symbols *symbols;
	struct tasks *tasks;
	bool sees_uids;	    /* events tell of changed credentials: what is known of users holds */
	uint32_t hierarchy; /* of cgroups: whose paths tasks have, by the kernel's number; 0: version 2's */
#define INFO_NO_HIERARCHY UINT32_MAX
	struct info_loss *losses; /* recordings only */
	size_t losses_count;
	struct info_space *spaces; /* recordings only */
	size_t spaces_count;
	/* Asked once for each address, device or task not found above; may be NULL. */
	void (*find_symbol)(void *ctx, struct symbols *s, uint64_t addr);
	void (*find_mount)(void *ctx, struct mounts *m, int32_t tid, uint32_t dev, int32_t mnt);
	void (*find_task)(void *ctx, struct tasks *t, int32_t tid);
	/* While recording: a task was made at ts in another cgroup than its parent's; see tasks_born_into. May be NULL. */
	void (*find_born)(void *ctx, struct tasks *t, int32_t tid, uint64_t ts);
	/*
	 * Asked about a call that failed for want of space and ended at after: what
	 * the filesystem has now, or had at some time since. May be NULL. False:
	 * that can't be told. Rarely asks the kernel: calls may fail by the thousand.
	 */
	bool (*find_space)(void *ctx, uint32_t dev, uint64_t after, struct info_space *space);
	/* What the thread was called when the recording ended, for events that don't tell; may be NULL. NULL: unknown. */
	const char *(*find_comm)(void *ctx, int32_t tid);
	void *find_ctx;
};

void info_init(struct trace_info *info); /* empty tables; aborts nothing: tables are NULL where memory is out */
void info_free(struct trace_info *info); /* frees what it holds */

/* 0; -1: memory, or more than INFO_LOSSES_MAX. */
int info_add_loss(struct trace_info *info, int cpu, uint64_t count);

/* 0; -1: memory, or more than INFO_SPACES_MAX. */
int info_add_space(struct trace_info *info, const struct info_space *space);
/*
 * What is known of dev at after or the shortest time later: by find_space, or
 * by the notes of a recording, which info_parse has put in order. False: nothing.
 */
bool info_space_after(const struct trace_info *info, uint32_t dev, uint64_t after, struct info_space *space);

/*
 * The text form that a trace.dat carries: lines of "key value…", the first one
 * "falloctrace 1". Unknown keys are passed over. info_parse believes nothing.
 */
int info_write(const struct trace_info *info, FILE *out, struct error *e);
int info_parse(struct trace_info *info, const char *text, size_t size, struct error *e);

/* --- mounts --- device numbers as the kernel keeps them: major << 20 | minor */
struct mount {
	int32_t id;
	uint32_t dev;
	char *root;  /* of the filesystem's tree, what is mounted there */
	char *point; /* where */
	char *fs;
	enum blocks_rule rule;
	uint32_t unit; /* 512-byte units a filesystem block; 0: unknown. Known where the rule or --related needs it */
	uint64_t fsid; /* btrfs, with --related: the begin of the filesystem's id; 0: unknown */
};
struct mounts *mounts_new(void);
void mounts_free(struct mounts *m);
/* Adds the lines of a mountinfo (see proc_pid_mountinfo(5)); a line known already is kept once. Number added, -1 memory. */
int mounts_add_text(struct mounts *m, const char *text, size_t size);
/* By id and device; failing that (mnt -1 or unknown), by device alone: prefers root "/". NULL: unknown. */
struct mount *mounts_find(struct mounts *m, uint32_t dev, int32_t mnt);
/* By id alone. NULL: unknown. */
struct mount *mounts_find_id(struct mounts *m, int32_t mnt);
/* Tells it of the device, by the mount that it is known by. */
void mounts_set_fsid(struct mounts *m, uint32_t dev, uint64_t fsid);
/* The device of the mounts with this one. False: there is none. */
bool mounts_find_fsid(const struct mounts *m, uint64_t fsid, uint32_t *dev);
size_t mounts_count(const struct mounts *m);
struct mount *mounts_at(struct mounts *m, size_t i);
/* A filesystem without a mount point (the kernel's own tmpfs). */
int mounts_add_internal(struct mounts *m, uint32_t dev, const char *fs);

/* --- symbols --- */
struct symbols *symbols_new(void);
void symbols_free(struct symbols *s);
int symbols_add(struct symbols *s, uint64_t start, uint64_t end, const char *name); /* end exclusive */
/* NULL: unknown. Valid until the next symbols_add. */
const char *symbols_find(const struct symbols *s, uint64_t addr);
size_t symbols_count(const struct symbols *s);

/* --- tasks --- */
struct tasks *tasks_new(void);
void tasks_free(struct tasks *t);
int tasks_add(struct tasks *t, int32_t tid, int32_t tgid, int32_t parent); /* parent: thread group, 0 unknown */
/* A task_newtask event: parent's tid, child's tid, clone flags. */
int tasks_clone(struct tasks *t, int32_t parent_tid, int32_t child, uint64_t clone_flags, uint64_t ts);
int32_t tasks_tgid(const struct tasks *t, int32_t tid); /* -1: unknown */
/* Whether thread group pid is tgid's ancestor or tgid itself. */
bool tasks_descends(const struct tasks *t, int32_t tgid, int32_t pid);

/*
 * Who a thread is: found in /proc, or as events have told since. It inherits from
 * the thread that made it. Kernel threads take on others' credentials without an
 * event (nfsd): of these no uid is known.
 */
struct task_who {
	int64_t uid;	       /* file system uid, as the first user namespace counts; -1: unknown */
	const char *cgroup;    /* path; "": unknown. Both texts are valid until tasks_free */
	const char *container; /* "": unknown, or in none */
};
void tasks_who(const struct tasks *t, int32_t tid, struct task_who *who);
/*
 * What is found from now on has been read after this time: events before a
 * task was read tell nothing of it that is not known already.
 */
void tasks_found_from(struct tasks *t, uint64_t ts);
/* Found at ts. uid -1, cgroup NULL: unknown. What events have told stays. 0; -1: memory. */
int tasks_found(struct tasks *t, int32_t tid, int64_t uid, const char *cgroup, uint64_t ts);
/* It has got other credentials: 0; -1: memory. */
int tasks_set_uid(struct tasks *t, int32_t tid, uint32_t uid, uint64_t ts);
/* What else moved beside the thread that an event named. */
enum task_move {
	MOVE_THREAD,  /* nothing */
	MOVE_PROCESS, /* the whole process; tid is its leader's */
	MOVE_UNKNOWN, /* the process, if tid is its leader's */
};
/* It was moved to a cgroup, size bytes of path: 0; -1: memory. */
int tasks_set_cgroup(struct tasks *t, int32_t tid, const char *path, size_t size, enum task_move move, uint64_t ts);
/* CLONE_INTO_CGROUP: the cgroup that the task made at ts was found in. 0; -1: memory, or too many. */
int tasks_born_into(struct tasks *t, int32_t tid, uint64_t ts, const char *cgroup);

#endif
