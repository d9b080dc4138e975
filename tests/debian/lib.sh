# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the tests of this folder, which run in an installed Debian (tests/lab/debian): a function boot_N for each boot; one that
# calls again wants another boot after it. The first expectation that does not hold ends the test.
set -u
export PAGER=cat

fail() {
	echo "FAILED: $*"
	exit 1
}

expect() { # expect WHAT COMMAND…
	local what=$1
	shift
	"$@" >/lab/said 2>&1 || { cat /lab/said; fail "$what: $*"; }
	echo "  ok $what"
}

expect_equal() { # expect_equal WHAT IS WANTED
	[ "$2" = "$3" ] || fail "$1: $2, and not $3"
	echo "  ok $1"
}

fails() { ! "$@"; }

# wait_for WHAT COMMAND…: two minutes, however long the command itself takes; what it said last is shown
wait_for() {
	local what=$1 until=$((SECONDS + 120))
	shift
	while ((SECONDS < until)); do
		! "$@" >/lab/said 2>&1 || { echo "  ok $what"; return; }
		sleep 0.5
	done
	cat /lab/said
	fail "$what: not within two minutes"
}

again() { exit 75; }

run_boot() {
	echo "boot $1:"
	"boot_$1"
	exit 0
}
