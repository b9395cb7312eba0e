// SPDX-License-Identifier: MIT
#include "kernel/caps.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

/* What a file is published with where no less will do: into a directory of somebody else, and given to who called sudo. */
static const cap_value_t writing[] = {CAP_DAC_OVERRIDE, CAP_CHOWN};
#define WRITING (sizeof(writing) / sizeof(writing[0]))

static bool has(cap_flag_t set, cap_value_t cap)
{
	cap_t own = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	if (own && cap_get_flag(own, cap, set, &value))
		value = CAP_CLEAR;
	if (own)
		cap_free(own);
	return value == CAP_SET;
}

/* Those of writing that we have. */
static bool add(cap_t caps, cap_flag_t set)
{
	for (size_t i = 0; i < WRITING; i++)
		if (has(CAP_PERMITTED, writing[i]) && cap_set_flag(caps, set, 1, &writing[i], CAP_SET))
			return false;
	return true;
}

/* Nothing but what writing takes, as far as we have that, in these sets. */
static int keep(bool permitted, bool effective, struct error *e)
{
	cap_t caps = cap_init();
	bool ok = caps;

	ok = ok && (!permitted || add(caps, CAP_PERMITTED)) && (!effective || add(caps, CAP_EFFECTIVE));
	ok = ok && cap_set_proc(caps) == 0;
	if (caps)
		cap_free(caps);
	if (!ok || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return error_errno(e, "can't give up privileges");
	return 0;
}

int caps_drop_all(struct error *e)
{
	return keep(false, false, e);
}

int caps_set_writing(bool on, struct error *e)
{
	bool root = geteuid() == 0;

	/* Another user's files are written with his own rights. */
	return keep(root, root && on, e);
}

/* The effective set becomes the permitted one, or empty. */
static int set_effective(bool on, struct error *e)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t have;
	bool ok = caps;

	for (cap_value_t c = 0; ok && c <= CAP_LAST_CAP; c++)
		if (cap_get_flag(caps, c, CAP_PERMITTED, &have) == 0)
			ok = cap_set_flag(caps, CAP_EFFECTIVE, 1, &c, on ? have : CAP_CLEAR) == 0;
	ok = ok && cap_set_proc(caps) == 0;
	if (caps)
		cap_free(caps);
	return ok ? 0 : error_errno(e, "can't set capabilities");
}

int caps_rest(struct error *e)
{
	return geteuid() == 0 ? 0 : set_effective(false, e);
}

int caps_use(struct error *e)
{
	return geteuid() == 0 ? 0 : set_effective(true, e);
}

void caps_missing(char *buf, unsigned size)
{
	static const struct {
		cap_value_t cap;
		const char *what; /* it is for */
	} useful[] = {
		{CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE (tracefs, which is root's; every mounted filesystem)"},
		{CAP_SYSLOG, "CAP_SYSLOG (names of callers, by addresses of /proc/kallsyms)"},
		{CAP_SYS_PTRACE, "CAP_SYS_PTRACE (mounts of other users' processes)"},
	};
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(useful) / sizeof(useful[0]); i++)
		if (!has(CAP_EFFECTIVE, useful[i].cap) && used + strlen(useful[i].what) + 3 < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "", useful[i].what);
}
