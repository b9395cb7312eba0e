#!/bin/sh
# SPDX-License-Identifier: MIT
# Calls that do not pass vfs_fallocate: each made by the kernel itself, for a
# request whose place, length and effect others tell (stat of the file behind).
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

# blocks FILE: of 512 bytes, as stat has them
blocks() {
	stat -c %b "$1"
}

# show FILE: of what was shown of it, one line a call: via op offset len ret depth
show() {
	grep -F "\"path\":\"$1\"" "$2" | sed -n \
		's/.*"via":\([^,]*\),.*"depth":\([0-9]*\),.*"op":"\([a-z]*\)","offset":\([0-9]*\),"len":\([0-9]*\),"ret":\([-0-9]*\),.*/\1 \3 \4 \5 \6 \2/p' |
		tr -d '"'
}

# The blocks that the last call on a file left, as far as this kernel lets them be seen.
after() {
	grep -F "\"path\":\"$1\"" "$2" | tail -n 1 | sed 's/.*"blocks_after":\([^,]*\),.*/\1/'
}

before() {
	grep -F "\"path\":\"$1\"" "$2" | tail -n 1 | sed 's/.*"blocks_before":\([^,]*\),.*/\1/'
}

sees_after() {
	falloctrace doctor | grep -q '^ok *size after *seen$'
}

# traced FILE COMMAND…: everyone's calls, from before the command's first
traced() {
	out=$1
	shift
	falloctrace --deep -a -j --path-depth 8 -o "$out" -- "$@"
}

# A loop device's discard is a punch of the file behind it.
loop_on() {
	dir=$1
	fallocate -l 16M "$dir/behind"
	losetup /dev/loop0 "$dir/behind"
	was=$(blocks "$dir/behind")
	traced /tmp/loop.json blkdiscard -o 1048576 -l 2097152 /dev/loop0
	now=$(blocks "$dir/behind")
	losetup -d /dev/loop0
	same "what was freed, by stat" $((was - now)) 4096
	same "calls" "$(show "$dir/behind" /tmp/loop.json)" "loop punch 1048576 2097152 0 0"
	same "blocks before" "$(before "$dir/behind" /tmp/loop.json)" "$was"
	if sees_after; then
		same "blocks after" "$(after "$dir/behind" /tmp/loop.json)" "$now"
	else
		same "blocks after" "$(after "$dir/behind" /tmp/loop.json)" null
	fi
	rm "$dir/behind"
}

# What fstrim asks of a filesystem on a loop device ends as punches: as many bytes as it says.
trim() {
	fallocate -l 64M /mnt/xfs/trimmed
	losetup /dev/loop0 /mnt/xfs/trimmed
	mkfs.ext4 -q -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 /dev/loop0 >/dev/null
	mkdir -p /tmp/trim
	mount -t ext4 /dev/loop0 /tmp/trim
	sync
	was=$(blocks /mnt/xfs/trimmed)
	said=$(traced /tmp/trim.json /bin/fstrim -v /tmp/trim | grep -o '[0-9]* bytes' | grep -o '[0-9]*')
	now=$(blocks /mnt/xfs/trimmed)
	umount /tmp/trim
	losetup -d /dev/loop0
	sum=$(show /mnt/xfs/trimmed /tmp/trim.json | awk '$1 != "loop" || $2 != "punch" || $5 { exit 1 } { sum += $4 } END { print sum + 0 }') ||
		fail "$(show /mnt/xfs/trimmed /tmp/trim.json)"
	echo "    fstrim said $said, punched $sum, freed $(((was - now) * 512))" | tee -a /out/results
	same "bytes" "$sum" "$said"
	# of the ends that are less than a block of the filesystem below nothing is freed
	[ $(((was - now) * 512)) -gt $((sum / 100 * 99)) ] || fail "only $((was - now)) blocks were freed"
}

target=/sys/kernel/config/target

