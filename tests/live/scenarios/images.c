/* SPDX-License-Identifier: MIT */
/*
 * Disk images, and what stores them.
 */
#include "scenario.h"

/* Gluster: the call fails, and the disk is full all the same. */
static void gluster_partial_allocation(struct run *r)
{
	int image = file_open(r, "vol0/images/vm7.img", "partial-allocation,no-space");

	allocate(r, image, 0, 0, 1024 * MIB);
}

/* Where the filesystem looks first, or gives back what it took, nothing is lost by that. */
static void gluster_no_space(struct run *r)
{
	int image = file_open(r, "vol0/images/vm7.img", "no-space");

	allocate(r, image, 0, 0, 1024 * MIB);
}

/* qemu-img convert -n: zeroes by ZERO_RANGE, which tmpfs has not, so it writes them. */
static void qemu_img_unsupported(struct run *r)
{
	int image = file_open(r, "vm8.raw", "unsupported");

	allocate(r, image, 0, 0, 4 * MIB);
	fill(r, image, 0, 4 * MIB);
	for (int64_t at = 0; at < 3; at++)
		allocate(r, image, ZERO, at * MIB, MIB);
}

/* --- who allocated this? --- */

static void by_qemu_img(struct run *r)
{
	int image = file_open(r, "vm1.raw", "");

	allocate(r, image, 0, 0, 64 * MIB);
}

static void by_cloud_hypervisor(struct run *r)
{
	static const char *const names[] = {"vm2.raw", "vm3.raw", "vm4.raw"};

	for (int i = 0; i < 3; i++) {
		int image = file_open(r, names[i], "");

		allocate(r, image, 0, 0, 64 * MIB);
	}
}

static void by_kata(struct run *r)
{
	int image = file_open(r, "kata-rootfs.img", "");

	allocate(r, image, 0, 0, 32 * MIB);
	fill(r, image, 0, 4 * MIB);
	allocate(r, image, PUNCH | KEEP, 0, 2 * MIB);
}

static void images_allocated(struct run *r)
{
	as_process(r, "qemu-img", by_qemu_img);
	as_process(r, "cloud-hypervisor", by_cloud_hypervisor); /* the kernel cuts it */
	as_process(r, "containerd-shim", by_kata);
}

const struct scenario images[] = {
	{"gluster-partial-allocation", "glusterfsd", "/data/brick1", "ext4", 256, gluster_partial_allocation},
	{"gluster-no-space-xfs", "glusterfsd", "/data/brick1", "xfs", 320, gluster_no_space},
	{"gluster-no-space-btrfs", "glusterfsd", "/data/brick1", "btrfs", 320, gluster_no_space},
	{"gluster-no-space-tmpfs", "glusterfsd", "/data/brick1", "tmpfs", 64, gluster_no_space},
	{"qemu-img-unsupported", "qemu-img", "/var/tmp/vm", "tmpfs", 64, qemu_img_unsupported},
	{"images-allocated", "libvirtd", "/var/lib/libvirt/images", "xfs", 512, images_allocated},
	{0},
};
