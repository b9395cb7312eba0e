/* SPDX-License-Identifier: MIT */
/*
 * A source that follows a script. A page is freed when the next one of its CPU
 * is asked for, so that a sanitizer sees who looks at it too long.
 */
#ifndef FALLOCTRACE_TESTS_UNIT_PAGE_SCRIPT_H
#define FALLOCTRACE_TESTS_UNIT_PAGE_SCRIPT_H

#include "falloctrace/merge.h"

#define CPUS_MAX 40
#define STEPS_MAX 200
#define KNOWN 10 /* ids of events */
#define OTHER 11
#define NAMED 12
#define FLAG_LOST (1u << 31)
#define FLAG_COUNTED (1u << 30)

struct step {
	enum page_result result;
	unsigned char page[256];
	size_t size;
	uint64_t lost;
	uint64_t after; /* not there before this time */
};

struct script {
	struct source source;
	struct step *steps[CPUS_MAX];
	int count[CPUS_MAX], pos[CPUS_MAX];
	unsigned asked[CPUS_MAX];
	unsigned char *held[CPUS_MAX];
	uint64_t now;
	struct schema *schema;
	struct merge *m;
};

/* CPU i has number 10·i. */
struct script *script_new(int cpus);
void script_free(struct script *s);

/* What the source says next of a CPU. */
struct step *script_step(struct script *s, int cpu, enum page_result result);
/* An empty page, to which records are added. */
struct step *script_page(struct script *s, int cpu, uint64_t ts);
void page_put(struct step *p, const void *bytes, size_t size);
/* A record of 12 bytes at an absolute time. */
void page_record(struct step *p, uint64_t ts, uint16_t id, int32_t tid, int32_t ret);
void page_named_record(struct step *p, uint64_t ts, const char *comm);
/* After the last record: flags of the commit, and the count behind the records. */
void page_flag(struct step *p, uint32_t flags, uint64_t count);

/* What merge_next must say. */
void expect_event(struct script *s, uint64_t horizon, int cpu, uint64_t ts, int32_t ret);
void expect_lost(struct script *s, int cpu, uint64_t ts, uint64_t lost);
void expect_result(struct script *s, uint64_t horizon, enum merge_result want);
void expect_failure(struct script *s, const char *part);
void expect_end(struct script *s);

#endif
