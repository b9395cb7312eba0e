/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the findings share: findings.c keeps files and what was
 * found of them, finding_rules.c decides what is evidence.
 */
#ifndef FALLOCTRACE_STATS_FINDING_PRIVATE_H
#define FALLOCTRACE_STATS_FINDING_PRIVATE_H

#include "stats/finding_ranges.h"
#include "stats/findings.h"
#include "stats/histogram.h"

/* --- what was found --- */

/* What a kind's numbers are made of: see finding_numbers.c. */
enum sum {
	SUM_A,
	SUM_B,
	SUM_C,
	SUM_D,
	SUM_RESERVED,
	SUM_USED,
	SUM_RELEASED,
	SUM_CUT,
	SUMS,
};

struct found {
	struct finding f; /* its strings are set by findings_end */
	bool proven;	  /* there is as much of it as the kind wants */
	int64_t worst;	  /* by how much f.worst is the worst */
	bool is_worst;	  /* the call that was noted last is f.worst */
	int64_t weight;	  /* among those of one kind */
	int64_t sums[SUMS];
};

/* --- files --- */

/* Calls one after another on one file that are alike. */
struct streak {
	uint64_t calls, next; /* next: of these, began where the one before ended */
	uint64_t counted;     /* in what was found */
	uint64_t last_ts;     /* ns, when the last one ended */
	int64_t last_end;     /* bytes, where its range ended */
	int64_t bytes, ns, gained;
	struct finding_call first;
};

/* EINTR and EINTR again, of one process. */
struct run {
	int32_t who; /* 0: none */
	uint64_t length;
};
#define RUNS 2

struct file {
	uint64_t used; /* when it was last, in calls; 0: an empty place */
	/* Which one it is. */
	char *path; /* NULL: unknown */
	char host[65];
	unsigned trace; /* which one tells of the file, where the machine has no name; else 0 */
	char fs[32];
	bool remote; /* sizes and blocks are not the file's own at that moment: see fs_remote */
	bool has_dev, has_ino, has_fd;
	uint32_t dev_major, dev_minor;
	uint64_t ino;
	int32_t fd, pid; /* pid: only of a file that nothing else tells */

	/* Its state, as the calls tell it. */
	bool superseded; /* the inode has another name since: this one's file may be gone */
	uint64_t losses; /* when the last call came */
	int64_t grid;	 /* bytes: what its blocks are multiples of, BLOCK at most; 0: none were seen */
	bool has_size, has_blocks;
	int64_t size; /* after the last call that told it */
	uint64_t blocks;
	struct ranges ranges;
	struct reservation reservation; /* of --related, as the last call told it */
	struct streak extends, punches, futile;
	struct run runs[RUNS];

	struct found *found[FINDING_COUNT];
};

/* --- latencies of calls that are alike --- */

#define GROUPS 256 /* a hash table of them; when it is full, further kinds of calls have no median */

struct group {
	uint64_t hash; /* 0: empty */
	struct histogram latency;
};

struct findings {
	uint64_t seed;
	struct file *files; /* FINDING_FILES of them, in sets */
	uint64_t *hashes;   /* of each; 0: an empty place. Apart, for a set's files are far from one another */
	size_t path_bytes;
	struct group *groups;
	size_t groups_count;
	size_t kept;				     /* struct found */
	uint64_t tick, losses;			     /* of all */
	uint64_t calls, losses_told, forgotten;	     /* since findings_clear */
	struct finding_total dropped[FINDING_COUNT]; /* that are not kept any more */
	struct finding *end;
	bool failed; /* memory was out */
};

/* --- what a call tells, by one rule --- */

#define BLOCK 4096 /* what nearly all filesystems allocate by */
#define UNIT 512   /* of blocks_before, blocks_after */

static inline bool succeeded(const struct finding_call *c)
{
	return c->has_ret && c->ret == 0;
}

static inline bool failed_with(const struct finding_call *c, int err)
{
	return c->has_ret && c->ret == -err;
}

static inline bool blocks_seen(const struct finding_call *c)
{
	return c->blocks_before_known == SEEN && c->blocks_after_known == SEEN;
}

/* A file that lies may have sizes that no file has. */
static inline bool sizes_seen(const struct finding_call *c)
{
	return c->size_before_known == SEEN && c->size_after_known == SEEN && c->size_before >= 0 && c->size_after >= 0;
}

static inline bool allocates(enum op op)
{
	return op == OP_EXTEND || op == OP_KEEP || op == OP_ZERO || op == OP_UNSHARE || op == OP_WRITE_ZEROES;
}

static inline int64_t bytes_of(uint64_t blocks)
{
	return blocks > INT64_MAX / UNIT ? INT64_MAX : (int64_t)blocks * UNIT;
}

static inline int64_t magnitude(int64_t n)
{
	return n == INT64_MIN ? INT64_MAX : n < 0 ? -n : n;
}

/* --- finding_files.c --- */

/* The file of a call. NULL: memory. */
struct file *file_get(struct findings *f, const struct call *c);
void file_drop(struct findings *f, struct file *file);

/* --- findings.c --- */

void found_free(struct findings *f, struct file *file, enum finding_kind kind);

/*
 * The call is evidence of kind on the file; by: how bad it is. Returns where to
 * count it on, or NULL: memory, which f->failed tells.
 */
struct found *found_note(struct findings *f, struct file *file, enum finding_kind kind, const struct finding_call *c,
			 int64_t by);
/* So many calls more than those that found_note was told of. */
void found_more(struct found *found, uint64_t calls, const struct finding_call *first);
/* Adds, and stays at INT64_MAX where that is too much. */
void sum_up(int64_t *sum, int64_t value);

/* --- finding_errors.c --- */

/* Of a call that failed: whatever was lost beside it, it did. */
void errors_call(struct findings *f, struct file *file, const struct finding_call *c);
/* Of any call: a success ends a run of EINTR. */
void runs_call(struct findings *f, struct file *file, const struct finding_call *c);
/* Errors that are found out before anything is done: what changed meanwhile was another's doing. */
bool before_work(int64_t ret);

/* --- finding_blocks.c --- */

/* Of punches, and what is reserved. Each looks at what earlier calls left, so both come before blocks_remember. */
bool punch_freed_nothing(struct findings *f, struct file *file, const struct finding_call *c);
void unused_reservation(struct findings *f, struct file *file, const struct finding_call *c);
/* Blocks or bytes have gone since the last call, by a truncate perhaps: nobody knows which. */
void blocks_forget(struct file *file, const struct finding_call *c);
/* It was truncated: what lies behind is not reserved any more. */
void blocks_truncate(struct file *file, const struct finding_call *c);
/* clean: nothing odd about the call. */
void blocks_remember(struct file *file, const struct finding_call *c, bool clean);

/* --- finding_rules.c --- */

/* Looks at a call. odd: enum odd. */
void rules_call(struct findings *f, struct file *file, const struct finding_call *c, unsigned odd);

/* --- finding_streaks.c --- */

/* told: it was found to be a punch that freed nothing. */
void streaks_call(struct findings *f, struct file *file, const struct finding_call *c, bool told);
/* What was one after another is so no more, since something may have been between. */
void streaks_reset(struct file *file);
/* The same, but for runs of EINTR. */
void streaks_clear(struct file *file);

/* --- finding_slow.c --- */

void slow_call(struct findings *f, struct file *file, const struct finding_call *c);

/* --- finding_numbers.c --- */

/* Fills in f.numbers. */
void found_numbers(struct found *found);

#endif
