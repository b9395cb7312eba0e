/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <string.h>

#include "info/remote.h"

bool fs_remote(const char *fs)
{
	/* and what begins so: nfs4, fuse.sshfs, fuseblk, ceph-fuse is fuse */
	static const char *const names[] = {"nfs", "fuse", "cifs",     "smb3",	 "9p",	     "ceph",
					    "afs", "coda", "virtiofs", "lustre", "orangefs", "vboxsf"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(fs, names[i], strlen(names[i])))
			return true;
	return false;
}
