// SPDX-License-Identifier: MIT
/*
 * What this kernel offers, what is missing, and what to do about it: by starting
 * a session for real, and looking at what came of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/live.h"
#include "kernel/arch.h"
#include "kernel/caps.h"
#include "kernel/sandbox.h"

static void say(const char *what, bool good, const char *detail)
{
	printf("%-5s %-22s %s\n", good ? "ok" : "--", what, detail);
}

static const char *blocks_source(const struct session *s, enum blocks_rule rule)
{
	switch (rule) {
	case BLOCKS_INODE:
		return "i_blocks, agrees with fstat";
	case BLOCKS_NBLOCKS:
		return s->layout.xfs_dblocks != NO_OFFSET ? "i_nblocks + i_delayed_blks, agrees with fstat" :
							    "i_nblocks, agrees with fstat but for what is delayed";
	case BLOCKS_UNTRUSTED:
		break;
	}
	return "shown as unknown";
}

static void show_blocks(const struct session *s)
{
	char what[48], detail[160];

	for (size_t i = 0; i < s->blocks_count; i++) {
		const struct session_blocks *b = &s->blocks[i];

		snprintf(what, sizeof(what), "blocks on %s", b->fs);
		if (b->why)
			snprintf(detail, sizeof(detail), "%s: %s", blocks_source(s, b->rule), b->why);
		else
			snprintf(detail, sizeof(detail), "%s", blocks_source(s, b->rule));
		say(what, !b->why, detail);
	}
}

static void show_probes(const struct session *s)
{
	const struct layout *l = &s->layout;
	uint32_t distrust = s->info.distrust;
	char detail[160];

	say("size before", l->i_size != NO_OFFSET && !(distrust & HAS_SIZE), "read at the entry of vfs_fallocate");
	if (distrust & HAS_AFTER)
		say("size after", false, "what the probe shows is not what fstat says: derived from mode and result");
	else if (l->exit_args)
		say("size after", true, "seen: the return probe reads the entry's arguments (6.9 and newer)");
	else if (l->done != NO_OFFSET) {
		snprintf(detail, sizeof(detail), "seen: probe at vfs_fallocate+%d, where the filesystem returns to",
			 l->done);
		say("size after", true, detail);
	} else {
		say("size after", false, "derived from mode and result: this kernel shows no place to read it at");
	}
	say("device, inode", l->s_dev != NO_OFFSET && l->i_ino != NO_OFFSET && !(distrust & (HAS_DEV | HAS_INO)), "");
	say("path", l->d_name != NO_OFFSET && l->d_parent != NO_OFFSET && !(distrust & HAS_NAMES),
	    "names of the file and its parents, as the kernel has them");
	say("mount", l->mnt_id != NO_OFFSET && !(distrust & HAS_MNT),
	    l->mnt_id != NO_OFFSET ? "by mount id" : "by device only: one of several mounts may be shown");
	say("user", s->info.sees_uids, "-u: who calls, by a probe on commit_creds");
	if (s->info.hierarchy == INFO_NO_HIERARCHY)
		say("cgroup", false, "there are none, or we can't leave our cgroup namespace");
	else if (s->info.hierarchy)
		say("cgroup", true, "of a version 1 hierarchy, see /proc/self/cgroup");
	else
		say("cgroup", true, "of version 2");
	if (l->enter_regs[0])
		snprintf(detail, sizeof(detail), "from the caller's registers (%s)", l->enter_regs);
	else
		snprintf(detail, sizeof(detail), "by probes on the system call");
	say("file descriptor", l->sys != NULL, detail);
	if (l->badfd != NO_OFFSET)
		snprintf(detail, sizeof(detail), "probe at %s+%d", l->sys, l->badfd);
	else
		snprintf(detail, sizeof(detail), "%s", s->sees_badfd ? "by probes on the system call" : "not seen");
	say("EBADF", s->sees_badfd, detail);
	say("32-bit calls", l->compat != NULL, l->compat ? l->compat : "this kernel has none that we know");
}

/* The functions in a state, as far as they have room: "ext4 xfs_file …". */
static bool list_functions(const struct deep *d, enum deep_state state, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < d->functions.count; i++) {
		const struct deep_function *f = &d->functions.list[i];
		int n;

		if (f->state != state)
			continue;
		n = snprintf(text + used, size - used, "%s%s", used ? " " : "", f->name);
		if (n < 0 || (size_t)n >= size - used)
			break;
		used += (size_t)n;
	}
	return used;
}

