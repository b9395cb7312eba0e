/* SPDX-License-Identifier: MIT */
/*
 * What some calls sum up to. Of what isn't known of every call the sum is of
 * those where it is, and how many these are is told.
 */
#ifndef FALLOCTRACE_STATS_SUMMARY_COUNTS_H
#define FALLOCTRACE_STATS_SUMMARY_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "falloctrace/call.h"
#include "stats/error_counts.h"
#include "stats/histogram.h"
#include "stats/log2.h"
#include "stats/pid_set.h"

/* A sum that has become too large to tell, and stays so. */
#define SUM_OVER INT64_MAX

/* One of zeros is empty. */
struct summary_counts {
	uint64_t calls, errors;	 /* all; of these, ret < 0 */
	uint64_t asked;		 /* calls whose length is known */
	uint64_t sized, blocked; /* calls whose sizes, whose blocks are known before and after */
	int64_t len;		 /* bytes that all the calls asked for; a negative length, which fails, is none */
	int64_t grown;		 /* bytes: sizes after, less sizes before, of the sized */
	int64_t gained, freed;	 /* bytes of blocks, of the blocked: a call counts into one of them */
	uint64_t related,
		related_used; /* calls, and what came beside them, that tell of reservations; … of what is used */
	int64_t reserved, used, released, cut; /* bytes, as struct reservation has them, of these */
	struct histogram latency;	       /* ns, of the calls where it is known */
	uint64_t unfinished, orphans;
	struct error_counts kinds; /* of the errors */
	struct pid_set *pids;	   /* whose calls; NULL: not asked for */
	struct log2_set *log2;	   /* the same */
	int64_t weight;		   /* a sum of whoever counts with summary_counts_weigh */
};

int summary_counts_add(struct summary_counts *n, const struct call *c); /* -1: memory */
/* What happened beside calls: counts as none. */
void summary_counts_related(struct summary_counts *n, const struct call *c);
/* The same, and counts whose call it is. */
int summary_counts_add_pid(struct summary_counts *n, const struct call *c);
/* Counts it as a call, and in the histograms alone. */
int summary_counts_add_log2(struct summary_counts *n, const struct call *c);
/* Counts a call that weighs so much, and nothing else of it. weight >= 0. */
void summary_counts_weigh(struct summary_counts *n, int64_t weight);
int summary_counts_merge(struct summary_counts *to, const struct summary_counts *from);
void summary_counts_free(struct summary_counts *n); /* what it holds, and all is zeros again */
/* Bytes allocated. Here, because it is asked at each call. */
static inline size_t summary_counts_bytes(const struct summary_counts *n)
{
	return n->latency.room * sizeof(*n->latency.groups) + n->kinds.room * sizeof(*n->kinds.of) +
	       (n->pids ? sizeof(*n->pids) : 0) + (n->log2 ? sizeof(*n->log2) : 0);
}

#endif
