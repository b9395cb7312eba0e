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
	falloctrace probes >/out/probes
}

# What this guest is, and that it is what was asked for
facts() {
	{
		echo "release $(uname -r)"
		echo "machine $(uname -m)"
		echo "cpus $(nproc)"
		echo "options$(tr ' ' '\n' </proc/cmdline | grep -x -E 'nokaslr|mitigations=.*' | sort | sed 's/^/ /' | tr -d '\n')"
	} >/out/facts
	same "processors" "$(nproc)" "${EXPECT_CPUS:-2}"
	# Where x86-64 kernels are linked to run. Randomised they are moved; by nothing at all once in 512 times.
	[ "$(uname -m)" != x86_64 ] || ! grep -q nokaslr /proc/cmdline ||
		same "address of the kernel" "$(awk '$3 == "_text" { print $1 }' /proc/kallsyms)" ffffffff81000000
	! grep -q mitigations=off /proc/cmdline ||
		grep -q ^Vulnerable /sys/devices/system/cpu/vulnerabilities/spectre_v2 || fail "mitigations are not off"
}

mounts
run facts facts
run doctor doctor
run recorded recorded
if [ -z "${SHORT:-}" ]; then
	run without-btf without_btf
	run recorded-alone recorded_alone
	run opens-no-btf opens
fi
run nothing-left test -z "$(cat $tracing/kprobe_events; ls $tracing/instances)"
