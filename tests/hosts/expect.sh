# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by tests/hosts/run: the words of tests/hosts/NAME/expect. One expectation a line; "#" starts a comment.
#
#	devices N			list has so many functions
#	field ADDRESS KEY VALUE		of list; VALUE as jq shows it, "null" for unknown
#	reason ADDRESS CODE WORDS...	show says that this stands against it, text, remedies and commands together have these words
#	no-command ADDRESS CODE		of its remedies none has a command
#	group ADDRESS alone|none|ADDRESS...	who else is in its group
#	viable ADDRESS yes|no [CULPRIT DRIVER]
#	why ADDRESS DEVICE PROPERTY	what merges its group, by whom
#	bound ADDRESS WORDS...		who chose its driver, of list -o +BOUND-BY: "BY FILE: WHAT" has these words
#	advice ADDRESS WORDS...		one of the things that would isolate it, by why
#	user ADDRESS KIND WORDS...	list says that the host uses it, in these words
#	free ADDRESS			nobody uses it, and it can be given away
#	impact ADDRESS KIND NAME SEVERITY	what its loss takes along
#	locked ADDRESS lost=N degraded=N	how much
#	ready yes|no			doctor's verdict
#	complaints [CODE:STATE:SUBJECT...]	all warnings and failures of doctor; may be on several lines
#	causes [CODE:SUBJECT:CAUSE...]	all warnings and failures that doctor says to be another's consequence; may be on several lines
#	check CODE STATE SUBJECT WORDS...	one of doctor's, the summary, evidence and fix together have these words
#	quiet CODE SUBJECT		doctor has no warning or failure of that code about it
#	device ADDRESS CODE STATE WORDS...	the same, asked about one device
#	unit NAME N			an IOMMU that has so many functions
#	iommu KEY VALUE			of iommu: translating, interrupts_remapped, table
#	narrow COMMAND...		below its table, if it has one, no line of its text has more than 80 columns
#	status WORDS...			of status, and of sluice alone: one of the lines has these words; none is wider than 80 columns
#	alias TYPED COMMAND...		what people type who do not know the name: it is the command, with the same arguments
#	candidates COMMAND WORDS...	without its DEVICE it is refused, and the hint has these words
#	changed OTHER CHANGE ADDRESS	changes since the host OTHER has such a row
#	init TEXT			`init --from auto` has this line, whatever stands before and behind it
#	conflict WORDS...		it says that the files it read contradict each other in these words
#	left WORDS...			it says that this could not be carried over
#	eswitch DEVICE FILTER VALUE	eswitch show of it, a filter of jq without blanks on .eswitch
#	badge ADDRESS KIND TEXT...	topology has this badge of that kind
#	fault N DEVICE			so many rows of faults for the device
#	storm DEVICE total=N suppressed=N driver=NAME	the first of them

of_device() { jq -r --arg a "$1" ".devices[] | select(.address == \$a) | $2" "$work/list.json"; }

same() { # same WANTED FOUND
	found="found: $2"
	[ "$1" = "$2" ]
}

expect_devices() { same "$1" "$(jq '.devices | length' "$work/list.json")"; }
expect_field() { same "${*:3}" "$(of_device "$1" ".$2 | if type == \"array\" then join(\" \") else tostring end")"; }

# The reasons of `show`, asked once.
reason_of() { # reason_of ADDRESS CODE FILTER
	[ -e "$work/show_$1.json" ] || { look 0 -- show "$1" --json && cp "$out" "$work/show_$1.json"; }
	jq -r --arg c "$2" ".device.reasons[] | select(.code == \$c) | $3" "$work/show_$1.json"
}
expect_reason() {
	found="found: $(reason_of "$1" "$2" '"\(.text) \(.remedies)"')"
	reason_of "$1" "$2" '"\(.text) \([.remedies[] | "\(.text) \(.command)"] | join(" "))"' | grep -qF -- "${*:3}"
}
expect_no-command() { same 0 "$(reason_of "$1" "$2" '[.remedies[] | select(.command != null)] | length')"; }

