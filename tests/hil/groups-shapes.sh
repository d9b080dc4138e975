# shellcheck shell=bash source=tests/hil/lib.sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by groups-shapes*.test, on a host with: two e1000 and a bridge with a third behind a PCI Express to PCI bridge; a
# switch of two ports, an e1000e behind each; two USB controllers that are functions of one device, behind a port and
# integrated; two e1000e integrated; an e1000 behind a conventional bridge; a port without ACS; a free port.
# shellcheck source=tests/hil/groups.sh
. "$here/groups.sh"
[ "$(functions_of 8086:100e | wc -l)" = 4 ] || skip "this machine has not the devices that the lab makes for this test"
expect_groups_as_kernel

# A cause by what merges: the property, and the device that has it.
expect_cause() {
	run_cmd sluice why "$1" --json
	expect_json "[.proof[] | select(.merges and .property == \"$2\")] | length > 0" true
	expect_json '.would_isolate | length > 0' true
}

for device in $(functions_of 8086:100e); do expect_cause "$device" bridge; done
for device in $(functions_of 1b36:000d); do expect_cause "$device" multifunction; done
# The switch's ports have no ACS: named; the free port is offered.
downstream=$(functions_of 104c:8233 | head -n 1)
behind=$(basename "$(dirname "$(ls -d "/sys/bus/pci/devices/$downstream/"0*/net 2>/dev/null | head -n 1)")")
expect_cause "$behind" acs
expect_json "[.proof[] | select(.merges and .device == \"$downstream\")] | length" 1
expect_json '[.would_isolate[] | select(contains("(free)"))] | length > 0' true
run_cmd sluice show "$behind" --json
expect_equal "group_members" "$(json '.device.group_members | sort | .[]')" "$(kernel_members "$behind")"
# Nobody but its port is with it; the integrated functions of one device share, and are told so.
expect_json .device.isolation.isolated true
run_cmd sluice show "$(functions_of 1b36:000d | head -n 1)" --json
expect_json .device.isolation.isolated false
expect_json '.device.isolation.reason | length > 0' true
