# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Read by ../related-*: what becomes of reservations, as --related tells it, against FIEMAP and fstat.
# shellcheck source=tests/live/lib/host.sh
. "$(dirname -- "$0")/lib/host.sh"

# related KERNEL
related() {
	needs python3
	guest "$1" related.sh -f -t 200
	"$lib/related.py" "$out" ext4 xfs btrfs tmpfs >"$out/results" 2>&1 || true
	cat "$out/results"
	count '^ok ' passed
	count '^not ok ' failed
	totals
}
