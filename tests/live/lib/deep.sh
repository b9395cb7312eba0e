# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Read by deep-KERNEL: filesystems' own functions on one kernel.
# shellcheck source=tests/live/lib/host.sh
. "$(dirname -- "$0")/lib/host.sh"

deep() {
	needs python3 fallocate blkdiscard losetup fstrim mkfs.ext4
	guest "$1" deep.sh -f -t 900 -M nfsd -M nfsv4 -M -target_core_file -M -tcm_loop -M -sd_mod -- \
		"$(command -v fallocate)" "$(command -v blkdiscard)" \
		"$(command -v losetup)" "$(command -v fstrim)" "$(command -v mkfs.ext4)"
	check "truth" python3 "$lib/compare.py" --expect-after seen --min-names 8 "$out/deep.truth" "$out/deep.json"
	check "replay runs" sh -c "'$program' replay -j -o '$out/replay.json' '$out/deep.dat'"
	check "replay" python3 "$lib/compare.py" --expect-after seen --min-names 8 --ignore-comm falloctrace --rival \
		"$out/deep.truth" "$out/replay.json"
	check "replay is as live" python3 "$lib/same.py" "$out/deep.json" "$out/replay.json"
	totals
}
