// SPDX-License-Identifier: MIT
#include "info/users.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#ifndef STATIC_LINK

bool user_by_name(const char *name, uid_t *uid, gid_t *gid)
{
	const struct passwd *user = getpwnam(name);

	if (user)
		*uid = user->pw_uid;
	if (user && gid)
		*gid = user->pw_gid;
	return user;
}

int user_set_groups(uid_t uid, gid_t gid)
{
	const struct passwd *user = getpwuid(uid);

	return user ? initgroups(user->pw_name, gid) : setgroups(0, NULL);
}

#else

#define GROUPS_MAX 1024

/* The first user of that name, or where it is NULL of that number; the rest of it is filled in. */
static bool find(const char *name, uid_t *uid, gid_t *gid, char *found, size_t size)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *user;

	while ((user = file ? fgetpwent(file) : NULL))
		if (name ? !strcmp(name, user->pw_name) : user->pw_uid == *uid)
			break;
	if (user) {
		*uid = user->pw_uid;
		if (gid)
			*gid = user->pw_gid;
		snprintf(found, size, "%s", user->pw_name);
	}
	if (file)
		fclose(file);
	return user;
}

bool user_by_name(const char *name, uid_t *uid, gid_t *gid)
{
	char ignored[1];

	return find(name, uid, gid, ignored, sizeof(ignored));
}

static bool is_member(const struct group *group, const char *name)
{
	for (char **member = group->gr_mem; *member; member++)
		if (!strcmp(*member, name))
			return true;
	return false;
}

int user_set_groups(uid_t uid, gid_t gid)
{
	gid_t groups[GROUPS_MAX] = {gid};
	const struct group *group;
	size_t count = 1;
	char name[256];
	FILE *file;

	if (!find(NULL, &uid, NULL, name, sizeof(name)))
		return setgroups(0, NULL);
	file = fopen("/etc/group", "re");
	while (count < GROUPS_MAX && (group = file ? fgetgrent(file) : NULL))
		if (group->gr_gid != gid && is_member(group, name))
			groups[count++] = group->gr_gid;
	if (file)
		fclose(file);
	return setgroups(count, groups);
}

#endif
