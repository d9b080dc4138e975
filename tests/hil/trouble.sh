# shellcheck shell=bash source=tests/hil/lib.sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by trouble-*.test: the troubles that people report most (docs/pain-points.md), provoked here; doctor has to name each by
# its code, with the culprit.

# expect_check CODE SUBJECT STATE SUMMARY EVIDENCE FIX: of "sluice doctor --json"; the last three are in it, "" for any.
expect_check() {
	local field=summary text

	[ "$(json ".checks[] | select(.id == \"$1\" and .subject == \"$2\" and .state == \"$3\") | .id" | head -n 1)" = "$1" ] ||
		fail "$1 of $2 is not $3: $(json ".checks[] | select(.id == \"$1\") | [.subject, .state, .summary] | join(\" \")")"
	for text in "${@:4}"; do
		json ".checks[] | select(.id == \"$1\" and .subject == \"$2\" and .state == \"$3\") | .$field" | grep -qF -- "$text" ||
			fail "the $field of $1 does not have \"$text\": $(json ".checks[] | select(.id == \"$1\") | .$field")"
		case $field in summary) field=evidence ;; *) field=fix ;; esac
	done
}

# diagnose [DEVICE…]: let doctor look, whatever it finds.
diagnose() {
	run_cmd sluice doctor "$@" --json
	expect_exit 0 4
}
