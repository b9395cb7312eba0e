/* SPDX-License-Identifier: MIT */
/*
 * Hashing numbers that a file may have chosen: seeded, so that nobody can aim
 * for one long chain.
 */
#ifndef FALLOCTRACE_INFO_HASH_H
#define FALLOCTRACE_INFO_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/random.h>
#include <time.h>

static inline uint64_t hash_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (uint64_t)time(NULL) ^ (uint64_t)(uintptr_t)&seed;
	return seed;
}

/* The finisher of MurmurHash3, seeded before. */
static inline size_t hash_u32(uint32_t n, uint64_t seed)
{
	uint64_t h = n + seed;

	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	h = ((h ^ h >> 33) + (seed << 1)) * 0xc4ceb9fe1a85ec53u;
	return (size_t)(h ^ h >> 33);
}

#endif
