#!/bin/sh
# SPDX-License-Identifier: MIT
# Inside the virtual machine: records each scenario named in SCENARIOS, by itself.
# shellcheck source=tests/live/scenarios/mount.sh
. /bin/mount.sh
hostname "${HOST_NAME:-db1}"
status=0
for name in $SCENARIOS; do
	fresh "$name" && falloctrace record --compress --path-depth 8 -o "/out/$name.dat" -- scenarios "$name" \
		>"/out/$name.truth.json" || { echo "$name failed" && status=1; }
	stale "$name"
done
exit $status
