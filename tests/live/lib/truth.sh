# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Read by truth-KERNEL: the whole truth test on one kernel.
# shellcheck source=tests/live/lib/host.sh
. "$(dirname -- "$0")/lib/host.sh"

truth() {
	needs python3 strace trace-cmd
	guest "$1" truth.sh -f -- "$(command -v strace)"
	python=python3
	check "live" $python "$lib/compare.py" --expect-after seen --min-names 8 "$out/one.truth" "$out/one.json"
	check "live, without BTF" $python "$lib/compare.py" --expect-after seen --min-names 4 "$out/two.truth" "$out/two.json"
	check "replay runs" sh -c "'$program' replay -j -o '$out/replay.json' '$out/one.dat'"
	check "replay" $python "$lib/compare.py" --expect-after seen --min-names 8 --ignore-comm falloctrace --rival \
		"$out/one.truth" "$out/replay.json"
	check "replay of a recording alone" sh -c "'$program' replay -j -o '$out/three.json' '$out/three.dat' &&
		$python '$lib/compare.py' --expect-after seen --min-names 8 '$out/three.truth' '$out/three.json'"
	check "replay is as live" $python "$lib/same.py" "$out/one.json" "$out/replay.json"
	check "trace-cmd report" $python "$lib/report.py" "$out/one.dat" "$out/replay.json"
	check "filters" $python "$lib/filters.py" replay "$program" "$out/one.dat"
	totals
}
