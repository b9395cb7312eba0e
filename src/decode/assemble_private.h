/* SPDX-License-Identifier: MIT */
/*
 * The assembler's own structures. A thread has a stack of open frames, a frame
 * for each fallocate that it is in: a system call and the vfs_fallocate that it
 * makes share one, a stacked filesystem's call below has its own on top. A frame
 * that ends hangs on the one below, or, at the bottom, becomes a call.
 */
#ifndef FALLOCTRACE_DECODE_ASSEMBLE_PRIVATE_H
#define FALLOCTRACE_DECODE_ASSEMBLE_PRIVATE_H

#include "falloctrace/assemble.h"

/* Which probes saw it coming from user space. */
enum way {
	WAY_NONE, /* none: vfs_enter alone, as usual */
	WAY_SYS,
	WAY_COMPAT,
	WAY_RAW, /* raw_syscalls' tracepoints, not ours */
	WAY_FS,	 /* the filesystem's own tracepoints */
};

/* How good an event is: of several that tell of the same calls only the best are used. */
enum rank {
	RANK_CALL, /* ours and syscalls' */
	RANK_RAW,
	RANK_FS,
	RANK_COUNT,
	RANK_ANY, /* tells of no call: used whatever there is */
};

enum vfs_part {
	VFS_NOT_YET,
	VFS_OPEN,
	VFS_CLOSED, /* vfs_exit has been seen */
};

struct frame {
	struct frame *below;		   /* on the thread's stack */
	struct frame *inner, **inner_last; /* those that it made and that have ended, in order */
	struct frame *next;		   /* among the inner ones */
	size_t bytes;			   /* of memory, path included */

	enum way way;
	enum vfs_part vfs;
	bool done;	    /* vfs_done has been seen: the filesystem was reached */
	bool deep;	    /* the filesystem's own function was called, not vfs_fallocate */
	bool after_at_exit; /* it is vfs_exit that tells what is after the call; there is no vfs_done then */
	unsigned odd;

	bool has_start, has_end;
	uint64_t start, end;
	int32_t tid, pid;
	int cpu;
	struct task_who who;
	char comm[COMM_SIZE];

	uint32_t has; /* enum event_has, of the following */
	int32_t fd;
	uint32_t mode, dev;
	int64_t offset, len, ret;
	uint64_t nr, file, ino, caller, func;
	bool has_op; /* though the mode is not known */
	enum op op;
	char fs[32];
	char *path; /* "" unknown; NULL where there is no room for one yet */
	size_t path_room;

	enum blocks_rule rule;
	uint32_t unit;
	enum known size_before_known, size_after_known;
	enum known blocks_before_known, blocks_after_known;
	int64_t size_before, size_after;
	uint64_t blocks_before, blocks_after;
};

/* Exists while it has open frames. */
struct thread {
	int32_t tid;
	unsigned depth;		    /* open frames */
	unsigned frames;	    /* these, and all that hang on them */
	struct frame *top;	    /* the innermost */
	struct thread *bucket_next; /* in its bucket */
	struct thread *prev, *next; /* in the order in which they came to be */
};

#define THREAD_BUCKETS_LOG 12

/* Numbers that somebody was asked about already. */
struct asked {
	size_t count;
	uint64_t slots[1024]; /* number + 1; 0: free */
};

/* What the return address of a vfs_fallocate stands for. */
struct caller {
	uint64_t addr;
	bool asked, named; /* … for whom it stands was asked for, and found */
	bool vfs;	   /* it is vfs_fallocate */
	enum via via;
	char text[64]; /* as struct call's caller */
};
#define CALLERS 16
#define PROVEN 32

/* Frames that are kept to be used again: as many as calls usually are open at once. */
#define FREE_FRAMES_MAX 256

/* The last step of a filesystem that a thread took, and the steps (1 << enum fs_step) that may still be a part of it. */
struct step_seen {
	int32_t tid;
	uint32_t dev;
	uint64_t ino;
	uint8_t parts;
};
#define STEPS_LOG 8

