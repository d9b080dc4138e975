# shellcheck shell=bash source=tests/hil/lib.sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by fleet-*.test, with host set (intel, amd). fleet gives every device of fleet.table to a guest and uses it there: each guest of the table
# gets all its devices at once; what one device does not do is told, and the others are tried all the same.
# shellcheck source=tests/hil/fleet-rows.sh
. "$here/fleet-rows.sh"
[ -d /guest/fleet ] || skip "this machine has not the guest that the lab makes for this test"
troubles=0
declare -A device_of=() driver_before=()

# not_ok KIND WORDS…
not_ok() {
	echo "fleet: $1 failed: ${*:2}"
	troubles=$((troubles + 1))
}

# The function at a PLACE (fleet-rows.sh): of the root bus, or below its port the first that is no bridge; a VF of the card that a variable has.
fleet_device() {
	local path number=??.?

	case $1 in */1) number=??.1 ;; */2) number=02.? ;; esac
	[[ $1 != [A-Z]* ]] || { vf_address 0; return; }
	while read -r path; do
		case $(<"$path/class") in 0x0604*) ;; *) echo "${path##*/}"; return ;; esac
	done < <(find "/sys/devices/pci0000:00/0000:00:${1%/?}" -type d -name "0000:??:$number" | LC_ALL=C sort)
}

# The options of sluice run for a device.
device_options() {
	echo --device "$1"
	[ -n "$(cat "/sys/bus/pci/devices/$1/reset_method" 2>/dev/null)" ] || echo --allow-no-reset "$1"
}

# The device of a row, used in the guest: 0 when the guest has answered at all.
fleet_use() {
	local name=$1 number kind check modules in_guest

	IFS='|' read -r number _ kind _ check modules _ <<<"$2"
	in_guest=$(json ".guest.devices[] | select(.host_address == \"${device_of[$number]}\").guest_address")
	if ! (patience=300 guest_say "$name" sh fleet "$check" "0000:$in_guest" "$number" "$modules") >"$work/said" 2>&1; then
		not_ok "$kind" "no answer; the guest's last words: $(guest_console "$name" | tail -n 25)"
		return 1
	fi
	if grep -q '^GUEST sh ok ' "$work/said"; then
		echo "fleet: $kind $(sed -n 's/^GUEST sh //p' "$work/said") ($SECONDS s)"
	else
		not_ok "$kind" "$(sed -n 's/^GUEST sh \(failed \)*//p' "$work/said")"
		guest_say "$name" sh "dmesg | tail -n 20"
	fi
}

# fleet_guest NAME ROW…: all their devices to one guest, each used there, all back with the driver they had. Those after one that takes its guest
# along get another.
fleet_guest() {
	local name=$1 row number kind options=() start=$SECONDS
	shift

	for row; do
		IFS='|' read -r number _ kind _ <<<"$row"
		mapfile -O ${#options[@]} -t options < <(device_options "${device_of[$number]}" | tr ' ' '\n')
	done
	cmdline=8250.nr_uarts=8 kernel=/guest/fleet/vmlinux initrd=/guest/fleet/initrd memory=192M guest_start "hil-$name" "${options[@]}"
	run_cmd sluice guest "hil-$name" --json
	while [ $# -gt 0 ]; do
		row=$1
		shift
		fleet_use "hil-$name" "$row" || break
	done
	run_cmd sluice stop "hil-$name" --force
	guest_gone "hil-$name"
	echo "fleet: guest $name: $((SECONDS - start)) s"
	[ $# = 0 ] || fleet_guest "$name-more" "$@"
}

# Every device has the driver that it had.
fleet_came_back() {
	local number kind

	while IFS='|' read -r number _ kind _; do
		[ "$(driver_of "${device_of[$number]}")" = "${driver_before[$number]}" ] ||
			not_ok "$kind" "driver ${driver_before[$number]} before, $(driver_of "${device_of[$number]}") after"
	done <<<"$rows"
}

# What cannot be given is refused with the code that the row names, and stays as it is.
fleet_refused() {
	local number=$1 kind=$2 code=$3 device=${device_of[$1]}

	run_cmd sluice run --name hil-refused --kernel "$GUEST_KERNEL" --initrd "$GUEST_INITRD" --memory 128M --detach --allow-no-reset "$device" \
		--device "$device"
	if [ "$status" = 0 ]; then
		sluice stop hil-refused --force
		not_ok "$kind" "was not refused"
	elif ! grep -qx "code: $code .*" <<<"$stderr" || ! grep -q "error: .*$device" <<<"$stderr" || ! grep -q '^hint: .' <<<"$stderr"; then
		not_ok "$kind" "refused without $code, $device or a hint: $stderr"
	else
		echo "fleet: $kind ok refused: $code"
	fi
	[ "$(driver_of "$device")" = "${driver_before[$number]}" ] || not_ok "$kind" "refused, and has lost its driver"
}

# The number of a kind's row.
fleet_number() { awk -F '|' -v kind="$1" '$3 == kind { print $1 }' <<<"$rows"; }

# Sets rows, and of each row the device and the driver that it has.
fleet_find() {
	local number place kind

	rows=$(fleet_rows "$here/fleet.table" "$host")
	[ "$(<"/sys/bus/pci/devices/$PF/sriov_numvfs")" != 0 ] || rows=$(grep -v '^[0-9]*|PF|' <<<"$rows")
	while IFS='|' read -r number place kind _; do
		device_of[$number]=$(fleet_device "$place")
		[ -n "${device_of[$number]}" ] || { not_ok "$kind" "the emulated host has none"; continue; }
		driver_before[$number]=$(driver_of "${device_of[$number]}")
	done <<<"$rows"
}

# monitor COMMAND: tell the emulator that this host runs on; what it answers goes to monitor in the test's folder.
monitor() {
	local path

	if [ -z "${monitor_port-}" ]; then
		for path in /sys/class/virtio-ports/*; do
			[ "$(<"$path/name")" != monitor ] || monitor_port=/dev/${path##*/}
		done
		[ -n "${monitor_port-}" ] || fail "this host has no monitor"
		exec {monitor_fd}<>"$monitor_port"
		cat <&"$monitor_fd" >"$work/monitor" &
	fi
	echo "monitor: $1"
	printf '%s\n' "$1" >&"$monitor_fd"
}

fleet() {
	local number kind guest name of_guest

	[ -z "${count-}" ] || vfs_create 1
	fleet_find
	while IFS='|' read -r number _ kind guest _; do
		case $guest in refused:*) fleet_refused "$number" "$kind" "${guest#*:}" ;; esac
	done <<<"$rows"
	for name in $(awk -F '|' '$4 !~ /^refused/ && !seen[$4]++ { print $4 }' <<<"$rows"); do
		[ "$name" != more ] || [ -n "${count-}" ] || continue
		mapfile -t of_guest < <(awk -F '|' -v guest="$name" '$4 == guest' <<<"$rows")
		fleet_guest "$name" "${of_guest[@]}"
	done
	fleet_came_back
	[ $troubles = 0 ] || fail "$troubles of the fleet"
}
