# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the profiles *-fleet, with fleet_host (intel, amd) set: the devices of tests/hil/fleet.table, as arguments of QEMU.
# shellcheck source=tests/hil/fleet-rows.sh
. "$here/../hil/fleet-rows.sh"

# Sets row to $1 with its @WIRE@ab@ made: two character devices that are each other's ends, by a socket that has no file.
fleet_wires() {
	local end

	row=$1
	while [[ $row =~ @WIRE@(.)(.)@ ]]; do
		end="path=sluice-lab-$$-@ID@-${BASH_REMATCH[1]},abstract=on"
		end="-chardev socket,id=@ID@${BASH_REMATCH[1]},$end,server=on,wait=off -chardev socket,id=@ID@${BASH_REMATCH[2]},$end"
		row=${row/"${BASH_REMATCH[0]}"/$end}
	done
}

make_fleet_disk() { truncate -s 16M "$1/disk"; }

# fleet_device NUMBER PLACE QEMU: add the arguments of one row.
fleet_device() {
	local id=f$1 place=$2 row at blank data

	blank=$(cache_get fleet-disk-16M make_fleet_disk)/disk
	data=$(cache_get "disk-$(cache_hash <"$here/machine.sh")" make_disk)/disk
	fleet_wires "$3"
	[ -n "$row" ] || return 0 # what no row makes
	at=bus=pcie.0,addr=$place
	if [[ $place == */1 ]]; then
		at=bus=f$(($1 - 1))p,addr=0.1
		[ "$fleet_host" = intel ] || at=bus=pcie.0,addr=${place%.*}.1
	elif [[ $place == */2 ]]; then
		at=bus=f$(($1 - 1))b,addr=2
	elif [ "$fleet_host" = intel ] && [[ $row != *@ROOT@* ]]; then
		qemu_args+=(-device "pcie-root-port,id=${id}p,chassis=$((64 + $1)),addr=$place,multifunction=on,hotplug=off") # else each takes 4 KiB of ports
		at=bus=${id}p,addr=0
		if [[ $row == *@BRIDGED@* ]]; then
			qemu_args+=(-device "pcie-pci-bridge,id=${id}b,bus=${id}p")
			at=bus=${id}b,addr=1
		fi
	fi
	row=${row//@AT@/$at} row=${row//@BRIDGED@/$at} row=${row//@ROOT@/$at} row=${row//@BESIDE@/$at} row=${row//@ALONGSIDE@/$at}
	row=${row//@NET@/-netdev user,id=@ID@n,restrict=on,net=10.1.$1.0/24}
	row=${row//@DISK@/-drive file=$blank,if=none,id=@ID@d,format=raw,snapshot=on}
	row=${row//@DATA@/-drive file=$data,if=none,id=@ID@d,format=raw,snapshot=on}
	row=${row//@VIRTIO@/disable-legacy=on,iommu_platform=on}
	row=${row//@ID@/$id}
	# shellcheck disable=SC2206 # words
	qemu_args+=($row)
}

while IFS='|' read -r number place _ _ _ _ row; do
	fleet_device "$number" "$place" "$row"
done < <(fleet_rows "$here/../hil/fleet.table" "$fleet_host")

# QEMU's monitor as a port of the emulated host, "monitor": what befalls hardware (errors, cards that are pulled) is done there.
monitor=path=sluice-lab-$$-monitor,abstract=on
qemu_args+=(-chardev "socket,id=monitor,$monitor,server=on,wait=off" -mon "chardev=monitor,mode=readline"
	-chardev "socket,id=monitor-port,$monitor" -device "virtserialport,chardev=monitor-port,name=monitor")