struct join;
struct related_files;

/* Of one buffer's events. Where there are several, the first one's has the join, and is what callers hold. */
struct assemble {
	int32_t buffer;	   /* -1: no event was seen yet */
	struct join *join; /* NULL: no other buffer was seen yet */
	enum rank best;	   /* of the events seen, all buffers' */
	struct trace_info *info;
	struct assemble_target target; /* calls: front_call of the first one, or a join's */
	struct assemble_target outer;  /* … whom the first one tells */
	struct related_files *related; /* NULL: nothing beside calls is told */
	bool lost;		       /* a loss was seen at some time */
	uint64_t gap_end;	       /* of the gaps known of, the latest end: until then anything may be missing */
	struct thread *buckets[1 << THREAD_BUCKETS_LOG];
	uint64_t multiplier; /* random: a file can't choose tids of one bucket */
	struct thread *first, *last;
	size_t bytes;		   /* of all frames and threads */
	size_t bytes_max;	   /* … before the oldest make room */
	struct frame *free_frames; /* by next */
	struct thread *free_threads;
	unsigned free_frames_count, free_threads_count;
	struct caller callers[CALLERS]; /* the last one of each of their hashes */
	uint64_t proven[PROVEN];	/* functions that were seen to be their files' own, the last ones */
	unsigned proven_count;
	struct asked symbols, mounts, tasks;
	int32_t mover; /* of the last EVENT_MOVE, until its EVENT_CGROUP has come; 0: none */
	bool moves_process;
	struct step_seen steps[1 << STEPS_LOG]; /* by tid; of two that meet the later one stays */
	char path[CALL_PATH_SIZE];		/* scratch */
	struct call call;			/* scratch */
};

/*
 * What may be open at once. Real stacks are two deep; frames beyond it are of
 * threads whose returns were lost, or of a file that lies. Then the oldest
 * threads' calls are given up as unfinished.
 */
#define OPEN_BYTES_MAX (32u << 20)
#define THREAD_DEPTH_MAX 8
#define THREAD_FRAMES_MAX 64

/* --- assemble_front.c --- */
/* An event of a's buffer, which is not outranked. */
int assemble_one(struct assemble *a, const struct event *ev, struct error *e);

/* A call, all buffers' parts of it together: to whom a tells them; ctx: a. */
int front_call(void *ctx, const struct call *c, struct error *e);
int front_lost(void *ctx, const struct event *lost, struct error *e);

/* --- assemble.c --- */
/* An event all of whose fields can be trusted. */
int take_event(struct assemble *a, const struct event *ev, struct error *e);
/* The thread's open calls have returned unseen. NULL is fine. */
int end_all_unseen(struct assemble *a, struct thread *t, struct error *e);
int enter_way(struct assemble *a, const struct event *ev, enum way way, struct error *e);
int exit_way(struct assemble *a, const struct event *ev, enum way way, struct error *e);

/* The thread's frames above f, and f with them if `too`, have returned unseen. The thread may be gone afterwards. */
int end_unseen(struct assemble *a, struct thread *t, const struct frame *f, bool too, struct error *e);
/* The innermost frame has ended: it hangs on the one below or, at the bottom, becomes a call. */
int end_top(struct assemble *a, struct thread *t, struct error *e);
/* Opens a frame on the event's thread, that begins with it; the oldest threads' make room where there is none. NULL: *e. */
struct frame *open_frame(struct assemble *a, const struct event *ev, struct error *e);
/* A return whose entry was not seen. */
int orphan(struct assemble *a, const struct event *ev, enum way way, struct error *e);
/* Whether the system call that is open, and has not come as far as the VFS, may be what the event is of. */
bool joins(const struct frame *top, const struct event *ev);

/* --- assemble_deep.c: filesystems' own functions --- */
int deep_enter(struct assemble *a, const struct event *ev, struct error *e);
int deep_exit(struct assemble *a, const struct event *ev, struct error *e);
/* vfs_fallocate returns: what is open of the functions that it called has returned unseen. */
int end_deep(struct assemble *a, struct thread *t, struct error *e);

