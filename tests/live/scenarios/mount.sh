# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Read by the scripts of this folder, inside the virtual machine: new filesystems for scenarios.

# The kind of filesystem, its MiB, and where it is mounted, of the scenario of that name
line_of() {
	scenarios list | sed -n "s/^$1 //p"
}

# fresh NAME: mounts an empty filesystem where that scenario wants it
fresh() {
	# shellcheck disable=SC2046 # words of a line
	set -- $(line_of "$1")
	[ $# = 3 ] || return 1
	mkdir -p "$3"
	image=/tmp/image
	case $1 in
	tmpfs) mount -t tmpfs -o size="$2m" tmpfs "$3" && return ;;
	esac
	rm -f $image
	truncate -s "$2M" $image
	case $1 in
	ext3) mkfs.ext4 -q -F -t ext3 $image && mount -t ext3 -o loop $image "$3" ;;
	ext4) mkfs.ext4 -q -F $image && mount -t ext4 -o loop $image "$3" ;;
	ext4-bigalloc) mkfs.ext4 -q -F -O bigalloc -C 65536 $image && mount -t ext4 -o loop $image "$3" ;;
	xfs) mkfs.xfs -q $image && mount -t xfs -o loop $image "$3" ;;
	xfs-quota) mkfs.xfs -q $image && mount -t xfs -o loop,prjquota $image "$3" ;;
	btrfs) mkfs.btrfs -q $image >/dev/null && mount -t btrfs -o loop $image "$3" ;;
	*) false ;;
	esac
}

# stale NAME: takes it away again
stale() {
	# shellcheck disable=SC2046
	set -- $(line_of "$1")
	umount "$3"
	rm -f /tmp/image
}
