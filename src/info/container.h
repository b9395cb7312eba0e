/* SPDX-License-Identifier: MIT */
/*
 * The container that a cgroup belongs to, as its path tells.
 *
 * Names that mean one, each from its maker's source:
 *   docker-ID.scope, cri-containerd-ID.scope, crio-ID.scope, libpod-ID.scope
 *       runc's systemd driver (libcontainer/cgroups/systemd/common.go, PREFIX-NAME.scope),
 *       with the prefixes of moby (daemon/oci_linux.go), containerd's CRI plug-in, CRI-O
 *       (internal/config/cgmgr) and podman (libpod/oci_conmon_common.go)
 *   …:cri-containerd:ID
 *       the same three words, given to the cgroupfs driver
 *   /docker/ID, /kubepods/…/ID, /libpod_parent/libpod-ID, /ecs/TASK/ID
 *       runc's cgroupfs driver: a last component of 64 hexadecimal digits
 *   lxc.payload.NAME, lxc/NAME
 *       lxc (src/lxc/cgroups/cgfsng.c, DEFAULT_PAYLOAD_CGROUP_PREFIX); before 4.0, lxc.cgroup.pattern
 *   machine-NAME.scope
 *       systemd-machined (src/machine/machine.c), for systemd-nspawn and libvirt; NAME is escaped as
 *       systemd.unit(5) says
 *
 * Not a container's are those beside it: libpod-conmon-ID.scope, crio-conmon-ID.scope, lxc.monitor.NAME.
 */
#ifndef FALLOCTRACE_INFO_CONTAINER_H
#define FALLOCTRACE_INFO_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

#define CONTAINER_SIZE 256   /* with the NUL; a component is no longer */
#define CONTAINER_ID_SIZE 64 /* hexadecimal digits of an id */
#define CONTAINER_SHORT 12   /* … of them that `docker ps` shows */

/*
 * The innermost container of a cgroup's path: 64 hexadecimal digits, or a name.
 * False: none; id is then "".
 */
bool container_of(const char *path, char id[CONTAINER_SIZE]);
/* Bytes of the id to show where there is little room: CONTAINER_SHORT of 64 digits, all of a name. */
size_t container_short(const char *id);

#endif
