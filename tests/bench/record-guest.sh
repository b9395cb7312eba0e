#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs in the virtual machine. Prints what recording costs the recorder: its own
# processor time (of nanoseconds that are instructions), without what the probes
# cost the traced.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

calls=${CALLS:-300000}
file=/mnt/ext4/bench.dat
INT=2 TERM=15

row() {
	printf '%-44s %10s %12s %8s %10s %8s\n' "$@"
}

# spent COMMAND…: starts it, makes $1 calls once it traces, ends it; microseconds in $user and $system
spent() {
	made=$1 signal=$2
	shift 2
	rm -f /tmp/cpu $file
	record_cpu /tmp/cpu "$signal" "$@" >/tmp/out 2>/tmp/errors &
	pid=$!
	await 20 tracing_at_all || {
		cat /tmp/errors
		return 1
	}
	sleep 1
	workload count "$made" >/dev/null
	sleep 1
	kill -TERM $pid
	wait $pid || {
		cat /tmp/errors
		return 1
	}
	read -r user system </tmp/cpu
}

tracing_at_all() {
	cat $tracing/set_event $tracing/instances/*/set_event 2>/dev/null | grep -q vfs_enter
}

# How many events a recording lacks
lost() {
	falloctrace replay --check "$file" 2>/dev/null | sed -n 's/^  lost  *\([a-z0-9]*\).*/\1/p'
}

# measure NAME SIGNAL COMMAND…: a row, less what starting and ending alone takes
measure() {
	name=$1
	shift
	# the start and the end, names of the callers among it
	if ! spent 1 "$@"; then
		row "$name" failed "" "" "" ""
		return
	fi
	idle=$((user + system))
	spent "$calls" "$@" || return 0
	each=$(((user + system - idle) * 1000 / (calls * events_per_call)))
	first=${first:-$each}
	row "$name" "$((idle / 1000)) ms" "$each ms" "$((each * 100 / (first ? first : 1)))%" "$(($(wc -c <$file) >> 10)) KiB" \
		"$(lost)"
}

probes=$(falloctrace probes | sed '/^#/d')
events_per_call=$(echo "$probes" | grep -c ':[^ ]*/vfs_')
group=$(echo "$probes" | sed -n 's,^[pr][0-9]*:\([^/]*\)/.*,\1,p' | head -n 1)
echo "$(uname -r): processor time of the recorder, $calls calls of $events_per_call events each on one processor, to ext4"
row "" "start, end" "a million ev." "" "file" "lost"
measure "falloctrace record" $TERM falloctrace record -q -o $file
measure "falloctrace record --compress" $TERM falloctrace record -q --compress -o $file
command -v trace-cmd >/dev/null || exit 0
echo "$probes" | while read -r line; do
	echo "$line" >>$tracing/kprobe_events || exit 1
done
cd /mnt/ext4 || exit 1
theirs="trace-cmd record -q -b 4096 -C mono -e $group -o $file"
# shellcheck disable=SC2086 # words
{
	measure "trace-cmd record --file-version 6" $INT $theirs --file-version 6
	measure "trace-cmd record --compression none" $INT $theirs --compression none
	measure "trace-cmd record (zstd)" $INT $theirs
}
