// SPDX-License-Identifier: MIT
#include "kernel/discover_xfs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kernel/search.h"

#define WORDS 80    /* before the inode */
#define STATES 3    /* that the file goes through */
#define WRITE 20480 /* bytes written for each */

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
	/* Punching far behind the end changes nothing. */
	fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1LL << 40, (off_t)block);
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

void discover_xfs(struct dumper *d, const struct arch *a, const char *dir, struct layout *l)
{
	struct state states[STATES];
	struct error ignored;
	struct dump *dump;
	char args[4096] = "";
	size_t used = 0;
	int fd;

	if (l->f_inode == NO_OFFSET)
		return;
	for (int i = 0; i < WORDS; i++)
		used += (size_t)snprintf(args + used, sizeof(args) - used, " -%d(+%d(%s)):u64", (WORDS - i) * 8,
					 l->f_inode, a->args[0]);
	dump = dumper_add(d, 'p', "xfs", "vfs_fallocate", args, WORDS, &ignored);
	if (!dump || dumper_arm(d, &ignored))
		return;
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (read_states(d, dump, fd, states) == 0)
		find(states, l);
	close(fd);
}
