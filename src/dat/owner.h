/* SPDX-License-Identifier: MIT */
/*
 * Whose the files are that root writes: by way of sudo, the caller's, made with
 * no more rights than he has wherever those do.
 */
#ifndef FALLOCTRACE_DAT_OWNER_H
#define FALLOCTRACE_DAT_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

struct owner {
	bool known; /* we are root, and somebody else called sudo */
	uid_t uid;
	gid_t gid;
};

/* By SUDO_UID and SUDO_GID, which only root is told by who may be believed. */
void owner_of_sudo(struct owner *o);
/* Files are looked up and made as by him, until owner_leave. Does nothing where there is none. */
void owner_enter(const struct owner *o);
void owner_leave(const struct owner *o);
/* Whether owner_enter can do that, which takes privileges or owner_keep. */
bool owner_can_enter(const struct owner *o);
/* So that owner_enter goes on to work without capabilities: he is the real user from here on, root the effective one. */
int owner_keep(const struct owner *o);
/*
 * The whole process becomes him, for good, capabilities and groups included; where
 * he is not known, nobody. -1 with errno.
 */
int owner_become(const struct owner *o);
/* Whether a file of this user's is as good as our own. */
bool owner_is_us(const struct owner *o, uid_t uid);

#endif
