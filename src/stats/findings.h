/* SPDX-License-Identifier: MIT */
/*
 * What calls show to be wrong: each finding with the calls that prove it, and
 * none without. The conditions, and why they are as they are: finding_rules.c.
 *
 * Memory is bounded however many files there are: see FINDING_FILES.
 */
#ifndef FALLOCTRACE_STATS_FINDINGS_H
#define FALLOCTRACE_STATS_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/call.h"
#include "falloctrace/sink.h"

/* The worst first: findings are told in this order. */
enum finding_kind {
	FINDING_NO_SPACE,
	FINDING_PARTIAL_ALLOCATION,
	FINDING_SIZE_NOT_AS_PROMISED,
	FINDING_PUNCH_FREED_NOTHING,
	FINDING_UNSUPPORTED,
	FINDING_INTERRUPTED,
	FINDING_ABSURD_LENGTH,
	FINDING_SLOW,
	FINDING_UNUSED_RESERVATION,
	FINDING_TINY_EXTENDS,
	FINDING_TINY_PUNCHES,
	FINDING_UNALIGNED,
	FINDING_COUNT,
};

/* Files that are watched at once, bytes of their names (twice as many with those of findings), and findings that are kept. */
#define FINDING_FILES 4096
#define FINDING_PATH_BYTES (4u << 20)
#define FINDING_KEPT 2048
#define FINDING_PROCESSES 4

/* A call without its names; what is unknown there is unknown here. */
struct finding_call {
	bool has_utc, has_ts;
	int64_t utc;	  /* ns since the epoch */
	uint64_t ts;	  /* on the trace's clock, of the start, or the end where only that is known */
	int64_t latency;  /* ns; -1 unknown */
	int32_t pid, tid; /* pid: -1 unknown */
	char comm[COMM_SIZE];
	enum op op;
	bool has_mode, has_offset, has_len, has_ret;
	uint32_t mode;
	int64_t offset, len, ret;
	enum known size_before_known, size_after_known, blocks_before_known, blocks_after_known;
	int64_t size_before, size_after;
	uint64_t blocks_before, blocks_after; /* of 512 bytes */
	bool blocks_late;		      /* what was written has its blocks only when it was flushed: btrfs */
	bool has_space;			      /* of the filesystem, afterwards: as in struct call */
	uint64_t space_free, space_avail, space_size; /* bytes */
	uint64_t space_later;			      /* ns */
};

struct finding_process {
	int32_t pid; /* -1 unknown */
	char comm[COMM_SIZE];
};

/* Who did something, and when. */
struct finding_stamp {
	bool has_utc, has_ts;
	int64_t utc;
	uint64_t ts;
	struct finding_process by;
};

/* One number of the evidence. */
struct finding_number {
	const char *name; /* as JSON has it: "bytes_gained" */
	int unit;	  /* enum field_unit: UNIT_NONE, UNIT_BYTES or UNIT_NS */
	int64_t value;	  /* INT64_MAX: too large to tell */
};
#define FINDING_NUMBERS 8

/* All strings end in a NUL, may hold any other byte, and stay until the findings are cleared or freed. */
struct finding {
	enum finding_kind kind;
	/* What it is about: a file; where none is known, what was a process's fd. */
	const char *host, *path, *fs; /* "" unknown */
	bool has_dev, has_ino, has_fd;
	uint32_t dev_major, dev_minor;
	uint64_t ino;
	int32_t fd; /* of processes[0]; only where neither path nor inode is known */

	uint64_t calls;					     /* that prove it */
	struct finding_process processes[FINDING_PROCESSES]; /* that made them, the first first */
	size_t processes_count;
	bool more_processes;
	struct finding_call first, worst, last; /* of the calls that prove it */
	bool has_allocated;			/* punch-freed-nothing, unused-reservation: an earlier call … */
	struct finding_stamp allocated;		/* … of the trace that allocated what it is about, the last one */
	struct finding_number numbers[FINDING_NUMBERS];
	size_t numbers_count;
	bool before_losses; /* unused-reservation: events were lost after the file's last call: was it the last? */
};

/* Of all findings of a kind, those that could not be kept one by one included. */
struct finding_total {
	uint64_t files; /* a file that was forgotten and came again counts again */
	uint64_t calls;
};

struct findings;

struct findings *findings_new(void); /* NULL: memory */
void findings_free(struct findings *f);
/* A call, in the order in which they ended. Its inner calls are looked at for what it does not tell itself. -1: memory. */
int findings_call(struct findings *f, const struct call *c);
/* What c->related says. */
int findings_related(struct findings *f, const struct call *c);
void findings_lost(struct findings *f, const struct loss *l);

/*
 * What was found so far, the worst first: by kind, then the most telling. An
 * array of *count that f keeps until the next call of a function here. NULL with
 * *count 0: nothing; with *count SIZE_MAX: memory.
 */
const struct finding *findings_end(struct findings *f, size_t *count);
void findings_total(const struct findings *f, enum finding_kind kind, struct finding_total *total);
uint64_t findings_calls(const struct findings *f);  /* looked at */
uint64_t findings_losses(const struct findings *f); /* times that events were lost */
/* Times that a file was forgotten, since there were too many: the little that was known of it proves nothing any more. */
uint64_t findings_forgotten(const struct findings *f);
/* Begins anew, but for what is known of the files' state. */
void findings_clear(struct findings *f);

/* "no-space" … */
const char *finding_name(enum finding_kind kind);
/* One line each: what it means, and what one does about it; plain ASCII. */
const char *finding_meaning(const struct finding *f);
const char *finding_advice(const struct finding *f);

#endif
