# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Read by truth-NAME: the truth test on one kernel. What was seen of it must be in
# README.md's table of kernels; WRITE=1 puts it there.
# shellcheck source=tests/live/lib/host.sh
. "$(dirname -- "$0")/lib/host.sh"

# truth KERNEL: all of it
truth() {
	needs python3 strace trace-cmd
	guest "$1" truth.sh -f -- "$(command -v strace)"
	recorded
	check "live, without BTF" $python "$lib/compare.py" --expect-after seen --min-names 4 "$out/two.truth" "$out/two.json"
	check "replay of a recording alone" sh -c "'$program' replay -j -o '$out/three.json' '$out/three.dat' &&
		$python '$lib/compare.py' --expect-after seen --min-names 8 '$out/three.truth' '$out/three.json'"
	check "filters" $python "$lib/filters.py" replay "$program" "$out/one.dat"
	finish
}

# truth_short KERNEL CPUS [WORD of the kernel's command line…]: one run of the workload, live and recorded
truth_short() {
	needs python3 trace-cmd
	kernel=$1 cpus=$2
	shift 2
	options=
	for word; do
		options="$options -a $word"
	done
	# shellcheck disable=SC2086 # one word an option
	guest "$kernel" truth.sh -f -s "$cpus" -e SHORT=1 -e EXPECT_CPUS="$cpus" $options
	recorded
	finish
}

recorded() {
	python=python3
	check "live" $python "$lib/compare.py" --expect-after seen --min-names 8 "$out/one.truth" "$out/one.json"
	cp "$out/check.log" "$out/compared"
	[ -z "$workload32" ] && [ "$arch" != amd64 ] ||
		check "32-bit calls were made" grep -q '"via":"compat"' "$out/one.truth"
	check "replay runs" sh -c "'$program' replay -j -o '$out/replay.json' '$out/one.dat'"
	check "replay" $python "$lib/compare.py" --expect-after seen --min-names 8 --ignore-comm falloctrace --rival \
		"$out/one.truth" "$out/replay.json"
	check "replay is as live" $python "$lib/same.py" "$out/one.json" "$out/replay.json"
	check "trace-cmd report" $python "$lib/report.py" "$out/one.dat" "$out/replay.json"
}

finish() {
	check "what README.md says" $python "$lib/kernels.py" ${WRITE:+--write} "$(basename -- "$0")" "$out" "$top/README.md"
	totals
}
