# shellcheck shell=bash source=tests/hil/lib.sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by topology*.test: what each form of `sluice topology` must be on any host. The kernel's own files are the
# measure for what is drawn, and a grammar for how it is written.

# draw: all forms into $work/host.*, and the JSON form's payload into $work/model. A card that has just been split may still
# be finding its link: again, until nothing has changed meanwhile.
draw() {
	local form turn

	for turn in 1 2 3 4 5; do
		run_cmd sluice topology --json
		jq -S .topology "$work/stdout" >"$work/first" || fail "no JSON"
		for form in svg html txt dot json; do
			run_cmd sluice topology -o "$work/host.$form"
			expect_exit 0
		done
		for form in txt dot; do
			run_cmd sluice topology --vfs -o "$work/vfs.$form"
			expect_exit 0
		done
		run_cmd sluice topology --json
		jq -S .topology "$work/stdout" >"$work/model"
		! cmp -s "$work/first" "$work/model" || break
	done
	[ "$turn" != 5 ] || diff "$work/first" "$work/model" || fail "the host does not come to rest"
	jq -S .topology "$work/host.json" | cmp -s - "$work/model" || fail "-o FILE.json is not what --json prints"
	# ADDRESS, and the parts of each function that the kernel tells too.
	jq -r '.nodes as $all | ($all | map({key: .id, value: .address}) | from_entries) as $address | $all[] | select(.address) |
		[.address, $address[.parent // ""] // "-", .iommu_group // "-", .driver // "-", .vf_index // "-"] | @tsv' \
		"$work/model" | sort >"$work/drawn"
}

link_name() { basename "$(readlink "$1" || echo -)"; }

# The same of /sys.
kernel_says() {
	local path address parent vf link

	for path in /sys/bus/pci/devices/*; do
		address=${path##*/} vf=-
		if [ -e "$path/physfn" ]; then
			parent=$(link_name "$path/physfn")
			for link in "$path"/physfn/virtfn*; do
				[ "$(link_name "$link")" != "$address" ] || vf=${link##*virtfn}
			done
		else
			parent=$(basename "$(dirname "$(readlink -f "$path")")")
			case $parent in pci*) parent=- ;; esac
		fi
		printf '%s\t%s\t%s\t%s\t%s\n' "$address" "$parent" "$(link_name "$path/iommu_group")" \
			"$(link_name "$path/driver")" "$vf"
	done | sort
}

expect_functions_as_kernel() {
	kernel_says >"$work/kernel"
	[ "$(wc -l <"$work/kernel")" -gt 5 ] || fail "only $(wc -l <"$work/kernel") functions"
	diff "$work/kernel" "$work/drawn" || fail "the kernel (<) and the picture (>): address, parent, group, driver, VF"
}

# Members by the picture's own list; and a box for each group of several, for no other.
expect_drawn_groups_as_kernel() {
	local path member

	jq -r '(.nodes | map({key: .id, value: .address}) | from_entries) as $address | .groups[] |
		[.iommu_group, ([.members[] | $address[.]] | sort | join(" "))] | @tsv' "$work/model" | sort >"$work/groups"
	for path in /sys/kernel/iommu_groups/*; do
		[ -e "$path/devices" ] || continue
		printf '%s\t%s\n' "${path##*/}" "$(for member in "$path/devices/"*; do echo "${member##*/}"; done | sort | paste -sd' ')"
	done | sort | diff - "$work/groups" || fail "the kernel's groups (<) and the picture's (>)"
	jq -r '.groups[] | select(.shared) | "group-\(.index)"' "$work/model" | sort >"$work/shared"
	for path in svg html; do
		grep -oE '<g class="box shared" id="group-[0-9]+' "$work/host.$path" | grep -oE 'group-[0-9]+' | sort -u |
			diff "$work/shared" - || fail "groups of several (<) and boxes in .$path (>)"
	done
	while read -r path; do grep -q "subgraph \"cluster-${path#group-}\" {" "$work/host.dot" || fail "no $path in .dot"; done \
		<"$work/shared"
	expect_equal "groups of several in .txt" "$(grep -cE '^  IOMMU group [0-9]+, [0-9]+ functions' "$work/host.txt")" \
		"$(wc -l <"$work/shared")"
}

