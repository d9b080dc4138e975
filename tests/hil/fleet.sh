# shellcheck shell=bash source=tests/hil/lib.sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by fleet-*.test, with host set (intel, amd): every device of fleet.table is given to a guest and used there. Each guest of the table gets
# all its devices at once; what one device does not do is told, and the others are tried all the same.
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

# The function of row NUMBER: what is at its place, or below it the first that is no bridge.
fleet_device() {
	local path

	while read -r path; do
		case $(<"$path/class") in 0x0604*) ;; *) echo "${path##*/}"; return ;; esac
	done < <(find "/sys/devices/pci0000:00/0000:00:$(fleet_place "$host" "$1")" -type d -name '0000:??:??.?' | LC_ALL=C sort)
}

# The options of sluice run for a device.
device_options() {
	echo --device "$1"
	[ -n "$(cat "/sys/bus/pci/devices/$1/reset_method" 2>/dev/null)" ] || echo --allow-no-reset "$1"
}

# Rows of one guest on standard input: all their devices to that guest, each used there, all back with the driver they had.
fleet_guest() {
	local name=hil-$1 rows=() row number kind check modules options=() in_guest start=$SECONDS

	mapfile -t rows
	for row in "${rows[@]}"; do
		IFS='|' read -r number kind _ <<<"$row"
		mapfile -O ${#options[@]} -t options < <(device_options "${device_of[$number]}" | tr ' ' '\n')
	done
	kernel=/guest/fleet/vmlinux initrd=/guest/fleet/initrd memory=192M guest_start "$name" "${options[@]}"
	run_cmd sluice guest "$name" --json
	for row in "${rows[@]}"; do
		IFS='|' read -r number kind _ check modules _ <<<"$row"
		in_guest=$(json ".guest.devices[] | select(.host_address == \"${device_of[$number]}\").guest_address")
		guest_say "$name" sh fleet "$check" "0000:$in_guest" "$number" "$modules"
		if grep -q '^GUEST sh ok ' <<<"$guest_lines"; then
			echo "fleet: $kind $(sed -n 's/^GUEST sh //p' <<<"$guest_lines") ($SECONDS s)"
		else
			not_ok "$kind" "$(sed -n 's/^GUEST sh \(failed \)*//p' <<<"$guest_lines")"
			guest_say "$name" sh "dmesg | tail -n 15"
		fi
	done
	run_cmd sluice stop "$name" --force
	guest_gone "$name"
	for row in "${rows[@]}"; do
		IFS='|' read -r number kind _ <<<"$row"
		[ "$(driver_of "${device_of[$number]}")" = "${driver_before[$number]}" ] ||
			not_ok "$kind" "driver ${driver_before[$number]} before, $(driver_of "${device_of[$number]}") after"
	done
	echo "fleet: guest $1: ${#rows[@]} devices in $((SECONDS - start)) s"
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

fleet() {
	local rows number kind guest name

	rows=$(fleet_rows "$here/fleet.table" "$host")
	while IFS='|' read -r number kind guest _; do
		device_of[$number]=$(fleet_device "$number")
		[ -n "${device_of[$number]}" ] || { not_ok "$kind" "the emulated host has none"; continue; }
		driver_before[$number]=$(driver_of "${device_of[$number]}")
	done <<<"$rows"
	while IFS='|' read -r number kind guest _; do
		case $guest in refused:*) fleet_refused "$number" "$kind" "${guest#*:}" ;; esac
	done <<<"$rows"
	for name in $(awk -F '|' '$3 !~ /^refused/ && !seen[$3]++ { print $3 }' <<<"$rows"); do
		fleet_guest "$name" < <(awk -F '|' -v guest="$name" '$3 == guest' <<<"$rows")
	done
	[ $troubles = 0 ] || fail "$troubles of the fleet"
}
fleet
