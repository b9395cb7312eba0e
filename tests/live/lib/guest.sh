# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Read by the scripts of ../guest, inside the virtual machine: runs tests and
# writes one line about each to /out/results.

tracing=/sys/kernel/tracing

# run NAME FUNCTION…: a subshell with -e; 77 and a last line that says why is a skip.
run() {
	name=$1
	shift
	began=$(cut -d' ' -f1 /proc/uptime)
	(
		set -e
		"$@"
	) >/tmp/log 2>&1 </dev/null
	status=$?
	took=$(awk -v a="$began" '{ printf "%.1f s", $1 - a }' /proc/uptime)
	case $status in
	0) echo "ok $name ($took)" ;;
	77) echo "skip $name: $(tail -n 1 /tmp/log)" ;;
	*)
		echo "not ok $name: exit $status"
		sed 's/^/    /' /tmp/log | tail -n 40
		;;
	esac | tee -a /out/results
	tidy
}

# What a test left running must not spoil the next one.
tidy() {
	left=$(falloctraces)
	[ -n "$left" ] || return 0
	echo "$left" | xargs kill -9 2>/dev/null
	sleep 0.3
	falloctrace cleanup 2>/dev/null || true
}

fail() {
	echo "$*"
	exit 1
}

skip() {
	echo "$*"
	exit 77
}

# want STATUS COMMAND…: runs it and compares
want() {
	expected=$1
	shift
	got=0
	"$@" || got=$?
	[ $got = "$expected" ] || fail "exit $got, expected $expected: $*"
}

# same WHAT LEFT RIGHT
same() {
	[ "$2" = "$3" ] || fail "$1: \"$2\", expected \"$3\""
}

# Values of a key in a file of JSON lines, sorted, one line
values() {
	grep -o "\"$1\":[^,]*" "$2" | cut -d: -f2- | sort -n | tr '\n' ' ' | sed 's/ $//'
}

# Everything in the tracing directory that others could notice, and our processes
state() {
	for file in kprobe_events uprobe_events dynamic_events set_event tracing_on current_tracer trace_clock \
		trace_options buffer_size_kb events/enable set_event_pid set_ftrace_filter; do
		[ ! -e $tracing/$file ] || {
			echo "== $file"
			# "7 (expanded: 1408)": whoever traces first gets 1408, or what pages make of it. Just 7: nobody will.
			sed 's/^7 (expanded: .*)$/14xx/; s/^14[0-9][0-9]$/14xx/' $tracing/$file
		}
	done
	for instance in "$tracing"/instances/*; do
		[ ! -d "$instance" ] || {
			echo "== $instance"
			cat "$instance/tracing_on" "$instance/set_event" "$instance/trace_clock"
			cat "$instance"/events/kprobes/*/enable "$instance"/events/foreign/*/enable 2>/dev/null || true
		}
	done
	echo "== probed functions"
	sed 's/^[0-9a-f]* *//' /sys/kernel/debug/kprobes/list
	echo "== processes"
	for exe in /proc/[0-9]*/exe; do
		case $(readlink "$exe") in
		*/falloctrace*) echo "$exe $(tr '\0' ' ' <"${exe%/exe}/cmdline")" ;;
		esac
	done
}

# The pids of living falloctraces, watchdogs included
falloctraces() {
	for exe in /proc/[0-9]*/exe; do
		case $(readlink "$exe") in
		*/falloctrace*)
			pid=${exe#/proc/}
			echo "${pid%/exe}"
			;;
		esac
	done
}

# Waits up to SECONDS for a command to be true
await() {
	tries=$(($1 * 20))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}

is_as_before() {
	state >/tmp/state.now
	cmp -s /tmp/state.before /tmp/state.now
}

# The machine is as it was when /tmp/state.before was written, within 2 seconds
as_before() {
	await 2 is_as_before && return
	diff -u /tmp/state.before /tmp/state.now || true
	fail "something is left: ${*:-}"
}

discovered() {
	! grep -q -E 'falloctrace_[0-9]+_d/' $tracing/kprobe_events
}

# tracing_now [N]: so many falloctraces have all their events switched on, the last of which tells of new tasks
tracing_now() {
	count=0
	for instance in "$tracing"/instances/falloctrace_*; do
		case $instance in
		*_d) continue ;;
		esac
		! grep -q task_newtask "$instance/set_event" 2>/dev/null ||
			[ "$(cat "$instance/tracing_on" 2>/dev/null)" != 1 ] || count=$((count + 1))
	done
	[ $count -ge "${1:-1}" ]
}

# A tracing directory without kprobe events, made of the real one's parts, over the real one
hide_kprobes() {
	mkdir -p /tmp/view
	mount -t tmpfs view /tmp/view
	for part in $tracing/*; do
		view=/tmp/view/${part##*/}
		case $part in
		*/kprobe_events | */kprobe_profile | */dynamic_events) continue ;;
		esac
		if [ -d "$part" ]; then mkdir "$view"; else : >"$view"; fi
		mount --bind "$part" "$view"
	done
	mount --rbind /tmp/view $tracing
	umount /sys/kernel/debug
}
