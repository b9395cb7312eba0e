/* SPDX-License-Identifier: MIT */
/*
 * Runs a target over files, and over those in folders: for compilers without
 * libFuzzer. Options of libFuzzer's are passed over.
 */
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define SECONDS_MAX 120 /* what takes longer is a finding: the alarm ends us */

static size_t count;

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room)
{
	(void)data;
	(void)room;
	return size;
}

static int run(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	size_t size = (size_t)st->st_size;
	uint8_t *data;
	FILE *f;

	(void)ftw;
	if (type != FTW_F)
		return 0;
	f = fopen(path, "r");
	data = malloc(size ? size : 1);
	if (!f || !data || fread(data, 1, size, f) != size) {
		perror(path);
		exit(1);
	}
	fclose(f);
	/* first: an abort says nothing of its input */
	printf("%s\n", path);
	fflush(stdout);
	alarm(SECONDS_MAX);
	LLVMFuzzerTestOneInput(data, size);
	alarm(0);
	free(data);
	count++;
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-' && nftw(argv[i], run, 16, FTW_PHYS)) {
			perror(argv[i]);
			return 1;
		}
	}
	printf("%zu inputs\n", count);
	return count ? 0 : 1;
}
