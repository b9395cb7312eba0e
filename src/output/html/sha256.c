/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "output/html/sha256.h"

#define CHUNK 64

static const uint32_t rounds[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t n, unsigned by)
{
	return n >> by | n << (32 - by);
}

static void fill_schedule(uint32_t w[64], const uint8_t *chunk)
{
	for (unsigned i = 0; i < 16; i++, chunk += 4)
		w[i] = (uint32_t)chunk[0] << 24 | (uint32_t)chunk[1] << 16 | (uint32_t)chunk[2] << 8 | chunk[3];
	for (unsigned i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] + (turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10);
}

static void add_chunk(uint32_t state[8], const uint8_t *chunk)
{
	uint32_t w[64], s[8];

	fill_schedule(w, chunk);
	memcpy(s, state, sizeof(s));
	for (unsigned i = 0; i < 64; i++) {
		uint32_t sum1 = turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25),
			 choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
		uint32_t sum0 = turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22);
		uint32_t most = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
		uint32_t add = s[7] + sum1 + choice + rounds[i] + w[i];

		memmove(s + 1, s, 7 * sizeof(*s));
		s[4] += add;
		s[0] = add + sum0 + most;
	}
	for (unsigned i = 0; i < 8; i++)
		state[i] += s[i];
}

void sha256(const void *data, size_t size, uint8_t digest[SHA256_SIZE])
{
	uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	uint8_t last[2 * CHUNK] = {0};
	const uint8_t *p = data;
	size_t left = size, end;

	for (; left >= CHUNK; p += CHUNK, left -= CHUNK)
		add_chunk(state, p);
	if (left)
		memcpy(last, p, left);
	last[left] = 0x80;
	end = left < CHUNK - 8 ? CHUNK : 2 * CHUNK;
	for (unsigned i = 0; i < 8; i++)
		last[end - 1 - i] = (uint8_t)((uint64_t)size * 8 >> 8 * i);
	for (size_t at = 0; at < end; at += CHUNK)
		add_chunk(state, last + at);
	for (unsigned i = 0; i < SHA256_SIZE; i++)
		digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

char *sha256_base64(const uint8_t digest[SHA256_SIZE], char buf[SHA256_BASE64])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *to = buf;

	for (unsigned i = 0; i < SHA256_SIZE; i += 3) {
		uint32_t three = (uint32_t)digest[i] << 16 | (uint32_t)digest[i + 1] << 8;

		three |= i + 2 < SHA256_SIZE ? digest[i + 2] : 0;
		for (int shift = 18; shift >= 0; shift -= 6)
			*to++ = letters[three >> shift & 63];
	}
	buf[SHA256_BASE64 - 2] = '='; /* of the last three bytes there are two */
	buf[SHA256_BASE64 - 1] = 0;
	return buf;
}