# Written so that others can read it.
expect_well_formed() {
	local form html left

	for form in svg html; do
		html=0
		[ $form = svg ] || html=1
		awk -v html=$html -f "$here/markup.awk" "$work/host.$form" || fail ".$form is not well-formed"
		jq -r .nodes[].id "$work/model" | sort >"$work/ids"
		grep -oE '<g class="box [a-z]+" id="(pci|root|node)-[0-9a-z-]*"' "$work/host.$form" | grep -oE 'id="[^"]+' |
			cut -d'"' -f2 | grep -v -- '-vfs$' | sort | diff "$work/ids" - || fail "nodes (<) and boxes in .$form (>)"
	done
	sed -n 's/.*<script type="application\/json" id="model">\(.*\)<\/script>$/\1/p' "$work/host.html" >"$work/inside"
	jq -S . "$work/inside" | cmp - "$work/model" || fail "the page's model is not what --json prints"
	# dot: with its strings gone, nothing but words and punctuation is left, and an edge names nodes that there are.
	for form in host vfs; do
		left=$(sed -E 's/"([^"\\]|\\.)*"//g' "$work/$form.dot" | tr -d 'a-zA-Z0-9 \n=[]{};,>-')
		[ -z "$left" ] || fail "in .dot outside of strings: $left"
		expect_equal "braces of .dot" "$(grep -c '{$' "$work/$form.dot")" "$(grep -cE '^ *}$' "$work/$form.dot")"
		grep -oE '^  "[^"]+" \[label=' "$work/$form.dot" | cut -d'"' -f2 | sort -u >"$work/declared"
		! grep -E '^  "[^"]+" -> "[^"]+";$' "$work/$form.dot" | tr '"' '\n' | grep -E '^(pci|root|node)-' |
			grep -vxFf "$work/declared" || fail "edges of .dot to nothing"
	done
}

# The page and the picture are whole in themselves: no address of anything else, and nothing that would fetch it.
expect_nothing_outside() {
	local form

	for form in svg html; do
		! sed 's/xmlns="http:\/\/www\.w3\.org\/2000\/svg"//g' "$work/host.$form" |
			grep -oiE '.{0,30}(https?:|ftp:|url\(|@import|<(link|iframe|img|image|object|embed|base|form|use)[ >]|(src|href|action)=|fetch\(|XMLHttpRequest|WebSocket|importScripts|EventSource|sendBeacon|import\().{0,30}' ||
			fail ".$form reaches outside"
	done
	grep -q "Content-Security-Policy\" content=\"default-src 'none';" "$work/host.html" || fail "no policy in .html"
}