static void show_deep(const struct session *s)
{
	const struct deep *d = s->deep;
	char list[1024];

	if (!d)
		return;
	if (d->wrong) {
		say("--deep", false, d->wrong);
		return;
	}
	if (list_functions(d, DEEP_HERE, list, sizeof(list)))
		say("--deep", true, list);
	if (list_functions(d, DEEP_LATER, list, sizeof(list)))
		say("  when they are loaded", true, list);
	if (list_functions(d, DEEP_REFUSED, list, sizeof(list)))
		say("  not probed", false, list);
	say("  other functions", d->guesses && d->shared && d->uevents >= 0,
	    !d->guesses	   ? "not looked for: it can't be made sure that they are filesystems'" :
	    !d->shared	   ? "only of modules that were loaded before (kernels before 5.4)" :
	    d->uevents < 0 ? "only of modules that were loaded before (no uevents)" :
			     "called *_fallocate, if files' operations have them; modules loaded later, too");
	say("  size after", s->layout.exit_args,
	    s->layout.exit_args ? "seen" : "derived from mode and result, blocks unknown (before 6.9)");
	say("  filter", d->filtered,
	    d->filtered ? "the kernel drops what vfs_fallocate's own probes show" :
			  "what vfs_fallocate's own probes show is recorded twice, and shown once");
}

static void show_steps(const struct session *s)
{
	int64_t sum = 0;

	printf("\nstart-up:");
	for (size_t i = 0; i < s->steps_count; i++) {
		printf(" %s %.1f ms,", s->steps[i].name, (double)s->steps[i].ns / 1e6);
		sum += s->steps[i].ns;
	}
	printf(" in all %.1f ms\n", (double)sum / 1e6);
}

int cmd_doctor(const struct options *o, struct error *e)
{
	struct options deep = *o;
	struct session s;
	char missing[CAPS_MISSING];
	char detail[CAPS_MISSING + 16];
	char room[96];
	struct error no;

	deep.deep = true;
	if (live_open(&s, &deep, false, e))
		return -1;
	printf("kernel %s on %s\n\n", s.info.release, s.info.machine);
	say("tracefs", true, s.tracing);
	caps_missing(missing, sizeof(missing));
	snprintf(detail, sizeof(detail), "without %s", missing);
	say("privileges", !missing[0], missing[0] ? detail : "");
	say("sandbox", !sandbox_missing(),
	    sandbox_missing() ? sandbox_missing() : "what reads events has no capability and a filter of system calls");
	say("kprobe events", !s.fallback, s.fallback ? s.fallback_why : "");
	snprintf(room, sizeof(room), "%" PRIu64 " KiB for each of %d CPUs, %s", s.buffer_size / 1024,
		 reader_cpus(s.reader), s.buffer_chosen ? "by the memory that is available" : "as asked for");
	say("trace buffer", true, room);
	if (s.fallback)
		say("fallback", true, "system-call tracepoints: fd, mode, offset, len, result of 64-bit calls");
	else
		show_probes(&s);
	if (machine_name_symbols(s.machine, NULL, 0, &no))
		say("callers' names", false, no.text);
	else
		say("callers' names", true, "/proc/kallsyms");
	show_blocks(&s);
	show_deep(&s);
	show_steps(&s);
	if (s.fallback)
		printf("\nTo see more, use a kernel with CONFIG_KPROBE_EVENTS.\n");
	return session_close(&s, e) ? -1 : STATUS_OK;
}
