// SPDX-License-Identifier: MIT
#include "cmd/confine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/output.h"
#include "dat/owner.h"
#include "dat/target.h"
#include "kernel/caps.h"

int confine(const struct options *o, const struct sandbox *may, struct error *e)
{
	return o->confined ? sandbox_enter(may, e) : 0;
}

/* What is to be replaced in a directory of root's takes root. */
static bool can_become(const struct owner *owner, const struct output *out)
{
	return !output_writes_files(out) || (owner->known && output_is_owners(out));
}

int confine_reader(const struct options *o, struct output *out, struct error *e)
{
	struct sandbox may = {.writes = output_writes_files(out)};
	struct owner owner;

	if (!o->confined)
		return 0;
	owner_of_sudo(&owner);
	if (geteuid() == 0 && can_become(&owner, out) && owner_become(&owner))
		return error_errno(e, "can't give up root");
	return output_drop_caps(out, e) || sandbox_enter(&may, e) ? -1 : 0;
}

/* Whether, as we are, the folder can be read and the file made. */
static bool can_write(const char *folder, const struct target *t)
{
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct target_file trial;
	struct error why;
	bool can = dir >= 0 && faccessat(dir, ".", W_OK | X_OK, AT_EACCESS) == 0;

	if (dir >= 0)
		close(dir);
	can = can && target_create(t, &trial, &why) == 0;
	if (can)
		target_discard(t, &trial);
	return can;
}

static bool is_owners(const char *folder, const struct target *t)
{
	struct stat st;

	return t->as_owner && lstat(folder, &st) == 0 && st.st_uid == t->owner.uid;
}

static int give_up(const char *folder, const struct target *t, struct error *e)
{
	if (is_owners(folder, t))
		return owner_become(&t->owner) ? error_errno(e, "can't give up root") : caps_drop_all(e);
	if (caps_set_writing(false, e))
		return -1;
	if (!can_write(folder, t))
		return caps_set_writing(true, e);
	/* What is made as root is still to be given to him. */
	return t->owner.known && !t->as_owner ? 0 : caps_drop_all(e);
}

int confine_writer(const struct options *o, const char *folder, const char *target, struct error *e)
{
	struct sandbox may = {.writes = true};
	struct target t;
	int ret;

	if (!o->confined)
		return 0;
	if (target_open(&t, target, e))
		return -1;
	ret = give_up(folder, &t, e) || sandbox_enter(&may, e) ? -1 : 0;
	target_close(&t);
	return ret;
}
