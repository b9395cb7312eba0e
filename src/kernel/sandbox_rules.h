/* SPDX-License-Identifier: MIT */
/* Which system calls a sandbox lets through. */
#ifndef FALLOCTRACE_KERNEL_SANDBOX_RULES_H
#define FALLOCTRACE_KERNEL_SANDBOX_RULES_H

#include <stddef.h>

enum sandbox_kind {
	ALWAYS,	  /* is let through */
	WRITES,	  /* … of those who make files; else fails with EACCES */
	ABSENT,	  /* fails with ENOSYS: libraries try it, and know what to do instead */
	OPENS,	  /* … where its flags only read, or of those who make files; else fails with EACCES */
	PROTECTS, /* … where what it maps can't be run; else fails with EACCES */
	REMOVES,  /* … where it removes an empty directory, or of those who make files; else fails with EACCES */
	SIGNALS,  /* … to one of two processes; else fails with EPERM */
	CONTROLS, /* … as terminals and streams are asked; else fails with ENOTTY */
	TELLS,	  /* prctl, of its own names and limits; else fails with EPERM */
	LIMITS,	  /* … its own; else fails with EPERM */
	CLONES,	  /* threads; processes of those who fork; else kills */
};

struct sandbox_rule {
	int nr;
	enum sandbox_kind kind;
	unsigned arg; /* that decides, from 0 */
};

/* Those that come often stand first: each is compared with in turn. */
extern const struct sandbox_rule sandbox_rules[];
extern const size_t sandbox_rules_count;

/*
 * Numbers from here on are of system calls that came after this list was made
 * (Linux 6.17): a C library tries them and, where they fail with ENOSYS as on an
 * older kernel, does without. The same numbers on all machines.
 */
#define SANDBOX_NEWER 470

#endif
