#!/bin/sh
# SPDX-License-Identifier: MIT
# Files made to exhaust whoever reads them: the program's memory and time stay within bounds.
# shellcheck source=tests/live/lib/host.sh
. "$(dirname -- "$0")/../live/lib/host.sh"

needs python3 zstd
case ${BUILD:-build} in
*asan*) export SANITIZED=1 ;;
esac

python3 "$top/tests/replay/lib/hostile.py" "$program" "$out" >"$out/results" 2>"$out/errors"
status=$?
grep -E '^(not )?ok ' "$out/results"
count '^ok ' passed
count '^not ok ' failed
if [ $status != 0 ]; then
	cat "$out/errors"
	echo "not ok: not all was tried"
	failed=$((failed + 1))
fi
totals
