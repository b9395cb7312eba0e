# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Read by the tests of this folder: boots a guest with a script of guest/, then
# checks on the host what came back. Ends with a line of totals.

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd) || exit 1
lib=$top/tests/live/lib
program=${FALLOCTRACE:-$top/build/falloctrace}
workload=$top/build/tests/live/workload
passed=0 failed=0 skipped=0
out=$(mktemp -d "${TMPDIR:-/tmp}/falloctrace-live.XXXXXX") || exit 1
trap 'rm -rf "$out"' EXIT
trap 'exit 1' HUP INT TERM
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

build_workload() {
	mkdir -p "$(dirname "$workload")"
	(
		flock 9
		for source in "$top"/tests/live/workload/*; do
			[ "$workload" -nt "$source" ] || {
				${CC:-cc} -std=gnu11 -O2 -Wall -Wextra -pthread -o "$workload.new" "$top"/tests/live/workload/*.c &&
					mv "$workload.new" "$workload"
				exit
			}
		done
	) 9>"$workload.lock"
}

skip_all() {
	echo "$*"
	exit 77
}

needs() {
	for tool; do
		command -v "$tool" >/dev/null || skip_all "$tool is not installed: run contrib/deps"
	done
}

# guest KERNEL SCRIPT [OPTION of contrib/vm/run…] [-- FILE…]: results are counted, and /out is in $out
guest() {
	kernel=$1 script=$2
	shift 2
	options=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	[ $# = 0 ] || shift
	build_workload || exit 1
	# shellcheck disable=SC2086 # one word an option
	"$top/contrib/vm/run" -k "$kernel" -o "$out" $options -- "$top/tests/live/guest/$script" \
		"$program:falloctrace" "$workload" "$lib/guest.sh" "$@" >"$out.log" 2>&1
	status=$?
	if [ $status = 77 ]; then
		skip_all "kernel $kernel: $(tail -n 1 "$out.log")"
	fi
	mv "$out.log" "$out/guest.log"
	grep -E '^(ok|not ok|skip|    )' "$out/results" 2>/dev/null
	count '^ok ' passed
	count '^not ok ' failed
	count '^skip ' skipped
	if [ $status != 0 ] || [ ! -s "$out/results" ]; then
		cat "$out/guest.log"
		failed=$((failed + 1))
		echo "not ok: the guest's script ended with $status"
	fi
}

count() {
	eval "$2=\$(($2 + $(grep -c "$1" "$out/results" 2>/dev/null)))"
}

# check NAME COMMAND…: on the host; its output is shown where it fails
check() {
	name=$1
	shift
	if "$@" >"$out/check.log" 2>&1; then
		echo "ok $name ($(tail -n 1 "$out/check.log"))"
		passed=$((passed + 1))
	else
		echo "not ok $name"
		sed 's/^/    /' "$out/check.log" | head -n 60
		failed=$((failed + 1))
	fi
}

totals() {
	if [ -n "${KEEP:-}" ]; then
		mkdir -p "$KEEP" && cp -R "$out/." "$KEEP"
	fi
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ]
}
