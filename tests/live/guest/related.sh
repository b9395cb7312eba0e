#!/bin/sh
# SPDX-License-Identifier: MIT
# What --related tells, live and recorded, of a workload that says what the
# kernel says; they are compared outside (../lib/related.py).
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

state >/tmp/state.before

all='ext4 xfs btrfs tmpfs'

steps() {
	for fs in $all; do
		workload related "/mnt/$fs/related" >"/out/$fs.truth" || exit
	done
}

live_and_recorded() {
	for fs in $all; do
		mkdir "/mnt/$fs/related"
	done
	falloctrace --related -q -j -o /out/live &
	live=$!
	falloctrace record --related -q -o /out/dat &
	record=$!
	await 30 tracing_now 2
	await 10 discovered
	sleep 0.5
	steps
	sleep 0.5
	kill -TERM $live $record
	wait $live
	wait $record
	falloctrace replay -q -j /out/dat >/out/replay
	falloctrace replay -q -s --by file /out/dat >/out/table
	falloctrace replay -q -j -s --by file /out/dat >/out/summary
	falloctrace replay -q --findings /out/dat >/out/findings
	as_before "after tracing"
}

# Not asked for, nothing of it is there.
not_asked() {
	falloctrace record -q -o /tmp/n.dat -- workload related /mnt/ext4/related >/tmp/n.truth
	falloctrace replay -q -j /tmp/n.dat >/tmp/n.json
	grep -q '"type":"call"' /tmp/n.json
	! grep -E '"(truncate|used|reservation)"' /tmp/n.json || fail "it tells what was not asked for"
	same "probes" "$(falloctrace probes | grep -c do_truncate)" 0
}

run "live and recorded at once" live_and_recorded
run "without --related there is nothing of it" not_asked
