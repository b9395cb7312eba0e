#!/bin/sh
# SPDX-License-Identifier: MIT
# Traces that falloctrace did not record, made by trace-cmd in a guest: what a replay tells of them is right,
# and what they can't tell is not told.
# shellcheck source=tests/live/lib/host.sh
. "$(dirname -- "$0")/../live/lib/host.sh"

lib=$top/tests/replay/lib
needs python3 trace-cmd fallocate
[ -x "$program" ] || make -s -C "$top" || exit 1

agrees() {
	"$program" replay -j "$out/$1.dat" >"$out/$1.json" && python3 "$lib/foreign.py" "$1" "$out/$1.expected" <"$out/$1.json"
}

names_its_events() {
	"$program" replay "$out/none.dat" 2>&1 | grep 'no fallocate events.*sched:sched_process_fork'
}

"$top/contrib/vm/run" -k "${KERNEL:-own}" -f -t 300 -o "$out" -- "$lib/guest-foreign.sh" \
	"$(command -v trace-cmd)" "$(command -v fallocate)" "$program:falloctrace" >"$out/guest.log" 2>&1
status=$?
[ $status != 77 ] || skip_all "$(tail -n 1 "$out/guest.log")"
check "the guest records" sh -c "cat '$out/guest.log'; [ $status = 0 ] && ! grep refuses '$out/guest.log'"
check "system-call tracepoints" agrees calls
check "raw_syscalls" agrees raw
check "the better one where there are several" agrees better
check "probes by hand" agrees own
check "the same events in two buffers" agrees twins
check "a call's events in two buffers" agrees split
check "probes named after their function" agrees symbol
check "ext4's own events" agrees ext4
check "XFS's own events" agrees xfs
check "a file without any names its events" names_its_events
totals
