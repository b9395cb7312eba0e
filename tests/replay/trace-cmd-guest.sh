#!/bin/sh
# SPDX-License-Identifier: MIT
# What trace-cmd records in a guest, where nothing is denied to it, our reader reads as trace-cmd does.
# shellcheck source=tests/live/lib/host.sh
. "$(dirname -- "$0")/../live/lib/host.sh"

tools=${BUILD:-build}/tests/replay
records=$top/tests/replay/lib/records.py
needs python3 trace-cmd fallocate
[ -x "$tools/dump_records" ] || make -s -C "$top" tests || exit 1

same() {
	trace-cmd report -t "$out/$1.dat" 2>/dev/null | python3 "$records" report >"$out/$1.report" || return 1
	"$tools/dump_records" "$out/$1.dat" >"$out/$1.dump" &&
		python3 "$records" agree "$out/$1.expected" "$out/$1.report" "$out/$1.dump"
}

"$top/contrib/vm/run" -k "${KERNEL:-trixie}" -o "$out" -- "$top/tests/replay/lib/guest-records.sh" \
	"$(command -v trace-cmd)" "$(command -v fallocate)" >"$out/guest.log" 2>&1
status=$?
[ $status != 77 ] || skip_all "$(tail -n 1 "$out/guest.log")"
check "the guest records" sh -c "cat '$out/guest.log'; [ $status = 0 ]"
check "version 7" same r7
check "version 6" same r6
check "another clock" same rm
check "an instance" same ri
totals
