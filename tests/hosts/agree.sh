# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by tests/hosts/run: `list --json` beside `lspci -vmm -nn -k` on the same tree, field by field. Which modules would drive a device
# lspci asks of the running kernel's libkmod; here the shell's own pattern matching asks the captured modules.alias instead.

# Address, class, its name, ids, vendor's and device's name, subsystem, driver, group, node: a field's absence is "-".
ours() {
	jq -r '.devices[] | [.address, .class[2:6], (.class_name // "-" | sub(" \\[[0-9a-f]{4}\\]$"; "")), .vendor_id[2:], .device_id[2:], .vendor // "-", .name // "-",
		.subsystem_vendor_id[2:]? // "-", .subsystem_id[2:]? // "-", .driver // "-", (.iommu_group // "-" | tostring),
		(.numa_node // "-" | tostring)] | join("|")' "$work/list.json" | sed 's/|0000|0000|\([^|]*|[^|]*|[^|]*\)$/|-|-|\1/'
}

# A group that VFIO made up for a device without IOMMU is none of ours, by intention.
theirs() {
	local made_up

	made_up=$(grep -lsx vfio-noiommu "$root"/sys/kernel/iommu_groups/*/name | sed 's,.*/\([0-9]*\)/name$,\1,' | xargs)
	lspci -D -vmm -nn -k -O "sysfs.path=$root/sys/bus/pci" -O hwdb.disable=1 -A linux-sysfs 2>/dev/null | awk -F '\t' -v made_up=" $made_up " '
		function code(text) { return match(text, /\[[0-9a-f]*\]$/) ? substr(text, RSTART + 1, RLENGTH - 2) : "-" }
		function name(text) { sub(/ *\[[0-9a-f]*\]$/, "", text); return text ~ /^(Device|Vendor|Class|Unknown)?$/ ? "-" : text }
		function of(key) { return key in field ? field[key] : "" }
		function or_none(text) { return text == "" ? "-" : text }
		function real(group) { return index(made_up, " " group " ") ? "" : group }
		/^$/ {
			if ("Slot" in field)
				printf "%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s\n", field["Slot"], code(of("Class")), name(of("Class")),
					code(of("Vendor")), code(of("Device")), name(of("Vendor")), name(of("Device")), code(of("SVendor")),
					code(of("SDevice")), or_none(of("Driver")), or_none(real(of("IOMMUGroup"))), or_none(of("NUMANode"))
			delete field
			next
		}
		{ sub(/:$/, "", $1); field[$1] = $2 }'
}

# "MODALIAS" and the modules whose pattern fits it, sorted: one line of words
modules_of() {
	local alias=$1 pattern module found=

	while read -r pattern module; do
		# shellcheck disable=SC2053 # a pattern
		[[ $alias == $pattern ]] && found+="$module"$'\n'
	done < <(grep -hE "^alias pci:v(0000${alias:9:4}|\*)" "$root"/lib/modules/*/modules.alias 2>/dev/null | cut -d ' ' -f 2-)
	sort -u <<<"$found" | xargs
}

agree_about_modules() {
	local address device alias words

	for address in $(jq -r '.devices[] | select(.vf_index == null or .vf_index < 2) | .address' "$work/list.json"); do
		device=$root/sys/bus/pci/devices/$address
		alias=$(cat "$device/modalias" 2>/dev/null || sed -n 's/^MODALIAS=//p' "$device/uevent")
		words=$(jq -r --arg a "$address" '.devices[] | select(.address == $a) | .modalias_drivers | sort | join(" ")' "$work/list.json")
		[ "$words" = "$(modules_of "$alias")" ] || echo "$address: list says '$words', modules.alias '$(modules_of "$alias")'"
	done
}

agree_with_lspci() {
	local difference

	difference=$(diff <(theirs) <(ours))
	verdict $? "list is what lspci says" "$difference"
	difference=$(agree_about_modules)
	[ -z "$difference" ]
	verdict $? "list's modules are those of modules.alias" "$difference"
}

# list, impact and doctor ask one graph: what list says blocks a device is among the losses of impact, in the same words, and doctor says that it
# is in use where list does. VFs are a number in list and functions in impact; a device that is with VFIO is where it should be to doctor.
agree_about_users() {
	local address blockers

	for address in $(some_devices); do
		[ -e "$work/impact_$address.json" ] && [ -e "$work/doctor_$address.json" ] || continue
		blockers=$(of_device "$address" '.users[] | select(.severity == "block" and .kind != "vfs" and .kind != "guest") | .what')
		while IFS= read -r what; do
			[ -z "$what" ] || jq -r '.losses[].what' "$work/impact_$address.json" | grep -qxF -- "${what#*VF *: }" ||
				jq -r '.losses[].what' "$work/impact_$address.json" | grep -qxF -- "${what#*: }" ||
				echo "$address: list says '$what', and impact does not"
		done <<<"$blockers"
		case $(of_device "$address" .driver) in vfio-pci) continue ;; esac
		[ -z "$blockers" ] || jq -e '.checks[] | select(.id == "DEV-IN-USE" and .state == "fail")' "$work/doctor_$address.json" >/dev/null ||
			echo "$address: list says that it is in use, and doctor does not"
	done
}

agree_with_impact() {
	local difference

	difference=$(agree_about_users)
	[ -z "$difference" ]
	verdict $? "list, impact and doctor say the same of who uses a device" "$difference"
}
