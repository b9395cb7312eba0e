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
	bool after_at_exit; /* it is vfs_exit that tells what is after the call; there is no vfs_done then */
	unsigned odd;

	bool has_start, has_end;
	uint64_t start, end;
	int32_t tid, pid;
	int cpu;
	int64_t uid;
	char comm[COMM_SIZE];

	uint32_t has; /* enum event_has, of the following */
	int32_t fd;
	uint32_t mode, dev;
	int64_t offset, len, ret;
	uint64_t nr, file, ino, caller;
	char fs[32];
	char *path; /* NULL: unknown */

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

struct assemble {
	struct trace_info *info;
	struct assemble_target target;
	bool lost;	  /* a loss was seen at some time */
	uint64_t gap_end; /* of the gaps known of, the latest end: until then anything may be missing */
	struct thread *buckets[1 << THREAD_BUCKETS_LOG];
	uint64_t multiplier; /* random: a file can't choose tids of one bucket */
	struct thread *first, *last;
	size_t bytes; /* of all frames and threads */
	struct asked symbols, mounts, tasks;
	char path[CALL_PATH_SIZE]; /* scratch */
	struct call call;	   /* scratch */
};

/*
 * What may be open at once. Real stacks are two deep; frames beyond it are of
 * threads whose returns were lost, or of a file that lies. Then the oldest
 * threads' calls are given up as unfinished.
 */
#define OPEN_BYTES_MAX (32u << 20)
#define THREAD_DEPTH_MAX 8
#define THREAD_FRAMES_MAX 64

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
const char *lookup_symbol(struct assemble *a, uint64_t addr); /* NULL: unknown */
const struct mount *lookup_mount(struct assemble *a, const struct event *ev);
int32_t lookup_pid(struct assemble *a, int32_t tid); /* -1: unknown */
/* tid belongs to a new task: what was not known of the old one may be known of it. */
void lookup_forget_task(struct assemble *a, int32_t tid);

/* --- assemble_path.c --- */
/* The path that the event's names make on a mount (NULL: unknown); "" where there are none. Returns a->path. */
const char *path_of(struct assemble *a, const struct event *ev, const struct mount *m);

/* --- assemble_facts.c: what an event tells about a frame --- */
void facts_of_call(struct frame *f, const struct event *ev);		       /* fd mode offset len … */
int facts_before(struct assemble *a, struct frame *f, const struct event *ev); /* vfs_enter: the file */
void facts_after(struct frame *f, const struct event *ev);		       /* size and blocks after */
void facts_of_exit(struct frame *f, const struct event *ev);		       /* ret and caller */
/* Whether both know mode, offset and len, and none differs. */
bool same_request(const struct frame *f, const struct event *ev);
/* Whether what both know of mode, offset and len differs. */
bool other_request(const struct frame *f, const struct event *ev);
/* Whether ev's fd was read from the registers of a fallocate system call. */
bool proves_syscall(const struct assemble *a, uint32_t has, uint64_t nr);

/* --- assemble_call.c --- */
/* Makes a call of a frame that is on no stack, hands it on, frees the frame. */
int emit(struct assemble *a, struct frame *f, struct error *e);
/* The way in that the caller of vfs_fallocate stands for. */
enum via via_of_caller(struct assemble *a, uint64_t caller);

#endif
