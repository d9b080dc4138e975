// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages of drivers/vfio: what it refuses to give away, and what it meets while it has a device. See
 * kernel_message.h.
 */
#include "distro/kernel_message.h"

#include <stddef.h>

const struct message_cause message_causes_vfio[] = {
	{
		.code = CODE_VFIO_REFUSED,
		.means = "vfio-pci refuses it by a list of its own (denylist)",
		.why = "it is known to hang the host or to reach memory that is not its guest's",
		.fix = "give it to no guest; who knows the risk loads vfio-pci with disable_denylist=1",
		.form = {
			SPOKEN(V5_10, NOW, "%04x:%04x exists in vfio-pci device denylist, driver probing disallowed."),
		},
	},
	{
		.code = CODE_VFIO_REFUSED,
		.means = "interrupts are not remapped, and VFIO wants that",
		.fix = "see: sluice explain IOMMU-NO-INTREMAP",
		.form = {
			PLAIN(V3_13, NOW, "%s: No interrupt remapping support.  Use the module param "
				"\"allow_unsafe_interrupts\" to enable VFIO IOMMU support on this platform"),
			SPOKEN(V6_12, NOW, "MSI interrupts are not secure, they cannot be isolated by the platform. Check "
				"that platform features like interrupt remapping are enabled. Use the "
				"\"allow_unsafe_interrupts\" module parameter to override"),
		},
	},
	{
		.code = CODE_VFIO_REFUSED,
		.means = "the limit on locked memory was too low",
		.fix = "see: sluice explain MEMLOCK-LOW",
		.form = {
			PLAIN(V3_13, NOW, "%s: RLIMIT_MEMLOCK (%ld) exceeded"),
			PLAIN(V4_19, NOW, "%s: Task %s (%d) RLIMIT_MEMLOCK (%ld) exceeded"),
		},
	},
	{
		.code = CODE_VFIO_REFUSED,
		.means = "it has VFs, and vfio-pci takes no PF that has",
		.fix = "remove its VFs first: sluice vf destroy DEVICE|remove its VFs first: sluice vf destroy",
		.form = {
			SPOKEN(V4_19, NOW, "Cannot bind to PF with SR-IOV enabled"),
		},
	},
	{
		.code = CODE_VFIO_REFUSED,
		.means = "it was opened without the token that a VF of such a PF needs",
		.why = "its PF is with vfio-pci, in somebody's user space",
		.fix = "see: sluice explain VF-TOKEN",
		.form = {
			SPOKEN(V5_10, NOW, "VF token required to access device"),
			SPOKEN(V5_10, NOW, "Incorrect VF token provided for device"),
			SPOKEN(V5_10, NOW, "VF token incorrectly provided, PF not bound to vfio-pci"),
			SPOKEN(V5_10, NOW, "VF token incorrectly provided, not a PF or VF"),
		},
	},
	{
		.code = CODE_VFIO_REFUSED,
		.means = "a VF went to a host driver while its PF is in user space",
		.why = "who has the PF sees and changes what the VF does",
		.fix = "give the VF to vfio-pci too, or the PF back to its own driver",
		.form = {
			SPOKEN(V5_15, NOW, "VF %s bound to driver %s while PF bound to driver %s"),
			SPOKEN(V5_10, V5_10, "VF %s bound to driver %s while PF bound to vfio-pci"),
		},
	},
	{
		.code = CODE_VFIO_REFUSED,
		.means = "its user kept it, and the kernel waited for that",
		.why = "a program or guest did not close the device when it was asked",
		.fix = "end that program; see: sluice impact DEVICE|end that program; see: sluice impact",
		.form = {
			SPOKEN(V4_19, NOW, "Device is currently in use, task \"%s\" (%d) blocked until device is released"),
			SPOKEN(V4_19, NOW, "No device request channel registered, blocked until released by user"),
			SPOKEN(V4_19, NOW, "Relaying device request to user (#%u)"),
		},
	},
	{
		.code = CODE_VFIO_REFUSED,
		.means = "what a guest needs of the graphics was not found",
		.why = "the firmware left no OpRegion, or the host bridge is another's",
		.fix = "start the host with the graphics as the primary display in the firmware's set-up",
		.form = {
			SPOKEN(V4_19, NOW, "Failed to setup Intel IGD regions"),
		},
	},
	{
		.code = CODE_VFIO_REFUSED,
		.means = "ids= of vfio-pci has a part that is no id",
		.fix = "write it as VENDOR:DEVICE in four digits each, separated by commas",
		.form = {
			PLAIN(V4_19, NOW, "vfio_pci: invalid id string \"%s\""),
		},
	},
	{
		.code = CODE_VFIO_NOIOMMU,
		.means = "it was given away without an IOMMU",
		.why = "enable_unsafe_noiommu_mode is set",
		.fix = "see: sluice explain VFIO-NOIOMMU",
		.form = {
			SPOKEN(V4_19, NOW, "Adding kernel taint for vfio-noiommu group on device"),
			SPOKEN(V7_3, NOW, "Adding kernel taint for vfio-noiommu cdev"),
			SPOKEN(V4_19, NOW, "vfio-noiommu device opened by user (%s:%d)"),
		},
	},
	{
		.code = CODE_RESET_FAILED,
		.means = "it was reset behind VFIO's back: its registers' places were gone",
		.why = "a reset of the bus, or of the card by itself",
		.fix = "end what else resets it; a guest that had it does not work any more",
		.form = {
			SPOKEN(V5_10, NOW, "%s: reset recovery - restoring BARs"),
			PLAIN(V3_13, V4_19, "%s: %s reset recovery - restoring bars"),
		},
	},
	{
		.code = CODE_RESET_FAILED,
		.means = "its state from before the guest could not be put back",
		.fix = "take its driver away and give it back",
		.form = {
			SPOKEN(V5_10, NOW, "%s: Couldn't reload saved state"),
		},
	},
	{
		.code = CODE_VFIO_REFUSED,
		.means = "a mapping was refused that is no whole number of the IOMMU's pages",
		.fix = "update the machine monitor that asked for it (QEMU, sluice-vmm)",
		.form = {
			PLAIN(V4_19, NOW, "iommu: unaligned: iova 0x%lx pa %pa size 0x%zx min_pagesz 0x%x"),
			PLAIN(V4_19, NOW, "iommu: unaligned: iova 0x%lx size 0x%zx min_pagesz 0x%x"),
		},
	},
	{ .means = NULL },
};
