// SPDX-License-Identifier: MIT
#include "kernel/discover_xfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kernel/args.h"
#include "kernel/blocks_file.h"
#include "kernel/search.h"

#define WORDS 80     /* before the inode */
#define STATES 3     /* that the file goes through */
#define WRITE 20480  /* bytes written for each */
#define SAMPLES 6    /* existing files looked at where none can be made */
#define FEW_BLOCKS 8 /* fewer may be found by chance */

/* One state: the words before the inode, and what fstat says then, in filesystem blocks. */
struct state {
	uint64_t words[WORDS];
	uint64_t blocks;
};

static int read_state(struct dumper *d, struct dump *dump, int fd, unsigned long block, struct state *s)
{
	struct error ignored;
	struct stat st;

	if (fstat(fd, &st))
		return -1;
	/* Punching far behind the end changes nothing; nor does what fails since the file is open for reading. */
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1LL << 40, (off_t)block) && errno != EBADF)
		return -1;
	if (dumper_collect(d, &ignored) || !dump->hit)
		return -1;
	memcpy(s->words, dump->words, sizeof(s->words));
	s->blocks = (uint64_t)st.st_blocks * 512 / block;
	return 0;
}

static int write_more(int fd)
{
	static const char zeros[WRITE];

	return write(fd, zeros, sizeof(zeros)) == sizeof(zeros) ? 0 : -1;
}

/* delayed, then allocated, then some of each: sum is known in all, and who is 0 in the first two. */
static void find(const struct state s[STATES], struct layout *l)
{
	for (int n = 0; n < WORDS; n++) {
		if (s[0].words[n] != 0 || s[1].words[n] != s[1].blocks || !s[1].blocks)
			continue;
		for (int x = 0; x < WORDS; x++) {
			if (s[0].words[x] != s[0].blocks || s[1].words[x] != 0 ||
			    s[2].words[n] + s[2].words[x] != s[2].blocks || !s[0].blocks || !s[2].words[x])
				continue;
			l->xfs_nblocks = (n - WORDS) * 8;
			l->xfs_dblocks = (x - WORDS) * 8;
			return;
		}
	}
}

static int read_states(struct dumper *d, struct dump *dump, int fd, struct state s[STATES])
{
	struct statvfs fs;

	if (fstatvfs(fd, &fs) || !fs.f_bsize || write_more(fd) || read_state(d, dump, fd, fs.f_bsize, &s[0]))
		return -1;
	if (fsync(fd) || read_state(d, dump, fd, fs.f_bsize, &s[1]))
		return -1;
	return write_more(fd) || write_more(fd) || read_state(d, dump, fd, fs.f_bsize, &s[2]) ? -1 : 0;
}

struct samples {
	struct dumper *d;
	struct dump *dump;
	struct state states[SAMPLES];
	size_t count;
};

static bool take_sample(void *ctx, int fd)
{
	struct samples *s = ctx;
	struct state *state = &s->states[s->count];
	struct statvfs fs;

	if (fstatvfs(fd, &fs) || !fs.f_bsize || read_state(s->d, s->dump, fd, fs.f_bsize, state))
		return false;
	/* Two of the same tell no more than one. */
	for (size_t i = 0; i < s->count; i++)
		if (s->states[i].blocks == state->blocks)
			return false;
	return ++s->count == SAMPLES;
}

/* The one word that is every file's count. */
static void find_in_samples(const struct samples *s, struct layout *l)
{
	uint64_t most = 0;
	int found = 0;

	for (size_t i = 0; i < s->count; i++)
		most = s->states[i].blocks > most ? s->states[i].blocks : most;
	if (s->count < 2 || most < FEW_BLOCKS)
		return;
	for (int n = 0; n < WORDS; n++) {
		size_t i = 0;

		while (i < s->count && s->states[i].words[n] == s->states[i].blocks)
			i++;
		if (i == s->count && found++ == 0)
			l->xfs_nblocks = (n - WORDS) * 8;
	}
	if (found != 1)
		l->xfs_nblocks = NO_OFFSET;
}

static struct dump *define(struct dumper *d, const struct arch *a, const struct layout *l)
{
	struct args args = {0};
	struct error ignored;
	struct dump *dump;

	for (int i = 0; i < WORDS; i++)
		args_add(&args, " -%d(+%d(%s)):u64", (WORDS - i) * 8, l->f_inode, a->args[0]);
	dump = dumper_add(d, 'p', "xfs", "vfs_fallocate", args.text, args.count, &ignored);
	return dump && dumper_arm(d, &ignored) == 0 ? dump : NULL;
}

void discover_xfs(struct dumper *d, const struct arch *a, const char *dir, struct layout *l)
{
	struct samples s = {.d = d};
	struct state states[STATES];
	int fd;

	if (l->f_inode == NO_OFFSET)
		return;
	s.dump = define(d, a, l);
	if (!s.dump)
		return;
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 && read_states(d, s.dump, fd, states) == 0)
		find(states, l);
	if (fd >= 0)
		close(fd);
	if (l->xfs_nblocks == NO_OFFSET) {
		each_with_blocks(dir, take_sample, &s);
		find_in_samples(&s, l);
	}
}