expect_group() {
	local address=$1 members
	shift
	members=$(jq -r --arg a "$address" '[.devices[] | select(.address == $a) | .iommu_group][0] as $g |
		if $g == null then "none" else ([.devices[] | select(.iommu_group == $g and .address != $a) | .address] | join(" ")) end' "$work/list.json")
	same "$*" "${members:-alone}"
}

# The answer of `why`, asked once.
why_of() {
	[ -e "$work/why_$1.json" ] || { look 0 -- why "$1" --json && cp "$out" "$work/why_$1.json"; }
	jq -r "$2" "$work/why_$1.json"
}
expect_viable() {
	if [ "$2" = yes ]; then
		same true "$(why_of "$1" .viable)"
	else
		same "false ${3-} ${4-}" "$(why_of "$1" '"\(.viable) \(.culprit.device) \(.culprit.driver)"')"
	fi
}
expect_why() {
	found="found: $(why_of "$1" '[.proof[] | select(.merges) | "\(.device) \(.property)"] | join(", ")')"
	why_of "$1" '.proof[] | select(.merges) | "\(.device) \(.property)"' | grep -qxF "$2 $3"
}

expect_bound() {
	[ -e "$work/bound.json" ] || { look 0 -- list -o ADDRESS,BOUND-BY --json && cp "$out" "$work/bound.json"; }
	found=$(jq -r --arg a "$1" '.devices[] | select(.address == $a) | .bound_by | "\(.by) \(.file): \(.what)"' "$work/bound.json")
	grep -qF -- "${*:2}" <<<"$found"
}

expect_advice() {
	found="found: $(why_of "$1" '.would_isolate | join("; ")')"
	why_of "$1" '.would_isolate[]' | grep -qF -- "${*:2}"
}

expect_user() {
	found="found: $(of_device "$1" '[.users[] | "\(.kind): \(.what)"] | join("; ")')"
	of_device "$1" '.users[] | "\(.kind) \(.what)"' | grep -F "$2 " | grep -qF -- "${*:3}"
}
expect_free() { same "true 0" "$(of_device "$1" '"\(.assignable) \(.users | length)"')"; }

impact_of() {
	[ -e "$work/impact_$1.json" ] || { look 0 -- impact "$1" --json && cp "$out" "$work/impact_$1.json"; }
	jq -r "$2" "$work/impact_$1.json"
}
expect_impact() {
	found="found: $(impact_of "$1" '[.losses[] | "\(.kind) \(.name) \(.severity)"] | join("; ")')"
	impact_of "$1" '.losses[] | "\(.kind) \(.name) \(.severity)"' | grep -qxF "${*:2}"
}
expect_locked() { same "${*:2}" "$(impact_of "$1" '"lost=\(.counts.lost) degraded=\(.counts.degraded)"')"; }

expect_ready() {
	same "$([ "$1" = yes ] && echo true || echo false)" "$(jq .ready "$work/doctor.json")"
}
expect_check() {
	found="found: $(jq -c --arg c "$1" '.checks[] | select(.id == $c) | [.state, .subject, .summary]' "$work/doctor.json")"
	jq -r --arg c "$1" --arg s "$2" --arg d "$3" '.checks[] | select(.id == $c and .state == $s and .subject == $d) |
		"\(.summary) \(.evidence) \(.fix)"' "$work/doctor.json" | grep -qF -- "${*:4}"
}

expect_quiet() {
	same "" "$(jq -r --arg c "$1" --arg d "$2" '.checks[] | select(.id == $c and .subject == $d and (.state == "warn" or .state == "fail")) |
		.summary' "$work/doctor.json")"
}

expect_device() {
	local json=$work/doctor_$1.json

	[ -e "$json" ] || { look 0 4 -- doctor "$1" --json && cp "$out" "$json"; }
	found="found: $(jq -c --arg c "$2" '.checks[] | select(.id == $c) | [.state, .summary]' "$json")"
	jq -r --arg c "$2" --arg s "$3" '.checks[] | select(.id == $c and .state == $s) | "\(.summary) \(.evidence) \(.fix)"' "$json" |
		grep -qF -- "${*:4}"
}

# No complaint that is not expected, and none missing: a false alarm is a failure.
expect_complaints() {
	local theirs

	theirs=$(jq -r '.checks[] | select(.state == "warn" or .state == "fail") | "\(.id):\(.state):\(.subject)"' "$work/doctor.json" | sort -u)
	found=$(diff <(tr ' ' '\n' <<<"$*" | sed '/^$/d' | sort -u) <(sed '/^$/d' <<<"$theirs"))
}

# A consequence that is not told as one is a second alarm; one that is told wrongly hides a cause.
expect_causes() {
	local theirs

	theirs=$(jq -r '.checks[] | select((.state == "warn" or .state == "fail") and .cause != null) | "\(.id):\(.subject):\(.cause)"' \
		"$work/doctor.json" | sort -u)
	found=$(diff <(tr ' ' '\n' <<<"$*" | sed '/^$/d' | sort -u) <(sed '/^$/d' <<<"$theirs"))
}

# Text below the last empty line; columns, not bytes.
too_wide() { awk 'length > 80 { print length ": " $0 }'; }
expect_narrow() {
	look 0 4 -- "$@" || return
	found=$(tac "$out" | awk '!NF { exit } { print }' | tac | too_wide)
	[ -z "$found" ]
}

expect_status() {
	look 0 -- && cp "$out" "$work/alone" && look 0 -- status || return
	found=$(diff "$work/alone" "$out" && too_wide <"$out")
	[ -z "$found" ] || return
	found="found: $(cat "$out")"
	grep -qF -- "$*" "$out"
}

expect_alias() {
	look 0 4 -- "${@:2}" && cp "$out" "$work/named" && look 0 4 -- "$1" "${@:3}" && found=$(diff "$work/named" "$out")
}

expect_candidates() {
	look 2 -- "$1" || return
	found="found: $(cat "$out.err")"
	grep '^hint: ' "$out.err" | grep -qF -- "${*:2}"
}

expect_changed() {
	local json=$work/changed_$1.json

	[ -e "$json" ] || { look 5 -- changes --since "$here/$1/host.tar.zst" --json && cp "$out" "$json"; }
	found="found: $(jq -c '[.changes[] | [.change, .device]]' "$json")"
	jq -r '.changes[] | "\(.change) \(.device)"' "$json" | grep -qxF "$2 $3"
}

expect_unit() { same "$2" "$(jq -r --arg n "$1" '.units[] | select(.name == $n) | .devices | length' "$work/iommu.json")"; }
expect_iommu() { same "$2" "$(jq -r ".$1" "$work/iommu.json")"; }
expect_storm() {
	same "${*:2}" "$(jq -r --arg d "$1" '[.faults[] | select(.device == $d)][0] |
		"total=\(.total) suppressed=\(.suppressed) driver=\(.driver)"' "$work/faults.json")"
}
expect_eswitch() { same "$3" "$("$build/sluice" --sysroot "$root" eswitch show "$1" --json 2>&1 | jq -r ".eswitch | $2")"; }

expect_badge() {
	same "${*:3}" "$("$build/sluice" --sysroot "$root" topology --json 2>&1 |
		jq -r --arg a "$1" --arg k "$2" '.topology.nodes[] | select(.address == $a).badges[] | select(.kind == $k).text')"
}

