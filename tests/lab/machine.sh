# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by lab: the emulated hardware, as QEMU's arguments.
#
#   port rp1   igb, the SR-IOV network card (7 VFs); 10.0.2.2 answers ping
#   port rp2   NVMe with SR-IOV; its one disk has a partition, which the host mounts: a device in use
#   ports rp3, rp4   two e1000e cards, alike, behind ports without ACS: one IOMMU group, not viable
#
# Profiles that say on_root_bus=yes have the first two in the root complex instead of behind a port; with swapped=yes the two e1000e, each with the
# MAC and serial number that it has elsewhere, sit in each other's port.
#
# Not here: the kernel and its command line's IOMMU part come from the profile.
# shellcheck disable=SC2154 # lab's variables

# A disk with one ext4 partition. Written by hand, so that it takes neither root nor a partitioning tool.
make_disk() {
	local disk=$1/disk

	truncate -s 64M "$disk"
	mke2fs -q -t ext4 -L data -E offset=1048576 "$disk" 63M
	# The partition table: one entry of type 0x83, start 2048, 129024 sectors; then the signature.
	printf '\0\0\0\0\203\0\0\0\0\10\0\0\0\370\1\0' | dd of="$disk" bs=1 seek=446 conv=notrunc status=none
	printf '\125\252' | dd of="$disk" bs=1 seek=510 conv=notrunc status=none
}

# The arguments for a host of $memory. VF BARs are 32 bits wide in QEMU, so no window for devices may be above
# 4 GiB; but with RAM up there the firmware makes one; so all memory over 2 GiB is a DIMM, which the firmware does not count.
memory_arguments() {
	local mib=$(($(numfmt --from=iec "$memory") / 1048576))

	if [ "$mib" -le 2048 ]; then
		machine+=(-m "$mib")
		return
	fi
	machine+=(-m "2048,slots=1,maxmem=64G"
		-object "memory-backend-ram,id=dimm,size=$((mib - 2048))M" -device "pc-dimm,memdev=dimm")
}

# Without fast string operations kernels clear and copy memory by words, which emulates several times quicker than bytes.
# Sets machine from the options: profile's variables, memory, cpus, without, kernel_image, kernel_args.
machine_arguments() {
	local cpu=max,-erms,-fsrm disk lack card_at="bus=rp1" nvme_at="bus=rp2" twins=(rp3 rp4)

	[ -z "${swapped-}" ] || twins=(rp4 rp3)
	[ -z "${on_root_bus-}" ] || card_at="bus=pcie.0,addr=6" nvme_at="bus=pcie.0,addr=a"

	disk=$(cache_get "disk-$(cache_hash <"$here/machine.sh")" make_disk)/disk
	for lack in "${without[@]}"; do
		case $lack in
		iommu) append="${append//[a-z]*_iommu=on/} $no_iommu" ;;
		intremap) iommu=${iommu/intremap=on/intremap=off} ;;
		kvm) cpu=$cpu,-svm ;;
		*) die "--without $lack: there are iommu, intremap, kvm" ;;
		esac
	done
	# A kernel that ticks wakes up again: docs/testing.md, "Where emulation misleads".
	machine=(-M "q35,kernel-irqchip=split" -accel "tcg,thread=multi" -smp "$cpus" -cpu "$cpu"
		-global q35-pcihost.pci-hole64-size=0 # 32-bit VF BARs, see memory_arguments
		-nodefaults -display none -no-reboot)
	# without a kernel it starts from its disk
	[ -z "${kernel_image-}" ] || machine+=(-kernel "$kernel_image"
		-append "console=ttyS0 panic=-1 oops=panic quiet nohz=off highres=off memhp_default_state=online $append ${kernel_args[*]}") # the DIMM, on old kernels
	memory_arguments
	machine+=(-device "$iommu"
		-device "pcie-root-port,id=rp1,chassis=1,slot=1" -netdev "user,id=n0" -device "igb,$card_at,netdev=n0,romfile="
		-device "pcie-root-port,id=rp2,chassis=2,slot=2" -drive "file=$disk,if=none,id=disk,format=raw,snapshot=on"
		-device "nvme-subsys,id=subsys"
		-device "nvme,id=nvme,$nvme_at,serial=lab,subsys=subsys,sriov_max_vfs=4,sriov_vq_flexible=8,sriov_vi_flexible=4,max_ioqpairs=16,msix_qsize=16"
		-device "nvme-ns,drive=disk,bus=nvme,nsid=1,shared=on"
		# for VFs: nobody sees them until they are attached
		-drive "file=$disk,if=none,id=disk2,format=raw,snapshot=on" -device "nvme-ns,drive=disk2,bus=nvme,nsid=2,shared=on,detached=on"
		-drive "file=$disk,if=none,id=disk3,format=raw,snapshot=on" -device "nvme-ns,drive=disk3,bus=nvme,nsid=3,shared=on,detached=on"
		-device "pcie-root-port,id=rp3,chassis=3,slot=3,addr=8.0,multifunction=on,disable-acs=true"
		-device "pcie-root-port,id=rp4,chassis=4,slot=4,addr=8.1,disable-acs=true"
		-netdev "user,id=n3,restrict=on" -device "e1000e,id=twin0,bus=${twins[0]},netdev=n3,romfile="
		-netdev "user,id=n4,restrict=on" -device "e1000e,id=twin1,bus=${twins[1]},netdev=n4,romfile=")
}