/* --- assemble_fs.c: what filesystems' own tracepoints tell --- */
int fs_step(struct assemble *a, const struct event *ev, struct error *e);
int fs_call(struct assemble *a, const struct event *ev, struct error *e);
/* Forgets, untold, what is open of events that are not as good as rank. */
void drop_outranked(struct assemble *a, enum rank rank);

/* --- join.c --- */
/* An event of any buffer. */
int join_event(struct assemble *first, const struct event *ev, struct error *e);
int join_end(struct assemble *first, struct error *e);
void join_drop_outranked(struct join *j, enum rank rank);
void join_free(struct join *j); /* all assemblers but the first. NULL is fine. */

/* --- assemble_frames.c --- */
struct thread *thread_find(const struct assemble *a, int32_t tid);
struct thread *thread_get(struct assemble *a, int32_t tid); /* NULL: memory */
/* Frees an empty one. */
void thread_drop(struct assemble *a, struct thread *t);
/* A frame that is on no stack, with what every event tells. NULL: memory. */
struct frame *frame_new(struct assemble *a, const struct event *ev);
/* With all that hang on it. NULL is fine. */
void frame_free(struct assemble *a, struct frame *f);
int frame_set_path(struct assemble *a, struct frame *f, const char *path);
void frame_push(struct thread *t, struct frame *f);
struct frame *frame_pop(struct thread *t);
void frame_hang(struct frame *outer, struct frame *inner);
struct frame *thread_root(const struct thread *t);

/* --- assemble_lookup.c: each asks trace_info's finders, once --- */
const struct caller *lookup_caller(struct assemble *a, uint64_t addr);
const struct mount *lookup_mount(struct assemble *a, const struct event *ev);
int32_t lookup_pid(struct assemble *a, int32_t tid); /* -1: unknown */
/* The name that the trace gives a thread beside its events; comm stays as it is where there is none. */
void lookup_comm(struct assemble *a, int32_t tid, char comm[COMM_SIZE]);
/* Who it is now; asks no more than once for who is not known. */
void lookup_who(struct assemble *a, int32_t tid, struct task_who *who);
/* A task was made, or has changed: 0; -1: memory. */
int lookup_new_task(struct assemble *a, const struct event *ev);
int lookup_change_task(struct assemble *a, const struct event *ev);
/* tid belongs to a new task: what was not known of the old one may be known of it. */
void lookup_forget_task(struct assemble *a, int32_t tid);

/* --- assemble_path.c --- */
/* The path that the event's names make on a mount (NULL: unknown); "" where there are none. Returns a->path. */
const char *path_of(struct assemble *a, const struct event *ev, const struct mount *m);

/* --- assemble_facts.c: what an event tells about a frame --- */
void facts_of_call(struct frame *f, const struct event *ev);		       /* fd mode offset len … */
void facts_of_file(struct frame *f, const struct event *ev);		       /* ino dev fs */
int facts_before(struct assemble *a, struct frame *f, const struct event *ev); /* vfs_enter: the file */
void facts_after(struct frame *f, const struct event *ev);		       /* size and blocks after */
void facts_of_exit(struct frame *f, const struct event *ev);		       /* ret and caller */
/* The blocks that an event tells, as the filesystem counts them. False: it does not, or they can't be trusted. */
bool blocks_by_rule(enum blocks_rule rule, uint32_t unit, const struct event *ev, uint64_t *blocks);
/* Whether both know mode, offset and len, and none differs. */
bool same_request(const struct frame *f, const struct event *ev);
/* Whether what both know of mode, offset and len differs. */
bool other_request(const struct frame *f, const struct event *ev);
/* Whether ev's fd was read from the registers of a fallocate system call. */
bool proves_syscall(const struct assemble *a, uint32_t has, uint64_t nr);

/* --- assemble_call.c --- */
/* Makes a call of a frame that is on no stack, hands it on, frees the frame. */
int emit(struct assemble *a, struct frame *f, struct error *e);

#endif
