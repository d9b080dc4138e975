# shellcheck shell=bash disable=SC2030,SC2031 # cache_make is a subshell on purpose
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced. What is dear to make (kernels, images) is made once and kept outside the checkout, in ${XDG_CACHE_HOME:-
# ~/.cache}/sluice/NAME. A NAME says what is inside (version, hash of what it was made from), so nothing in here is
# ever stale: an entry is either right or not looked up any more. Entries appear whole or not at all, and two
# programs that want the same one make it once.

cache_root=${XDG_CACHE_HOME:-$HOME/.cache}/sluice

# Bash forgets set -e in $(…) and in conditions: the first is mended here, so never call cache_get in a condition.
shopt -s inherit_errexit

# cache_get NAME COMMAND [ARG…]: print the path of entry NAME; if there is none, run COMMAND ARG… DIR, which has to
# fill the empty folder DIR (its output goes to stderr), and make that the entry.
cache_get() {
	local path=$cache_root/$1
	shift
	[ -e "$path" ] || cache_make "$path" "$@" >&2
	echo "$path"
}

# Under a lock, and in a subshell so that the traps are ours alone.
cache_make() (
	cache_path=$1 cache_part=$1.part.$BASHPID
	shift
	mkdir -p "${cache_path%/*}"
	exec {lock}>"$cache_path.lock"
	flock "$lock"
	[ ! -e "$cache_path" ] || exit 0
	trap 'cache_made' EXIT
	trap 'exit 130' INT TERM HUP
	set -e
	mkdir "$cache_part"
	"$@" "$cache_part"
	mv -T "$cache_part" "$cache_path"
)

# The end of cache_make, good or bad.
cache_made() {
	[ -e "$cache_path" ] || echo "error: could not make ${cache_path#"$cache_root"/}" >&2
	rm -rf "$cache_part" "$cache_path.lock"
}

# A short hash of standard input, for names.
cache_hash() { sha256sum | cut -c 1-12; }

# deb_unpack PACKAGE[=VERSION] DIR: unpack a package of this machine's distribution into DIR without installing it.
# APT_CONFIG may point at another apt (tests/guest/kernel does that).
deb_unpack() {
	local package=$1 dir=$2 debs

	debs=$(mktemp -d "$dir.deb.XXXXXX")
	(cd "$debs" && apt-get -q=2 download "$package" 2> >(grep -v 'unsandboxed as root' >&2)) &&
		dpkg-deb -x "$debs"/*.deb "$dir" && rm -rf "$debs" && return
	rm -rf "$debs"
	return 1
}

# private_apt SUITE DIR: an apt of our own in DIR (APT_CONFIG=DIR/apt.conf), that knows this suite only; where Debian comes from is what
# the machine's own apt says.
private_apt() {
	local suite=$1 dir=$2 uri

	# shellcheck disable=SC2016 # apt's own variables
	uri=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
		awk '$1 == "Debian" && $2 == "main" && $3 !~ /security/ { print $4; exit }')
	mkdir -p "$dir"/{lists/partial,archives/partial}
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" >"$dir/sources.list"
	cat >"$dir/apt.conf" <<-CONF
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::State::lists "$dir/lists";
		Dir::Cache "$dir";
		APT::Sandbox::User "root";
	CONF
	APT_CONFIG=$dir/apt.conf apt-get -q=2 update
}
