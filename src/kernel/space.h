/* SPDX-License-Identifier: MIT */
/*
 * How much filesystems have free, asked seldom.
 */
#ifndef FALLOCTRACE_KERNEL_SPACE_H
#define FALLOCTRACE_KERNEL_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "falloctrace/info.h"

#define SPACE_DEVICES 16
/* A call that fails is often tried again at once: one answer in so long does for all. */
#define SPACE_GAP UINT64_C(100000000) /* ns */

struct space_answer {
	bool asked, known;
	uint64_t when; /* ns, CLOCK_MONOTONIC */
	struct info_space space;
};

struct space_answers {
	struct space_answer of[SPACE_DEVICES]; /* of[i].space.dev says whose */
};

/* As trace_info's find_space; one of zeros has no answers yet. */
bool space_find(struct space_answers *a, struct mounts *mounts, uint32_t dev, uint64_t after, struct info_space *space);

#endif
