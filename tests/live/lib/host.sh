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

# build_workload PROGRAM COMPILER…
build_workload() {
	made=$1
	shift
	mkdir -p "$(dirname "$made")"
	(
		flock 9
		for source in "$top"/tests/live/workload/*; do
			[ "$made" -nt "$source" ] || {
				"$@" -std=gnu11 -O2 -Wall -Wextra -pthread -o "$made.new" "$top"/tests/live/workload/*.c &&
					mv "$made.new" "$made"
				exit
			}
		done
	) 9>"$made.lock"
}

# What runs in guests of another machine type: ours as $guest_program, the workload, and that which makes 32-bit calls
cross_build() {
	workload=$top/build/tests/live/$1/workload
	build_workload "$workload" aarch64-linux-gnu-gcc --sysroot="$("$top/contrib/vm/sysroot" "$1")" || exit 1
	"$top/contrib/vm/cross" "$1" -s >"$out/cross.log" 2>&1 || {
		status=$?
		[ $status != 77 ] || skip_all "$(tail -n 1 "$out/cross.log")"
		cat "$out/cross.log"
		exit 1
	}
	guest_program=$top/build/$1/falloctrace
	if command -v arm-linux-gnueabihf-gcc >/dev/null; then
		build_workload "${workload}32" arm-linux-gnueabihf-gcc -static -D_FILE_OFFSET_BITS=64 || exit 1
		workload32=${workload}32
	else
		echo "skip 32-bit calls: arm-linux-gnueabihf-gcc is not installed: run contrib/deps"
		skipped=$((skipped + 1))
	fi
}

# Builds what kernel $1 needs, and gets it: its machine type may be another one
prepare() {
	"$top/contrib/vm/kernel" "$1" >"$out/kernel.log" 2>&1 || {
		status=$?
		[ $status != 77 ] || skip_all "kernel $1: $(tail -n 1 "$out/kernel.log")"
		cat "$out/kernel.log"
		exit 1
	}
	arch=$(cat "$top/build/vm/kernels/$1/arch" 2>/dev/null || echo amd64)
	guest_program=$program workload32=
	if [ "$arch" = amd64 ]; then
		build_workload "$workload" "${CC:-cc}" || exit 1
	else
		needs aarch64-linux-gnu-gcc
		cross_build "$arch"
	fi
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
	prepare "$kernel"
	# shellcheck disable=SC2086 # one word an option
	"$top/contrib/vm/run" -k "$kernel" -o "$out" $options -- "$top/tests/live/guest/$script" \
		"$guest_program:falloctrace" "$workload" "$lib/guest.sh" $workload32 "$@" >"$out.log" 2>&1
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
	counted=$(grep -c "$1" "$out/results" 2>/dev/null) || true
	eval "$2=\$(($2 + ${counted:-0}))"
}

# check NAME COMMAND…: on the host; its output is shown where it fails. 77: a skip, the last line says why.
check() {
	name=$1
	shift
	checked=0
	"$@" >"$out/check.log" 2>&1 || checked=$?
	case $checked in
	0)
		echo "ok $name ($(tail -n 1 "$out/check.log"))"
		passed=$((passed + 1))
		;;
	77)
		echo "skip $name: $(tail -n 1 "$out/check.log")"
		skipped=$((skipped + 1))
		;;
	*)
		echo "not ok $name"
		sed 's/^/    /' "$out/check.log" | head -n 60
		failed=$((failed + 1))
		;;
	esac
}

totals() {
	if [ -n "${KEEP:-}" ]; then
		mkdir -p "$KEEP" && cp -R "$out/." "$KEEP"
	fi
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ]
}
