#!/bin/sh
# SPDX-License-Identifier: MIT
# Small files of every kind, made from the format's description: our reader, libtraceevent's kbuffer and
# trace-cmd find in each what its generator put in.
# shellcheck source=tests/live/lib/host.sh
. "$(dirname -- "$0")/../live/lib/host.sh"

tools=${BUILD:-build}/tests/replay
needs python3 trace-cmd zstd
[ -x "$tools/walk_kbuffer" ] || make -s -C "$top" tests || exit 1

python3 "$top/tests/replay/lib/seeds.py" "$tools" "$out/seeds" "$program" >"$out/results" 2>"$out/errors"
status=$?
grep -E '^(not ok|skip) ' "$out/results"
count '^ok ' passed
count '^not ok ' failed
count '^skip ' skipped
if [ $status != 0 ] || [ "$passed" -lt 300 ]; then
	cat "$out/errors"
	echo "not ok: not all was compared"
	failed=$((failed + 1))
fi
totals
