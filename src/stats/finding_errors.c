/* SPDX-License-Identifier: MIT */
/*
 * What an error tells.
 */
#include <errno.h>

#include "stats/finding_private.h"

/* Nobody gives up after one EINTR, nor should two look like what etcd and journald met: again and again. */
#define RUN_MIN 3
/* An EiB. The largest file that a disk filesystem of Linux has is 8 EiB, and nobody has the disks for one. */
#define ABSURD_LEN (INT64_C(1) << 60)

/* The largest, among those of which free space is known where there is one. */
static int64_t how_wanting(const struct finding_call *c)
{
	int64_t len = c->has_len && c->len > 0 ? c->len : 0;

	return len / 2 + (c->has_space ? INT64_MAX / 2 + 1 : 0);
}

/* Quotas as well: XFS says ENOSPC where a project's is used up, others EDQUOT. */
static void no_space(struct findings *f, struct file *file, const struct finding_call *c)
{
	struct found *found;

	if (!failed_with(c, ENOSPC) && !failed_with(c, EDQUOT))
		return;
	found = found_note(f, file, FINDING_NO_SPACE, c, how_wanting(c));
	if (!found)
		return;
	found->proven = true;
	sum_up(&found->weight, 1);
	if (failed_with(c, EDQUOT))
		sum_up(&found->sums[SUM_A], 1);
	if (!c->has_space)
		return;
	sum_up(&found->sums[SUM_B], 1);
	if (c->has_len && c->len > 0 && (uint64_t)c->len <= c->space_avail)
		sum_up(&found->sums[SUM_C], 1);
}

static void unsupported(struct findings *f, struct file *file, const struct finding_call *c)
{
	struct found *found;

	if (!failed_with(c, EOPNOTSUPP))
		return;
	/* mode 0 is what posix_fallocate asks for: that one matters most */
	found = found_note(f, file, FINDING_UNSUPPORTED, c, c->has_mode && c->mode == 0);
	if (!found)
		return;
	found->proven = true;
	sum_up(&found->weight, 1);
	if (c->has_mode && c->mode == 0) {
		sum_up(&found->sums[SUM_A], 1);
		sum_up(&found->sums[SUM_B], c->has_len && c->len > 0 ? c->len : 0);
	}
}

/* Of the process; where there is none yet, in the place of the shorter one. */
static struct run *run_of(struct file *file, int32_t who)
{
	struct run *shorter = &file->runs[0];

	for (int i = 0; i < RUNS; i++) {
		if (file->runs[i].who == who)
			return &file->runs[i];
		if (file->runs[i].length < shorter->length)
			shorter = &file->runs[i];
	}
	*shorter = (struct run){.who = who};
	return shorter;
}

void runs_call(struct findings *f, struct file *file, const struct finding_call *c)
{
	struct found *found;
	struct run *run;

	if (!c->has_ret)
		return;
	if (c->ret != -EINTR) {
		for (int i = 0; c->ret == 0 && i < RUNS; i++)
			if (file->runs[i].who == (c->pid > 0 ? c->pid : c->tid))
				file->runs[i] = (struct run){0};
		return;
	}
	run = run_of(file, c->pid > 0 ? c->pid : c->tid);
	run->length++;
	found = found_note(f, file, FINDING_INTERRUPTED, c, c->latency);
	if (!found)
		return;
	found->proven |= run->length >= RUN_MIN;
	if (run->length > (uint64_t)found->sums[SUM_A])
		found->sums[SUM_A] = (int64_t)run->length;
	sum_up(&found->sums[SUM_B], c->latency > 0 ? c->latency : 0);
	found->weight = found->sums[SUM_A];
}

/*
 * EFBIG comes where the range ends beyond what the filesystem (or the process,
 * by ulimit -f) lets a file be. A negative length, as of an unsigned number that
 * was too large, is EINVAL. Punching "to the end" with the largest number is
 * common and wrong, too: vfs_fallocate answers EFBIG.
 */
static void absurd_length(struct findings *f, struct file *file, const struct finding_call *c)
{
	bool huge = c->has_len && (c->len < 0 || c->len >= ABSURD_LEN);
	struct found *found;

	if (!failed_with(c, EFBIG) && !(huge && c->has_ret && c->ret < 0))
		return;
	found = found_note(f, file, FINDING_ABSURD_LENGTH, c, c->has_len ? magnitude(c->len) : 0);
	if (!found)
		return;
	found->proven = true;
	sum_up(&found->weight, 1);
	if (failed_with(c, EFBIG))
		sum_up(&found->sums[SUM_A], 1);
	if (c->has_len && c->len < 0)
		sum_up(&found->sums[SUM_B], 1);
}

bool before_work(int64_t ret)
{
	switch (ret) {
	case -EBADF:
	case -EINVAL:
	case -EOPNOTSUPP:
	case -ENOSYS:
	case -EPERM:
	case -EACCES:
	case -EROFS:
	case -EFBIG:
	case -ENODEV:
	case -ESPIPE:
	case -EISDIR:
	case -ETXTBSY:
		return true;
	default:
		return false;
	}
}

void errors_call(struct findings *f, struct file *file, const struct finding_call *c)
{
	no_space(f, file, c);
	unsupported(f, file, c);
	absurd_length(f, file, c);
}
