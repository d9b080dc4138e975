# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the profiles *-fleet, with fleet_host (intel, amd) set: the devices of tests/hil/fleet.table, as arguments of QEMU.
# shellcheck source=tests/hil/fleet-rows.sh
. "$here/../hil/fleet-rows.sh"

make_fleet_disk() { truncate -s 16M "$1/disk"; }

# fleet_device NUMBER KIND … QEMU: add the arguments of one row.
fleet_device() {
	local number=$1 id=f$1 row=$2 at place blank data port

	place=$(fleet_place "$fleet_host" "$number")
	blank=$(cache_get fleet-disk-16M make_fleet_disk)/disk
	data=$(cache_get "disk-$(cache_hash <"$here/machine.sh")" make_disk)/disk
	at=bus=pcie.0,addr=$place
	if [ "$fleet_host" = intel ]; then
		port=pcie-root-port,id=${id}p,chassis=$((64 + number)),addr=$place,multifunction=on
		qemu_args+=(-device "$port")
		at=bus=${id}p,addr=0
		if [[ $row == *@BRIDGED@* ]]; then
			qemu_args+=(-device "pcie-pci-bridge,id=${id}b,bus=${id}p")
			at=bus=${id}b,addr=1
		fi
	fi
	row=${row//@AT@/$at} row=${row//@BRIDGED@/$at}
	row=${row//@NET@/-netdev user,id=@ID@n,restrict=on,net=10.1.$number.0/24}
	row=${row//@DISK@/-drive file=$blank,if=none,id=@ID@d,format=raw,snapshot=on}
	row=${row//@DATA@/-drive file=$data,if=none,id=@ID@d,format=raw,snapshot=on}
	row=${row//@VIRTIO@/disable-legacy=on,iommu_platform=on}
	row=${row//@ID@/$id}
	# shellcheck disable=SC2206 # words
	qemu_args+=($row)
}

while IFS='|' read -r number _ _ _ _ row; do
	fleet_device "$number" "$row"
done < <(fleet_rows "$here/../hil/fleet.table" "$fleet_host")
