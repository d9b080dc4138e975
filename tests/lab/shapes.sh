# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the profiles *-groups: more hardware, one of each way in which functions come to share an IOMMU group.
qemu_args+=(
	# a PCI Express to PCI bridge, with two cards and a conventional bridge with a third behind it
	-device "pcie-root-port,id=s1,chassis=11,slot=11"
	-device "pcie-pci-bridge,id=s1b,bus=s1"
	-device "e1000,bus=s1b,addr=1,romfile=" -device "e1000,bus=s1b,addr=2,romfile="
	-device "pci-bridge,id=s1c,bus=s1b,addr=3,chassis_nr=9" -device "e1000,bus=s1c,addr=1,romfile="
	# a switch whose ports have no ACS
	-device "pcie-root-port,id=s2,chassis=12,slot=12" -device "x3130-upstream,id=s2u,bus=s2"
	-device "xio3130-downstream,id=s2d,bus=s2u,chassis=13,slot=1" -device "e1000e,bus=s2d,romfile="
	-device "xio3130-downstream,id=s2e,bus=s2u,chassis=14,slot=2" -device "e1000e,bus=s2e,romfile="
	# functions of one device: behind a port, integrated, integrated and Intel's
	-device "pcie-root-port,id=s3,chassis=15,slot=15"
	-device "qemu-xhci,bus=s3,addr=0.0,multifunction=on" -device "qemu-xhci,bus=s3,addr=0.1"
	-device "qemu-xhci,addr=10.0,multifunction=on" -device "qemu-xhci,addr=10.1"
	-device "e1000e,addr=11.0,multifunction=on,romfile=" -device "e1000e,addr=11.1,romfile="
	# a conventional bridge on the root bus, a port without ACS, a free port
	-device "i82801b11-bridge,id=s4,addr=12.0" -device "e1000,bus=s4,addr=1,romfile="
	-device "pcie-root-port,id=s5,chassis=16,slot=16,disable-acs=true" -device "e1000e,bus=s5,romfile="
	-device "pcie-root-port,id=s6,chassis=17,slot=17"
)
