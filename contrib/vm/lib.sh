# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # me
# Shared by the scripts of this folder; to be read with `.`, $me set.

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd) || exit 1
# shellcheck disable=SC2034 # used by those who read this file
vm_dir=$top/build/vm

die() {
	echo "$me: $*" >&2
	exit 1
}

# The machine cannot, for now or ever: no failure of what is tested.
skip() {
	echo "$me: $*" >&2
	exit 77
}

need() {
	for needed; do
		command -v "$needed" >/dev/null 2>&1 || die "$needed is missing: run contrib/deps"
	done
}

# What is downloaded or costly to make is kept outside of the tree, for other
# checkouts to use as well.
cache_dir() {
	dir=${FALLOCTRACE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/falloctrace}
	mkdir -p "$dir" 2>/dev/null || dir=$vm_dir/cache
	mkdir -p "$dir" || die "cannot make $dir"
	(CDPATH='' cd -- "$dir" && pwd)
}

# mkfs, depmod, modprobe: not everybody's PATH has them.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
