/* SPDX-License-Identifier: MIT */
/*
 * Names of users. By the C library, as the machine is set up (files, LDAP, …).
 *
 * Statically linked (STATIC_LINK), by /etc/passwd and /etc/group alone: the C
 * library would load the machine's own modules for the rest, which need the very
 * C library that it was built with.
 */
#ifndef FALLOCTRACE_INFO_USERS_H
#define FALLOCTRACE_INFO_USERS_H

#include <stdbool.h>
#include <sys/types.h>

/* False: there is none of that name. gid: NULL for who needs no group. */
bool user_by_name(const char *name, uid_t *uid, gid_t *gid);
/*
 * Gives this process the groups that user uid logs in with, gid among them; none
 * at all where nobody knows the user. -1 with errno.
 */
int user_set_groups(uid_t uid, gid_t gid);

#endif
