#!/bin/sh
# SPDX-License-Identifier: MIT
# A file of metrics while it is written live: whole at each moment, new after
# each interval, and what it was when the tracer can't go on.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

# start DIR [OPTION…]: a tracer of what workload calls; sets pid
start() {
	dir=$1
	shift
	falloctrace -n workload --format openmetrics -o "$dir/x.prom" "$@" 2>/tmp/said &
	pid=$!
	await 10 tracing_now
	await 5 discovered
}

# A file that is there, and not the one that was
newer() {
	now=$(stat -c %i "$1" 2>/dev/null) && [ "$now" != "$2" ]
}

whole() {
	[ "$(tail -n 1 "$1")" = "# EOF" ] || fail "$1 ends in: $(tail -n 1 "$1")"
	[ "$(head -n 1 "$1")" = "# TYPE falloctrace_info gauge" ] || fail "$1 begins with: $(head -n 1 "$1")"
}

calls() {
	awk '/^falloctrace_calls_total/ { n += $2 } END { print n + 0 }' "$1"
}

# What the tracer says that it takes of the processors is what /proc says, but for what it took between the two
takes_what_proc_says() {
	echo "$(awk '{ print ($14 + $15) / 100 }' "/proc/$pid/stat") $(awk '/^falloctrace_cpu_seconds_total / { print $2 }' "$1")" |
		awk 'NF != 2 || $2 <= 0 || $1 - $2 > 0.5 || $2 - $1 > 0.5 { print "by /proc " $1 " s, told " $2; exit 1 }'
}

has_calls() {
	[ "$(calls "$1")" = "$2" ]
}

stop() {
	kill -TERM "$pid"
	want 0 wait "$pid"
	same "words" "$(cat /tmp/said)" ""
}

alone() {
	same "files" "$(ls -A "$1")" x.prom
}

intervals() {
	mkdir /mnt/ext4/m
	start /mnt/ext4/m -i 100ms
	await 5 newer /mnt/ext4/m/x.prom 0
	whole /mnt/ext4/m/x.prom
	same "calls before any" "$(calls /mnt/ext4/m/x.prom)" 0
	n=100
	for _ in 1 2 3; do
		workload count 100
		for _ in 1 2 3 4 5; do
			n=$((n + 1))
			cat /mnt/ext4/m/x.prom >/out/read.$n
			whole /out/read.$n
			sleep 0.07
		done
	done
	# nothing comes any more, and it is alive all the same
	for _ in 1 2 3; do
		at=$(stat -c %i /mnt/ext4/m/x.prom)
		await 3 newer /mnt/ext4/m/x.prom "$at" || fail "a quiet interval left no new file"
	done
	same "calls" "$(calls /mnt/ext4/m/x.prom)" 300
	same "mode" "$(stat -c %a /mnt/ext4/m/x.prom)" 644
	takes_what_proc_says /mnt/ext4/m/x.prom
	stop
	cat /mnt/ext4/m/x.prom >/out/read.999
	same "calls at the end" "$(calls /out/read.999)" 300
	alone /mnt/ext4/m
	as_before "after intervals"
}

# Without intervals: at the end, and not before
at_the_end() {
	mkdir /mnt/xfs/m
	echo old >/mnt/xfs/m/x.prom
	start /mnt/xfs/m
	workload count 20
	sleep 0.5
	same "the file" "$(cat /mnt/xfs/m/x.prom)" old
	stop
	whole /mnt/xfs/m/x.prom
	same "calls" "$(calls /mnt/xfs/m/x.prom)" 20
	alone /mnt/xfs/m
}

# killed FILESYSTEM
killed() {
	mkdir -p "$1/k"
	start "$1/k" -i 20ms
	await 5 newer "$1/k/x.prom" 0
	workload count 50
	kill -KILL "$pid"
	wait "$pid" || true
	whole "$1/k/x.prom"
	for file in "$1"/k/* "$1"/k/.*.prom; do
		[ "$file" = "$1/k/x.prom" ] || [ "$file" = "$1/k/.*.prom" ] || fail "$file is left"
	done
	as_before "after a kill"
	start "$1/k" -i 20ms
	stop
	whole "$1/k/x.prom"
	alone "$1/k"
}

capabilities() {
	sed -n "s/^Cap$1:[^0-9a-f]*0*//p" "/proc/$pid/status"
}

# Root has no right there but by a capability, which is off but for the moment of replacing.
somebody_elses_directory() {
	mkdir /mnt/ext4/s
	chown 1000:1000 /mnt/ext4/s
	chmod 755 /mnt/ext4/s
	start /mnt/ext4/s -i 200ms
	await 5 newer /mnt/ext4/s/x.prom 0
	same "permitted" "$(capabilities Prm)" 3 # CAP_CHOWN, CAP_DAC_OVERRIDE
	off=0
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -n "$(capabilities Eff)" ] || off=$((off + 1))
		sleep 0.05
	done
	[ $off -ge 8 ] || fail "the capability was off $off times of 10"
	workload count 10
	stop
	same "calls" "$(calls /mnt/ext4/s/x.prom)" 10
	alone /mnt/ext4/s
	mkdir /mnt/ext4/own
	start /mnt/ext4/own -i 200ms
	await 5 newer /mnt/ext4/own/x.prom 0
	same "permitted in a directory of its own" "$(capabilities Prm)" ""
	stop
}

full() {
	mkdir -p /tmp/full
	mount -t tmpfs -o size=64k full /tmp/full
	start /tmp/full -i 100ms
	await 5 newer /tmp/full/x.prom 0
	workload count 5
	await 5 has_calls /tmp/full/x.prom 5
	dd if=/dev/zero of=/tmp/full/rest bs=4k 2>/dev/null || true
	want 1 wait "$pid"
	same "lines" "$(wc -l </tmp/said)" 1
	grep -q '^falloctrace: cannot write /tmp/full/x.prom: No space left on device$' /tmp/said ||
		grep -q '^falloctrace: cannot write the output: No space left on device$' /tmp/said ||
		fail "it says: $(cat /tmp/said)"
	whole /tmp/full/x.prom
	same "calls" "$(calls /tmp/full/x.prom)" 5
	rm /tmp/full/rest
	alone /tmp/full
	as_before "after a full disk"
	umount /tmp/full
}

state >/tmp/state.before
run intervals intervals
run at-the-end at_the_end
for fs in ext4 xfs btrfs tmpfs overlay; do
	run "killed-on-$fs" killed /mnt/$fs
done
run somebody-elses-directory somebody_elses_directory
run full-disk full
