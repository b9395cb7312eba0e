# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # work, arch
# An apt of its own below $work, for packages of $arch from this machine's mirror:
# nothing of the machine's own apt is changed. To be read with `.` after lib.sh.

own_release() {
	# shellcheck source=/dev/null
	(. /etc/os-release && [ "${ID:-}" = debian ] && echo "${VERSION_CODENAME:-sid}") ||
		# Elsewhere any kernel that Debian supports does.
		echo trixie
}

# URI and release of each of this machine's package sources. The second way
# works where no lists were ever fetched.
sources() {
	{
		# shellcheck disable=SC2016 # apt's own variables
		apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 2>/dev/null || true
		apt-get update --print-uris 2>/dev/null | sed -n "s,^'\(.*/\)dists/\(.*\)/InRelease' .*,\1 \2,p"
	} | sort -u
}

# Writes the sources.list for release $1: Debian's mirror as this machine has it.
write_sources() {
	mirror=$(sources | awk -v own="$(own_release)" '$2 == own { print $1; exit }')
	[ -n "$mirror" ] || mirror=$(sources | awk '$1 ~ /\/debian\/$/ { print $1; exit }')
	[ -n "$mirror" ] || return 1
	{
		echo "$mirror $1"
		# The release's own security updates, if this machine gets them.
		sources | awk -v s="$1-security" '$2 == s'
	} | while read -r uri suite; do
		keys=/usr/share/keyrings/debian-archive-keyring.gpg
		if [ -r $keys ]; then
			echo "deb [arch=$arch signed-by=$keys] $uri $suite main"
		else
			echo "deb [arch=$arch] $uri $suite main"
		fi
	done >"$work/sources.list"
}

# apt with everything of its own below $work
private_apt() {
	program=$1
	shift
	"$program" -qq -o "Dir::Etc::SourceList=$work/sources.list" -o "Dir::Etc::SourceParts=/dev/null" \
		-o "Dir::Etc::PreferencesParts=/dev/null" -o "Dir::Etc::Preferences=/dev/null" \
		-o "Dir::State=$work/state" -o "Dir::State::Lists=$work/lists" -o "Dir::State::Status=$work/status" \
		-o "Dir::Cache=$work/cache" -o "Dir::Log=$work" -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
		-o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false \
		-o Acquire::Retries=2 "$@"
}

# Makes $work, below folder $1 of the cache, and has it removed at the end.
work_in() {
	mkdir -p "$1"
	work=$(mktemp -d "$1/new.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs" "$work/state"
	: >"$work/status"
}

# Fetches the package lists of release $1, or calls `unavailable`, which the caller defines.
update_lists() {
	write_sources "$1" || unavailable "found no Debian mirror in this machine's package sources"
	private_apt apt-get update >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		unavailable "the mirror has no release $1 for $arch, or cannot be reached"
	}
}

work_done() {
	rm -rf "$work"
	trap - EXIT HUP INT TERM
}
