#!/bin/sh
# SPDX-License-Identifier: MIT
# What --related tells, live and recorded, of a workload that says what the
# kernel says; they are compared outside (../lib/related.py).
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

state >/tmp/state.before

on() {
	fs=$1
	mkdir "/mnt/$fs/related"
	falloctrace --related -q -j -o "/out/$fs.live" &
	pid=$!
	await 20 tracing_now
	sleep 1
	falloctrace record --related -q -o "/out/$fs.dat" -- workload related "/mnt/$fs/related" >"/out/$fs.truth"
	kill -TERM $pid
	wait $pid
	falloctrace replay -q -j "/out/$fs.dat" >"/out/$fs.replay"
	falloctrace replay -q "/out/$fs.dat" >"/out/$fs.text"
	falloctrace replay -q -j -s --by file "/out/$fs.dat" >"/out/$fs.summary"
	falloctrace replay -q -s --by file "/out/$fs.dat" >"/out/$fs.table"
	falloctrace replay -q -j --findings "/out/$fs.dat" >"/out/$fs.findings"
	as_before "after $fs"
}

# Not asked for, nothing of it is there.
not_asked() {
	falloctrace record -q -o /tmp/n.dat -- workload related /mnt/ext4/related >/tmp/n.truth
	falloctrace replay -q -j /tmp/n.dat >/tmp/n.json
	grep -q '"type":"call"' /tmp/n.json
	! grep -E '"(truncate|used|reservation)"' /tmp/n.json || fail "it tells what was not asked for"
	same "probes" "$(falloctrace probes | grep -c do_truncate)" 0
}

for fs in ext4 xfs btrfs tmpfs; do
	run "$fs is traced and recorded" on $fs
done
run "without --related there is nothing of it" not_asked