lio_undo() {
	rm -f "$target/loopback/naa.5001405000000001/tpgt_1/lun/lun_0/disk"
	rmdir "$target/loopback/naa.5001405000000001/tpgt_1/lun/lun_0" "$target/loopback/naa.5001405000000001/tpgt_1" \
		"$target/loopback/naa.5001405000000001" "$target/core/fileio_0/disk" "$target/core/fileio_0"
}

# LIO's fileio asks the filesystem itself for what UNMAP frees.
lio() {
	for module in sd_mod target_core_mod target_core_file tcm_loop; do
		modprobe $module || skip "this kernel has no $module"
	done
	mount -t configfs configfs /sys/kernel/config 2>/dev/null || true
	fallocate -l 16M /mnt/ext4/lun
	mkdir -p $target/core/fileio_0/disk
	echo 'fd_dev_name=/mnt/ext4/lun,fd_dev_size=16777216' >$target/core/fileio_0/disk/control
	echo 1 >$target/core/fileio_0/disk/enable
	echo 1 >$target/core/fileio_0/disk/attrib/emulate_tpu
	mkdir -p $target/loopback/naa.5001405000000001/tpgt_1
	echo naa.5001405000000002 >$target/loopback/naa.5001405000000001/tpgt_1/nexus
	mkdir -p $target/loopback/naa.5001405000000001/tpgt_1/lun/lun_0
	ln -s $target/core/fileio_0/disk $target/loopback/naa.5001405000000001/tpgt_1/lun/lun_0/disk
	await 10 test -b /dev/sda
	# left to itself, it takes WRITE SAME
	echo unmap | tee /sys/class/scsi_disk/*/provisioning_mode
	was=$(blocks /mnt/ext4/lun)
	traced /tmp/lio.json blkdiscard -o 4194304 -l 1048576 /dev/sda
	now=$(blocks /mnt/ext4/lun)
	lio_undo
	same "what was freed, by stat" $((was - now)) 2048
	same "calls" "$(show /mnt/ext4/lun /tmp/lio.json)" "kernel punch 4194304 1048576 0 0"
	grep -q '"caller":"fd_[a-z_]*unmap[a-z._0-9]* \[target_core_file\]"' /tmp/lio.json || fail "$(cat /tmp/lio.json)"
}

# The caches that rpc.mountd fills: the export of one directory, as the root of all
export_directory() {
	echo "nfsd 127.0.0.1 2147483647 *" >/proc/net/rpc/auth.unix.ip/channel
	printf '* 1 \\x00000000 2147483647 %s\n' "$1" >/proc/net/rpc/nfsd.fh/channel
	# insecure ports, no subtree check, fsid
	echo "* $1 2147483647 9218 65534 65534 0" >/proc/net/rpc/nfsd.export/channel
}

nfs() {
	for module in nfsd nfsv4; do
		modprobe $module || skip "this kernel has no $module"
	done
	mkdir -p /mnt/ext4/export /mnt/nfs /var/lib/nfs/v4recovery
	mount -t nfsd nfsd /proc/fs/nfsd
	echo 10 >/proc/fs/nfsd/nfsv4leasetime
	echo 10 >/proc/fs/nfsd/nfsv4gracetime
	echo '-2 -3 +4 +4.1 +4.2' >/proc/fs/nfsd/versions 2>/dev/null || echo '-3 +4 +4.1 +4.2' >/proc/fs/nfsd/versions
	echo 'tcp 2049' >/proc/fs/nfsd/portlist
	echo 2 >/proc/fs/nfsd/threads
	export_directory /mnt/ext4/export
	echo Y >/proc/fs/nfsd/v4_end_grace 2>/dev/null || true
	mount -t nfs4 -o vers=4.2,addr=127.0.0.1,clientaddr=127.0.0.1,sec=sys 127.0.0.1:/ /mnt/nfs
	: >/mnt/nfs/file
	traced /tmp/nfs.1 /bin/fallocate -l 1M /mnt/nfs/file
	was=$(blocks /mnt/ext4/export/file)
	traced /tmp/nfs.2 /bin/fallocate -p -o 65536 -l 131072 /mnt/nfs/file
	now=$(blocks /mnt/ext4/export/file)
	cat /tmp/nfs.1 /tmp/nfs.2 >/tmp/nfs.json
	umount /mnt/nfs
	echo 0 >/proc/fs/nfsd/threads
	same "what was freed, by stat" $((was - now)) 256
	same "the client's calls" "$(show /mnt/nfs/file /tmp/nfs.json)" \
		"$(printf 'syscall extend 0 1048576 0 0\nsyscall punch 65536 131072 0 0')"
	same "the server's calls" "$(show /mnt/ext4/export/file /tmp/nfs.json)" \
		"$(printf 'nfsd extend 0 1048576 0 0\nnfsd punch 65536 131072 0 0')"
	same "all calls" "$(wc -l </tmp/nfs.json)" 4
	same "the server's blocks" "$(after /mnt/ext4/export/file /tmp/nfs.json)" "$now"
}

# A module that comes while we trace: its function is probed from its first call on.
later() {
	umount /mnt/btrfs
	rmmod btrfs
	! grep -q btrfs_fallocate /proc/kallsyms || fail "it is here already"
	cat >/tmp/later.sh <<-'X'
		#!/bin/sh
		set -e
		umount /lib/modules/*/modules.dep 2>/dev/null || true
		modprobe btrfs
		sleep "$1"
		for serial in /sys/block/vd*/serial; do
			[ "$(cat "$serial")" != btrfs ] || disk=${serial#/sys/block/}
		done
		mount -t btrfs "/dev/${disk%/serial}" /mnt/btrfs
		/bin/fallocate -l 4M /mnt/btrfs/behind
		losetup /dev/loop3 /mnt/btrfs/behind
		stat -c %b /mnt/btrfs/behind
		blkdiscard -o 1048576 -l 1048576 /dev/loop3
		losetup -d /dev/loop3
		rm /mnt/btrfs/behind
	X
	chmod +x /tmp/later.sh
	traced /tmp/later.json /tmp/later.sh "$1"
	same "calls" "$(show /mnt/btrfs/behind /tmp/later.json)" \
		"$(printf 'syscall extend 0 4194304 0 0\nloop punch 1048576 1048576 0 0')"
}

# … by what the kernel says of modules that come, where nobody knew that there is one
later_unknown() {
	: >/tmp/empty
	mount --bind /tmp/empty "/lib/modules/$(uname -r)/modules.dep"
	later 2
}

# The truth's workload shows the same calls with and without: none twice, none else.
once() {
	for dir in /mnt/tmpfs /mnt/ext4 /mnt/xfs /mnt/btrfs /mnt/overlay; do
		mkdir -p "$dir/$1"
		printf '%s ' "$dir/$1"
	done
}

truth() {
	dirs=$(once truth)
	# shellcheck disable=SC2086
	falloctrace record --deep --path-depth 8 -o /out/deep.dat -- \
		falloctrace -a --deep -j --path-depth 8 -o /out/deep.json -- workload truth /out/deep.truth $dirs
}

nothing_left() {
	[ -z "$(cat $tracing/kprobe_events)" ] || fail "$(cat $tracing/kprobe_events)"
	[ -z "$(ls $tracing/instances)" ] || fail "$(ls $tracing/instances)"
}

falloctrace doctor >/out/doctor
run doctor grep -E '^ok +--deep .*shmem_fallocate.*xfs_file_fallocate' /out/doctor
for fs in ext4 xfs tmpfs; do
	run loop-$fs loop_on /mnt/$fs
done
run fstrim trim
run lio lio
run nfs nfs
run later later 0
run later-unknown later_unknown
run truth truth
run nothing-left nothing_left
