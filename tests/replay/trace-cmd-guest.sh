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

# every NAME…: each record of each buffer, as trace-cmd and kbuffer tell it
every() {
	for kind; do
		python3 "$top/tests/replay/lib/real.py" "$tools" "$out/$kind.dat" || return 1
	done
}

# anew NAME OLD OPTION…: OLD.dat written anew as NAME.dat by trace-cmd has the same records
anew() {
	kind=$1 old=$2
	shift 2
	trace-cmd convert -i "$out/$old.dat" -o "$out/$kind.dat" "$@" >"$out/convert.log" 2>&1 || {
		cat "$out/convert.log"
		return 1
	}
	every "$kind" && python3 "$top/tests/replay/lib/real.py" same "$tools" "$out/$old.dat" "$out/$kind.dat"
}

# lossy NAME: events were lost, and all agree on how many
lossy() {
	every "$1" && ! every "$1" | grep ' 0 losses'
}

split_off() {
	trace-cmd split -i "$out/$1.dat" -o "$out/$1-split.dat" >"$out/split.log" 2>&1 || return 1
	[ -e "$out/$1-split.dat" ] || mv "$out/$1-split.dat.1" "$out/$1-split.dat" || return 1
	every "$1-split"
}

# pieces NAME: cut into pieces by trace-cmd
pieces() {
	trace-cmd split -i "$out/$1.dat" -o "$out/$1-piece" -r -e 9000 >"$out/split.log" 2>&1 || return 1
	[ -e "$out/$1-piece.0002" ] || return 1
	python3 "$top/tests/replay/lib/real.py" "$tools" "$out/$1-piece".*
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
check "version 7, zstd" same rz
check "several instances" same rb
for kind in r7 r6 rm ri rz rd rb; do
	check "every record of $kind" every $kind
done
check "stamps that are ticks" env CONVERTED=1 python3 "$top/tests/replay/lib/real.py" "$tools" "$out/rt.dat"
check "losses" lossy rl
check "losses, zstd" lossy rlz
check "extract" lossy rx
check "convert 6 to 7" anew c67 r6 --file-version 7 --compression none
check "convert 6 to zstd" anew c6z r6 --file-version 7 --compression zstd
check "convert zstd to 6" anew cz6 rz --file-version 6
check "convert losses to 6" anew cl6 rlz --file-version 6
check "convert instances to zstd" anew cbz rb --file-version 7 --compression zstd
check "split" split_off r7
check "split of 6" split_off r6
check "split into pieces, with losses" pieces rl
totals
