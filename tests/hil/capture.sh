# shellcheck shell=bash source=tests/hil/lib.sh disable=SC2034,SC2154
# What the tests of `sluice capture` share: a command's answer about this machine, and the same of a bundle.

# Something to look at: a running guest, and a VF at VFIO.
capture_host() {
	vfs_create 2
	guest_start hil-capture --device "$PF/0"
	run_cmd sluice bind "$PF/1"
	expect_exit 0
	sluice doctor >/dev/null || true # loads what it looks at
	guest_there=hil-capture
}

# The looking commands, one a line; with PF and its VFs.
looking() {
	printf '%s\n' list groups iommu faults topology "vf list" ps changes doctor "doctor $PF $PF/0" "list $PF"
	for device in "$PF" "$PF/0" "$PF/1" ${NVME-}; do
		printf '%s\n' "show $device" "why $device" "impact $device"
	done
	printf '%s\n' "impact $PF --for vfs" "impact $PF/0 --for reset" "guest GUEST"
}

# What differs between two moments and two files on the way to the same answer: times and counters, where the bundle lies,
# what a host without a name is called, errors of the kernel that mean the same, how many processes there are just now.
same_form='
	walk(if type == "object" then del(.uptime, .uptime_ms, .counters, .vcpus, .exits, .stats, .now, .hva, .start_to_first_run_us, .host_pages) else . end)
	| walk(if type == "object" and (.processes | type) == "number" then .processes = (.processes > 0) else . end)
	| walk(if type == "string" then gsub("Operation not permitted"; "Permission denied") | gsub("^captured host$"; "this host") | gsub("log: [0-9]+ messages"; "log") | gsub("[0-9]+ processes"; "processes") | split($bundle) | join("") else . end)'

# What has to be the same where names are replaced: addresses, drivers, codes and judgements, no text.
verdict='
	def users: [.users[]? | [.kind, .severity]];
	if .devices then [.devices[] | if type == "object" then [.address, .id, .driver, .iommu_group, .role, .goes, .assignable, .blockers, users] else . end] else null end,
	(.device | if type == "object" then [.address, .blockers, users, .isolation, .link, .msix_vectors, .bars] else null end),
	(.checks | if . then [.[] | [.id, .subject, .state]] else null end),
	(.losses | if . then [.[] | [.kind, .severity, .state]] else null end),
	.counts, .complete, (.unseen | if type == "object" then .processes = (.processes > 0) else . end), .ready, .groups, .proof, .units, .missing,
	(.faults | if . then [.[] | [.device, .kind, .address, .ram, .repeated]] else null end),
	(.vfs | if . then [.[] | [.address, .driver, .iommu_group, .vlan]] else null end),
	(.guests | if . then [.[] | [.state, .pid, .memory, .devices]] else null end),
	(.changes | if . then [.[] | [.change, .device]] else null end)'

# compare FORM BUNDLE PREFIX…: every looking command, run behind PREFIX, says of the bundle what it says of the machine. The guest is
# called guest_there in the bundle.
compare() {
	local form=$1 bundle=$2 command live=0 replay=0 count=0
	shift 2
	while read -r command; do
		live=0 replay=0
		# shellcheck disable=SC2086 # words
		"$@" sluice ${command/GUEST/hil-capture} --json >"$work/live" 2>"$work/live.err" </dev/null || live=$?
		# shellcheck disable=SC2086 # words
		"$@" sluice --sysroot "$bundle" ${command/GUEST/$guest_there} --json >"$work/replay" 2>"$work/replay.err" </dev/null || replay=$?
		[ $live = $replay ] || { cat "$work/live.err" "$work/replay.err"; fail "'$command': exit status $live, and $replay of the bundle"; }
		jq -S --arg bundle "$bundle" "$form" "$work/live" >"$work/live.json" && jq -S --arg bundle "$bundle" "$form" "$work/replay" >"$work/replay.json" || fail "'$command': no JSON"
		diff "$work/live.json" "$work/replay.json" >"$work/difference" ||
			{ head -n 40 "$work/difference"; fail "'$command' says something else of the bundle"; }
		count=$((count + 1))
	done < <(looking)
	echo "$count commands say the same"
}

# The table of `sluice capture --list` as regular expressions of paths, with the directories above them.
captured_paths() {
	local path start end word words rest

	sluice capture --list --json | jq -r '.paths[].path' | while read -r path; do
		start=${path%%\{*} words=${path#"$start"} rest=''
		[[ $words != *\}* ]] || rest=${words#*\}} words=${words%%\}*}
		IFS=, read -ra words <<<"${words#\{}"
		for word in "${words[@]:-}"; do
			end=$start$word$rest
			while :; do
				printf '%s\n' "$end"
				[[ $end == */* ]] || break
				end=${end%/*}
			done
		done
	done | sed "s/%r/$(uname -r)/; s/[.+()^\$|]/\\\\&/g; s/?/[^\/]/g; s/\*/[^\/]*/g; s/^/^/; s/\$/\$/" | sort -u
}

# Files that looking commands open and that are in no row: of the C library, and two counters that only make a second look cheap.
other_files='^(etc/(ld\.so\..*|nsswitch\.conf|passwd|localtime|host\.conf)|dev/(urandom|null|tty)|proc/self/.*|proc/[0-9]+(/.*)?|sys/kernel/uevent_seqnum|var/log/journal.*|run/log/journal.*|etc/machine-id|proc/sys/kernel/ngroups_max|sys/devices/system/cpu)$'

# unlisted: what looking commands open of this machine, and no bundle has.
unlisted() {
	local command

	captured_paths >"$work/patterns"
	looking | while read -r command; do
		# shellcheck disable=SC2086 # words
		strace -f -qq -e trace=openat,openat2,readlinkat,faccessat,faccessat2 -o "$work/trace" \
			sluice ${command/GUEST/hil-capture} --json >/dev/null 2>&1 </dev/null || true
		grep -v ENOENT "$work/trace" | sed -n 's/^[^"]*at2*([^"]*"\([^"]*\)".*/\1/p'
	done | sed 's,^/,,' | grep -E '^(sys|proc|dev|etc|run|boot|var|efi|capture|lib/modules)/' | sort -u |
		grep -vE "$other_files" | grep -vEf "$work/patterns" || true
}
