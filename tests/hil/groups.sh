# shellcheck shell=bash source=tests/hil/lib.sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the tests of groups: what `why` works out from the hardware, compared with what the kernel has done.
# The program reads the kernel's group of a device, but its list of members comes from the rule alone.

kernel_members() {
	local group

	group=$(readlink "/sys/bus/pci/devices/$1/iommu_group") || return
	for member in "/sys/kernel/iommu_groups/${group##*/}/devices/"*; do echo "${member##*/}"; done | sort
}

# Every function of this host that is in a group; and `groups` says the same as the kernel.
expect_groups_as_kernel() {
	local device path checked=0

	for path in /sys/bus/pci/devices/*; do
		device=${path##*/}
		[ -e "$path/iommu_group" ] || continue
		run_cmd sluice why "$device" --json
		expect_exit 0
		expect_equal "group of $device" "$(json '.members | sort | .[]')" "$(kernel_members "$device")"
		expect_json .agrees true
		expect_json .group "$(basename "$(readlink "$path/iommu_group")")"
		checked=$((checked + 1))
	done
	[ $checked -gt 5 ] || fail "only $checked functions are in groups"
	run_cmd sluice groups --json
	for path in /sys/kernel/iommu_groups/*; do
		expect_equal "devices of group ${path##*/}" \
			"$(json ".groups[] | select(.id == ${path##*/}) | .devices[]")" \
			"$(for member in "$path/devices/"*; do echo "${member##*/}"; done | sort)"
	done
	echo "$checked functions agree"
}

# Devices by ids, as lspci has them.
functions_of() { lspci -D -n -d "$1" | cut -d' ' -f1; }
