#!/bin/sh
# SPDX-License-Identifier: MIT
# trace-cmd reads what our writer writes, of real pages of this kernel, without a
# word of warning; our reader reads what trace-cmd writes; both see the same.
# shellcheck source=tests/live/lib/host.sh
. "$(dirname -- "$0")/../live/lib/host.sh"

tools=${BUILD:-build}/tests/replay
records=$top/tests/replay/lib/records.py
tracing=/sys/kernel/tracing
needs python3 trace-cmd
[ -x "$tools/record_pages" ] || make -s -C "$top" tests || exit 1

state() {
	cat $tracing/tracing_on $tracing/current_tracer $tracing/set_event $tracing/trace_clock
	ls $tracing/instances
}

# report NAME: what trace-cmd sees in NAME.dat, in NAME.report; anything on stderr fails
report() {
	trace-cmd report -t "$out/$1.dat" >"$out/$1.text" 2>"$out/$1.errors" || return 1
	cat "$out/$1.errors"
	[ ! -s "$out/$1.errors" ] && ! grep -i -E 'warning|error|truncated|\[FAILED|EVENTS DROPPED' "$out/$1.text" &&
		python3 "$records" report <"$out/$1.text" >"$out/$1.report" && wc -l <"$out/$1.report"
}

dump() {
	"$tools/dump_records" "$out/$1.dat" >"$out/$1.dump" && wc -l <"$out/$1.dump"
}

# same NAME: the workload, trace-cmd and our reader agree
same() {
	python3 "$records" agree "$out/$1.expected" "$out/$1.report" "$out/$1.dump"
}

# every NAME: each record of each buffer, as trace-cmd and kbuffer tell it
every() {
	python3 "$top/tests/replay/lib/real.py" "$tools" "$out/$1.dat"
}

# quiet COMMAND…: it has something to say on stdout, nothing on stderr
quiet() {
	"$@" >"$out/quiet" 2>"$out/quiet.errors" || return 1
	cat "$out/quiet.errors"
	[ -s "$out/quiet" ] && [ ! -s "$out/quiet.errors" ] && ! grep -i -E 'warning|error' "$out/quiet" && wc -l <"$out/quiet"
}

# silent COMMAND…: nothing on stderr
silent() {
	"$@" >"$out/quiet" 2>"$out/quiet.errors" || return 1
	cat "$out/quiet.errors"
	[ ! -s "$out/quiet.errors" ]
}

real_pages() {
	mkdir "$out/dir"
	"$tools/record_pages" "$out/ours.dat" python3 "$records" workload "$out/ours.expected" "$out/dir" || return 1
	ls -l "$out/ours.dat"
}

ours() {
	check "our writer records real pages" real_pages
	check "trace-cmd report reads them" report ours
	check "our reader reads them" dump ours
	check "as the workload made them" same ours
	check "every record of them" every ours
	check "trace-cmd dump" quiet trace-cmd dump --all "$out/ours.dat"
	check "trace-cmd report --stat" quiet trace-cmd report --stat "$out/ours.dat"
	check "trace-cmd report --ts-check" quiet trace-cmd report --ts-check "$out/ours.dat"
	check "trace-cmd report --check-events" silent trace-cmd report --check-events "$out/ours.dat"
	check "trace-cmd report --uname" sh -c "trace-cmd report --uname '$out/ours.dat' | grep -F \"\$(uname -r)\""
}

# converted NAME OPTION…: trace-cmd writes ours anew, we read that
converted() {
	kind=$1
	shift
	trace-cmd convert -i "$out/ours.dat" -o "$out/$kind.dat" "$@" >"$out/convert.log" 2>&1 || {
		cat "$out/convert.log"
		return 1
	}
	cp "$out/ours.expected" "$out/$kind.expected"
	report "$kind" && dump "$kind" && same "$kind" && every "$kind" &&
		python3 "$top/tests/replay/lib/real.py" same "$tools" "$out/ours.dat" "$out/$kind.dat"
}

split_off() {
	trace-cmd split -i "$out/ours.dat" -o "$out/split.dat" >"$out/split.log" 2>&1 || return 1
	[ -e "$out/split.dat" ] || mv "$out/split.dat.1" "$out/split.dat" || return 1
	cp "$out/ours.expected" "$out/split.expected"
	report split && dump split && same split && every split
}

# theirs NAME OPTION…: trace-cmd records, we read
theirs() {
	kind=$1
	shift
	mkdir "$out/$kind.d"
	trace-cmd record "$@" -e syscalls:sys_enter_fallocate -e syscalls:sys_exit_fallocate -o "$out/$kind.dat" \
		python3 "$records" workload "$out/$kind.expected" "$out/$kind.d" >"$out/record.log" 2>&1 || {
		cat "$out/record.log"
		return 1
	}
	report "$kind" && dump "$kind" && same "$kind"
}

[ "$(id -u)" = 0 ] || skip_all "not root"
[ -w $tracing/instances ] && [ -r $tracing/events/syscalls/sys_enter_fallocate/format ] ||
	skip_all "no tracefs with system-call tracepoints at $tracing"
state >"$out/before"
ours
check "trace-cmd convert: version 7" converted v7 --file-version 7 --compression none
check "trace-cmd convert: version 7, zstd" converted v7z --file-version 7 --compression zstd
check "trace-cmd convert: version 6" converted v6 --file-version 6
check "trace-cmd split" split_off

# It writes to files of function tracing even where it traces none: some machines deny that.
instance=falloctrace_test_$$
if trace-cmd record -B $instance -e syscalls:sys_enter_fallocate -o "$out/try.dat" true >"$out/try.log" 2>&1; then
	check "trace-cmd record: version 7" theirs r7 --compression none
	check "trace-cmd record: version 6" theirs r6 --file-version 6
	check "trace-cmd record: an instance" theirs ri --compression none -B $instance
else
	echo "skip trace-cmd record: $(grep -m 1 . "$out/try.log"), $(sed -n 2p "$out/try.log")"
	skipped=$((skipped + 1))
fi
[ ! -d $tracing/instances/$instance ] || rmdir $tracing/instances/$instance
state >"$out/after"
check "tracing is as it was" diff "$out/before" "$out/after"
totals