expect_fault() { same "$1" "$(jq --arg d "$2" '[.faults[] | select(.device == $d)] | length' "$work/faults.json")"; }

expect_all() {
	local line words sum
	local -A whole=() asked=()

	while read -r line; do
		line=${line%%#*}
		read -ra words <<<"$line"
		[ ${#words[@]} -gt 0 ] || continue
		case "${words[0]}" in complaints | causes)
			whole[${words[0]}]+=" ${words[*]:1}"
			asked[${words[0]}]=yes
			continue
			;;
		esac
		declare -F "expect_${words[0]}" >/dev/null || { bad "expect has no word '${words[0]}'"; continue; }
		found=
		"expect_${words[0]}" "${words[@]:1}"
		verdict $? "$line" "$found"
	done <"$1"
	for sum in "${!asked[@]}"; do
		found=
		read -ra words <<<"${whole[$sum]}"
		"expect_$sum" "${words[@]}"
		verdict $? "$sum of doctor (< expected, > found)" "$found"
	done
}

# What init makes of this host and of other programs' files, asked once.
init_of() {
	[ -e "$work/init.yaml" ] && return
	timeout 60 "$build/sluice" --sysroot "$root" init --from auto >"$work/init.yaml" 2>"$work/init.err" </dev/null
}
expect_init() { init_of; found="found: $(grep -F -- "${*:1:1}" "$work/init.yaml" | head -n 3)"; grep -qF -- "$*" "$work/init.yaml"; }
expect_conflict() { init_of; found="found: $(grep '^conflict' "$work/init.err")"; grep -F 'conflict: ' "$work/init.err" | grep -qF -- "$*"; }
expect_left() { init_of; found="found: $(grep '^not carried' "$work/init.err")"; grep -F 'not carried over: ' "$work/init.err" | grep -qF -- "$*"; }
