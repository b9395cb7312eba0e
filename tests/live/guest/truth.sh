#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

mounts() {
	mkdir -p /mnt/ext4/below/it /mnt/bind
	mount --bind /mnt/ext4/below /mnt/bind
}

directories() {
	for dir in /mnt/tmpfs /mnt/ext4 /mnt/xfs /mnt/btrfs /mnt/overlay /mnt/bind; do
		mkdir -p "$dir/$1"
		printf '%s ' "$dir/$1"
	done
}

# A recording, and a live trace inside of it: what the live one sees the recording has.
recorded() {
	dirs=$(directories one)
	# shellcheck disable=SC2086
	falloctrace record --path-depth 8 -o /out/one.dat -- \
		falloctrace -a -j --path-depth 8 -o /out/one.json -- workload truth /out/one.truth $dirs
}

# The same with nothing to be had of BTF, and shorter paths
without_btf() {
	mount -t tmpfs -o ro none /sys/kernel/btf 2>/dev/null || echo "this kernel has no BTF"
	dirs=$(directories two)
	# shellcheck disable=SC2086
	falloctrace -a -j -o /out/two.json -- workload truth /out/two.truth $dirs
	umount /sys/kernel/btf 2>/dev/null || true
}

recorded_alone() {
	dirs=$(directories three)
	# shellcheck disable=SC2086
	falloctrace record --path-depth 8 -o /out/three.dat -- workload truth /out/three.truth $dirs
}

opens() {
	strace -f -o /out/strace -e trace=open,openat,openat2,stat,newfstatat,access,faccessat,execve \
		falloctrace -j -o /tmp/x.json -- workload count 3
	grep -q kprobe_events /out/strace || fail "strace did not see kprobe_events opened"
	! grep -i -E '[^a-z](v?btf|vmlinux|\.debug|debug/usr|kheaders)' /out/strace || fail "that should not have been opened"
}

doctor() {
	falloctrace doctor >/out/doctor
}

mounts
run doctor doctor
run recorded recorded
run without-btf without_btf
run recorded-alone recorded_alone
run opens-no-btf opens
run nothing-left test -z "$(cat $tracing/kprobe_events; ls $tracing/instances)"
