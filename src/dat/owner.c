/* SPDX-License-Identifier: MIT */
#include "owner.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include "info/users.h"

#define NOBODY 65534 /* where the machine knows no other */

/* A decimal number and nothing else; -1: not one. */
static long long number(const char *text)
{
	char *end;
	long long n;

	if (!text || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtoll(text, &end, 10);
	return errno || *end || n >= 0xffffffffLL ? -1 : n;
}

void owner_of_sudo(struct owner *o)
{
	long long uid = number(getenv("SUDO_UID")), gid = number(getenv("SUDO_GID"));

	/* A real user other than root, and not he, would be one who tells it of somebody else. */
	o->known = geteuid() == 0 && uid > 0 && gid >= 0 && (getuid() == 0 || getuid() == (uid_t)uid);
	o->uid = o->known ? (uid_t)uid : geteuid();
	o->gid = o->known ? (gid_t)gid : getegid();
}

void owner_enter(const struct owner *o)
{
	if (!o->known)
		return;
	/* They tell of no failure, which there is none of for root's own. */
	setfsgid(o->gid);
	setfsuid(o->uid);
}

void owner_leave(const struct owner *o)
{
	if (!o->known)
		return;
	setfsuid(geteuid());
	setfsgid(getegid());
}

bool owner_can_enter(const struct owner *o)
{
	bool can;

	if (!o->known)
		return false;
	owner_enter(o);
	can = (uid_t)setfsuid((uid_t)-1) == o->uid; /* changes nothing, and tells which it is */
	owner_leave(o);
	return can;
}

int owner_keep(const struct owner *o)
{
	if (!o->known)
		return 0;
	return setresgid(o->gid, (gid_t)-1, (gid_t)-1) || setresuid(o->uid, (uid_t)-1, (uid_t)-1) ? -1 : 0;
}

int owner_become(const struct owner *o)
{
	uid_t uid = o->uid;
	gid_t gid = o->gid;

	if (!o->known && !user_by_name("nobody", &uid, &gid))
		uid = gid = NOBODY;
	if (o->known ? user_set_groups(uid, gid) : setgroups(0, NULL))
		return -1;
	return setresgid(gid, gid, gid) || setresuid(uid, uid, uid) ? -1 : 0;
}

bool owner_is_us(const struct owner *o, uid_t uid)
{
	return uid == geteuid() || (o->known && uid == o->uid);
}
