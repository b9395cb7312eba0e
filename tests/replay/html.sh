#!/bin/sh
# SPDX-License-Identifier: MIT
# Reports: what they say is what the calls sum up to, and a browser shows them as they are meant, whatever names are in
# them. PICTURES=DIR keeps screenshots.
# shellcheck source=tests/live/lib/host.sh
. "$(dirname -- "$0")/../live/lib/host.sh"

build=${BUILD:-build}
lib=$top/tests/replay/lib
needs python3
[ -x "$build/tests/replay/html_page" ] && [ -x "$build/tests/bench/make_trace" ] || make -s -C "$top" tests || exit 1

# page NAME OPTION…: of a replay
page() {
	name=$1
	shift
	"$program" replay -q --format html -o "$out/pages/$name.html" "$@"
}

mkdir "$out/pages" || exit 1
python3 "$top/tests/seeds/generate.py" "$out/seeds" >/dev/null &&
	"$build/tests/bench/make_trace" 320000 "$out/big.dat" >"$out/made" &&
	page big "$out/big.dat" &&
	page small "$top/tests/replay/golden/rocksdb-unused-reservation.dat" &&
	page empty -P /no/such/file "$out/big.dat" &&
	page raw "$out/seeds/clock-counter.dat" &&
	for kind in hostile extremes losses clocks files; do
		"$build/tests/replay/html_page" $kind >"$out/pages/$kind.html" 2>"$out/pages/$kind.names" || exit 1
	done || {
	echo "not ok pages: they could not be made"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}

# ASan's memory is its own.
case $build in
*asan*) mebibytes=0 ;;
*) mebibytes=64 ;;
esac
check "a million files in little memory" python3 "$lib/within.py" $mebibytes "$build/tests/replay/html_page" files
check "real recordings" python3 "$lib/html_numbers.py" "$program" "$top"/tests/replay/golden/*.dat
check "every kind of file" python3 "$lib/html_numbers.py" "$program" "$out"/seeds/*.dat
check "100,000 calls" python3 "$lib/html_numbers.py" "$program" "$out/big.dat"
check "no UTC where it is not known" sh -c '! grep -F "(UTC)" "$1"' - "$out/pages/raw.html"
check "pages are sound" python3 "$lib/html_sound.py" "$out"/pages/*.html

python3 "$lib/html_browser.py" "$out/pages" >"$out/results" 2>"$out/errors"
status=$?
cat "$out/results"
count '^ok ' passed
count '^not ok ' failed
count '^skip ' skipped
if [ $status != 0 ]; then
	cat "$out/errors"
	grep -q '^not ok ' "$out/results" || {
		echo "not ok browser: it ended with $status"
		failed=$((failed + 1))
	}
fi
totals
