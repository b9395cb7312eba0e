/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <string.h>

#include "info/remote.h"

bool fs_remote(const char *fs)
{
	/*
	 * And what begins so: nfs4, fuse.sshfs, fuseblk; ceph-fuse is fuse. Those that share a disk (ocfs2, gfs2) ask
	 * other machines for the inode only after the call has come in.
	 */
	static const char *const names[] = {"nfs",   "fuse",  "cifs",	  "smb3",   "9p",	"ceph",
					    "afs",   "coda",  "virtiofs", "lustre", "orangefs", "vboxsf",
					    "smbfs", "ocfs2", "gfs2",	  "beegfs", "gpfs"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(fs, names[i], strlen(names[i])))
			return true;
	return false;
}