# VFIO takes a group of several when nobody but ports' drivers and its own is in it, beside the one that is given away;
# else a member is named, with its driver.
expect_viable_as_drivers() {
	jq -r '(.nodes | map({key: .id, value: .}) | from_entries) as $node | .groups[] | select(.shared) |
		[.members[] | $node[.] | select((.driver // "vfio-pci") | . != "pcieport" and . != "vfio-pci")] as $culprits |
		([.members[] | $node[.] | select(.kind != "port")] | length) as $cards |
		[.iommu_group, .viable, ($cards < 2 or $culprits == []), (.reason // "-"), ($culprits[] | "\(.address) (driver \(.driver))")] | @tsv' \
		"$work/model" >"$work/viable"
	while IFS=$'\t' read -r group viable wanted reason culprits; do
		expect_equal "viability of group $group" "$viable" "$wanted"
		[ "$viable" = true ] || grep -qF "$(tr '\t' '\n' <<<"$culprits")" <<<"$reason" || fail "group $group: no culprit in \"$reason\""
		[ "$viable" = true ] || grep -qE "^  IOMMU group $group, [0-9]+ functions, not viable: .*\(driver " "$work/host.txt" ||
			fail "the text does not say that group $group is not viable"
	done <"$work/viable"
}

# VFs are cells within the tray of their PF; as lines only where --vfs asks for them.
expect_vfs_folded() {
	local vf pf address index pf_address

	# NAME X Y WIDTH HEIGHT of each tray and cell.
	awk 'BEGIN { RS = "<" }
		/^g class="box vfs?" id="/ { split($0, word, "\""); name = word[4]; next }
		name && /^rect / { gsub(/[a-z]+="|"/, ""); print name, $3, $4, $5, $6; name = "" }' "$work/host.svg" >"$work/boxes"
	jq -r '(.nodes | map({key: .id, value: .}) | from_entries) as $node | .nodes[] | select(.kind == "vf") |
		[.id, .parent, .address, .vf_index, $node[.parent].address] | @tsv' "$work/model" >"$work/vfs"
	while read -r vf pf address index pf_address; do
		awk -v cell="$vf" -v tray="$pf-vfs" '
			{ x[$1] = $2; y[$1] = $3; w[$1] = $4; h[$1] = $5 }
			END { exit !(cell in x && tray in x && x[cell] >= x[tray] && y[cell] >= y[tray] &&
				x[cell] + w[cell] <= x[tray] + w[tray] && y[cell] + h[cell] <= y[tray] + h[tray]) }' "$work/boxes" ||
			fail "VF $index is no cell of $pf in .svg"
		! grep -q "$address" "$work/host.txt" || fail "VF $address has a line of its own in .txt"
		! grep -q "\"$vf\"" "$work/host.dot" || fail "VF $address has a node of its own in .dot"
		awk -v vf="$address" -v pf="$pf_address" '{ at = match($0, /[0-9a-f]+:[0-9a-f]+:[0-9a-f]+\.[0-7]/) }
			at && substr($0, at, RLENGTH) == pf { depth = at }
			at && substr($0, at, RLENGTH) == vf { found = depth && at > depth }
			END { exit !found }' "$work/vfs.txt" || fail "VF $address is not below $pf_address in .txt with --vfs"
		grep -qE "^  \"$pf\" -> \"$vf\";" "$work/vfs.dot" || fail "VF $address is not below its PF in .dot with --vfs"
	done <"$work/vfs"
	# Everybody else has one line.
	jq -r '.nodes[] | select(.address and .kind != "vf") | .address' "$work/model" | sort >"$work/lines"
	grep -oE '^[^0-9A-Za-z]*[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]  ' "$work/host.txt" | grep -oE '[0-9a-f]+:[0-9a-f:.]+' |
		sort | diff "$work/lines" - || fail "functions (<) and lines of .txt (>)"
}

# badge ADDRESS KIND: "LEVEL TEXT" of the badges of one function, each a line.
badge() {
	jq -r --arg address "$1" --arg kind "$2" '.nodes[] | select(.address == $address) | .badges[] | select(.kind == $kind) |
		"\(.level) \(.text)"' "$work/model"
}

# What the host lacks, as the kernel and lspci have it, is named where it is missing, and nowhere else.
expect_badges_as_hardware() {
	jq -r '.nodes[] | select(.kind == "device" or .kind == "vf") | select(.class[2:4] != "06") |
		[.address, (.badges[] | select(.kind == "reset") | "\(.level) \(.text)")] | @tsv' "$work/model" | sort >"$work/resets"
	cut -f1 "$work/resets" | while read -r address; do
		methods=$(sed 's/ *$//; s/ /, /g' "/sys/bus/pci/devices/$address/reset_method" 2>/dev/null)
		printf '%s\t%s\n' "$address" "${methods:+info reset: }${methods:-warning no reset}"
	done | diff - "$work/resets" || fail "reset methods (<) and badges (>)"
	# Ports that pass requests between devices on without showing them to the IOMMU, by lspci's words.
	lspci -D -vv -d ::0604 2>/dev/null | awk '
		/^[0-9a-f]+:/ { flush(); address = $1; kind = "conventional"; acs = 0 }
		/Express .*(Root Port|Downstream Port)/ { kind = "express" }
		/Express .*Upstream Port/ { kind = "upstream" }
		/Access Control Services/ { acs = 1 }
		END { flush() }
		function flush() {
			if (address && kind == "conventional") print address "\twarning hides requesters"
			if (address && kind == "express" && !acs) print address "\twarning no ACS"
		}' | sort >"$work/lacking"
	jq -r '.nodes[] | select(.kind == "port" and .class[0:6] == "0x0604") | [.address, (.badges[] | select(.kind == "acs") |
		"\(.level) \(.text)")] | select(length > 1) | @tsv' "$work/model" | sort |
		diff "$work/lacking" - || fail "ports without ACS by lspci (<) and badges (>)"
	grep -q . "$work/lacking" || [ "${1-}" != lacking ] || fail "no port lacks ACS: nothing was shown"
	[ -z "${DISK_IN_USE-}" ] || grep -q '^blocker in use: .*mount' <<<"$(badge "$DISK_IN_USE" use)" ||
		fail "$DISK_IN_USE has a mounted disk, and its badges are: $(badge "$DISK_IN_USE" use)"
}
