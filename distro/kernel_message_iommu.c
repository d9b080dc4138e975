// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of drivers/iommu and of interrupt set-up: firmware tables, units, remapping. See kernel_message.h. */
#include "distro/kernel_message.h"

#include <stddef.h>

const struct message_cause message_causes_iommu[] = {
	{
		.code = CODE_FIRMWARE_BUG,
		.means = "the firmware's DMAR table is wrong",
		.why = "a unit, a range or a name in it cannot be",
		.fix = "update the firmware",
		.stops = MESSAGE_STOPS_IOMMU,
		.form = {
			PLAIN(V5_10, NOW, "DMAR: [Firmware Bug]: Your BIOS is broken; DMAR reported at address "
				"%llx%s!\\nBIOS vendor: %s; Ver: %s; Product Version: %s"),
			PLAIN(V3_13, V4_19, "Your BIOS is broken; DMAR reported at address %llx%s!\\nBIOS vendor: %s; Ver: %s; "
				"Product Version: %s"),
			PLAIN(V5_10, NOW, "DMAR: [Firmware Bug]: Your BIOS is broken; RHSA refers to non-existent DMAR unit "
				"at %llx\\nBIOS vendor: %s; Ver: %s; Product Version: %s"),
			PLAIN(V3_13, V4_19, "Your BIOS is broken; RHSA refers to non-existent DMAR unit at %llx\\nBIOS vendor: "
				"%s; Ver: %s; Product Version: %s"),
			PLAIN(V5_10, NOW, "DMAR: [Firmware Bug]: Your BIOS is broken; ANDD object name is not "
				"NUL-terminated\\nBIOS vendor: %s; Ver: %s; Product Version: %s"),
			PLAIN(V4_19, V4_19, "Your BIOS is broken; ANDD object name is not NUL-terminated\\nBIOS vendor: %s; "
				"Ver: %s; Product Version: %s"),
			PLAIN(V3_13, NOW, "Your BIOS is broken; DMA routed to ISOCH DMAR unit but no TLB space.\\nBIOS "
				"vendor: %s; Ver: %s; Product Version: %s"),
			PLAIN(V4_19, NOW, "DMAR: [Firmware Bug]: No DRHD structure found in DMAR table"),
			PLAIN(V4_19, NOW, "DMAR: [Firmware Bug]: Record passes table end"),
			PLAIN(V4_19, NOW, "DMAR: Invalid DMAR haw"),
			PLAIN(V4_19, NOW, "DMAR: [Firmware Bug]: No DRHD structures in buffer returned by _DSM method"),
		},
	},
	{
		.code = CODE_FIRMWARE_BUG,
		.means = "the firmware reserves memory wrongly (RMRR)",
		.why = "its range ends before it begins, or names a device that cannot be",
		.fix = "update the firmware",
		.form = {
			PLAIN(V5_10, NOW, "DMAR: [Firmware Bug]: Your BIOS is broken; bad RMRR [%#018Lx-%#018Lx]\\nBIOS "
				"vendor: %s; Ver: %s; Product Version: %s"),
			PLAIN(V3_13, V4_19, "Your BIOS is broken; RMRR ends before it starts!\\nBIOS vendor: %s; Ver: %s; "
				"Product Version: %s"),
			PLAIN(V3_13, V4_19, "Your BIOS is broken; RMRR exceeds permitted address width (%d bits)\\nBIOS "
				"vendor: %s; Ver: %s; Product Version: %s"),
			PLAIN(V4_19, NOW, "DMAR: [Firmware Bug]: RMRR entry for device %02x:%02x.%x is broken - applying "
				"workaround"),
			SPOKEN(V6_12, NOW, "IOMMU driver was not able to establish FW requested direct mapping."),
			PLAIN(V4_19, V4_19, "DMAR: Mapping reserved region failed"),
			SPOKEN(V4_19, V4_19, "Mapping reserved region failed"),
		},
	},
	{
		.code = CODE_FIRMWARE_BUG,
		.means = "the firmware leaves the graphics without memory for its tables, so it is not behind the "
			"IOMMU",
		.fix = "give the graphics more memory in the firmware's set-up",
		.form = {
			SPOKEN(V5_10, NOW, "DMAR: BIOS has allocated no shadow GTT; disabling IOMMU for graphics"),
			PLAIN(V3_13, V4_19, "DMAR: BIOS has allocated no shadow GTT; disabling IOMMU for graphics"),
		},
	},
	{
		.code = CODE_FIRMWARE_BUG,
		.means = "the firmware put the DMA engine behind the wrong IOMMU",
		.fix = "update the firmware",
		.form = {
			PLAIN(V5_10, NOW, "DMAR: [Firmware Bug]: BIOS assigned incorrect VT-d unit for Intel(R) QuickData "
				"Technology device"),
			PLAIN(V3_13, V4_19, "BIOS assigned incorrect VT-d unit for Intel(R) QuickData Technology device"),
		},
	},
	{
		.code = CODE_X2APIC_OPT_OUT,
		.means = "the firmware keeps x2APIC off",
		.why = "it set the opt-out bit of its DMAR table",
		.fix = "switch x2APIC on in the firmware's set-up",
		.stops = MESSAGE_STOPS_X2APIC,
		.form = {
			PLAIN(V4_19, NOW, "DMAR-IR: x2apic is disabled because BIOS sets x2apic opt out bit."),
			PLAIN(V4_19, NOW, "DMAR-IR: Use 'intremap=no_x2apic_optout' to override the BIOS setting."),
		},
	},
	{
		.code = CODE_FIRMWARE_BUG,
		.means = "the chipset's interrupt remapping does not work, and the kernel switched it off",
		.why = "an erratum of the chipset (Intel 5500, 5520, X58)",
		.fix = "no firmware mends this: use other hardware",
		.stops = MESSAGE_STOPS_REMAPPING,
		.form = {
			PLAIN(V4_19, NOW, "DMAR-IR: This system BIOS has enabled interrupt remapping\\non a chipset that "
				"contains an erratum making that\\nfeature unstable.  To maintain system "
				"stability\\ninterrupt remapping is being disabled.  Please\\ncontact your BIOS "
				"vendor for an update"),
		},
	},
	{
		.code = CODE_FIRMWARE_BUG,
		.means = "the firmware's IVRS table is wrong",
		.why = "an entry in it cannot be, or its checksum is wrong",
		.fix = "update the firmware",
		.stops = MESSAGE_STOPS_IOMMU,
		.form = {
			PLAIN(V5_10, NOW, "AMD-Vi: [Firmware Bug]: IVRS invalid checksum"),
			PLAIN(V4_19, V4_19, "[Firmware Bug]: AMD-Vi: IVRS invalid checksum"),
			PLAIN(V5_10, NOW, "AMD-Vi: [Firmware Bug]: Invalid HID."),
			PLAIN(V4_19, V4_19, "[Firmware Bug]: Invalid HID."),
			PLAIN(V5_10, NOW, "AMD-Vi: [Firmware Bug]: Invalid UID length."),
			PLAIN(V4_19, V4_19, "[Firmware Bug]: Invalid UID length."),
			PLAIN(V5_10, NOW, "AMD-Vi: [Firmware Bug]: Invalid IVHD device type %#x"),
			PLAIN(V4_19, V4_19, "[Firmware Bug]: Invalid IVHD device type %#x"),
			PLAIN(V3_13, NOW, "AMD-Vi: IVRS table error: %s"),
			PLAIN(V6_1, NOW, "AMD-Vi: [Firmware Bug]: Found inconsistent EFR/EFR2 %#llx,%#llx (global "
				"%#llx,%#llx) on iommu%d (%04x:%02x:%02x.%01x)."),
			SPOKEN(V6_12, NOW, "AMD-Vi: [Firmware Bug]: No ACPI device matched UID, but %d device%s matched HID."),
			PLAIN(V7_3, NOW, "AMD-Vi: [Firmware Bug]: Disable host address translation due to invalid "
				"translation level (%#x)."),
		},
	},
	{
		.code = CODE_FIRMWARE_BUG,
		.means = "the firmware's tables leave an I/O APIC out, so interrupts are not remapped",
		.why = "without it the kernel cannot remap all of them",
		.fix = "update the firmware; on AMD, ivrs_ioapic= of the kernel's command line can name the "
			"missing one",
		.stops = MESSAGE_STOPS_REMAPPING,
		.form = {
			PLAIN(V5_10, NOW, "AMD-Vi: %s: IOAPIC[%d] not in IVRS table"),
			PLAIN(V3_13, V4_19, "%sAMD-Vi: IOAPIC[%d] not in IVRS table"),
			PLAIN(V5_10, NOW, "AMD-Vi: %s: No southbridge IOAPIC found"),
			PLAIN(V3_13, V4_19, "%sAMD-Vi: No southbridge IOAPIC found"),
			PLAIN(V4_19, NOW, "DMAR-IR: [Firmware Bug]: ioapic %d has no mapping iommu, interrupt remapping will "
				"be disabled"),
			PLAIN(V3_13, NOW, "AMD-Vi: Disabling interrupt remapping"),
			PLAIN(V3_13, NOW, "AMD-Vi: This is a BIOS bug. Please contact your hardware vendor"),
		},
	},
	{
		.code = CODE_IOMMU_UNIT_MISSING,
		.means = "an IOMMU did not start",
		.why = "its registers cannot be mapped, or its set-up failed",
		.fix = "update the firmware; the devices behind it are not confined and stay with the host",
		.stops = MESSAGE_STOPS_IOMMU,
		.form = {
			PLAIN(V4_19, NOW, "DMAR: Failed to map %s"),
			PLAIN(V4_19, NOW, "DMAR: Initialization failed"),
			PLAIN(V4_19, NOW, "DMAR: Parse DMAR table failure."),
			PLAIN(V4_19, NOW, "DMAR: Unable to map DMAR"),
			PLAIN(V4_19, V5_15, "DMAR: Exceeded %d IOMMUs"),
			PLAIN(V4_19, NOW, "DMAR: Can't reserve memory"),
			PLAIN(V4_19, NOW, "DMAR: Can't map the region"),
			PLAIN(V4_19, NOW, "DMAR: Can't validate DRHD address: %llx"),
			PLAIN(V6_1, NOW, "AMD-Vi: IOMMU%d: Failed to initialize IOMMU Hardware (error=%d)!"),
			PLAIN(V3_13, NOW, "AMD-Vi: Can not reserve memory region %llx-%llx for mmio"),
			PLAIN(V5_10, NOW, "System has more IOMMUs than supported by this driver"),
		},
	},
	{
		.code = CODE_IOMMU_UNIT_MISSING,
		.means = "an IOMMU has no address width that the kernel can use, and translates nothing",
		.fix = "update the firmware; some units of old graphics have none",
		.stops = MESSAGE_STOPS_IOMMU,
		.form = {
			PLAIN(V5_10, NOW, "DMAR: %s: No supported address widths. Not attempting DMA translation."),
			PLAIN(V4_19, NOW, "DMAR: Cannot get a valid agaw for iommu (seq_id = %d)"),
			PLAIN(V4_19, NOW, "DMAR: Cannot get a valid max agaw for iommu (seq_id = %d)"),
			PLAIN(V7_3, NOW, "AMD-Vi: %s: DMA translation not supported by iommu."),
			PLAIN(V7_3, NOW, "AMD-Vi: Host Address Translation is not supported."),
		},
	},
	{
		.code = CODE_IOMMU_UNIT_MISSING,
		.means = "the IOMMU's registers read as ones: it is off, or broken",
		.why = "after a change of its power or a fault of the board",
		.fix = "power the host off and on; update the firmware",
		.stops = MESSAGE_STOPS_IOMMU,
		.form = {
			PLAIN(V6_1, NOW, "DMAR hardware is malfunctioning"),
		},
	},
	{
		.code = CODE_IOMMU_UNIT_MISSING,
		.means = "the IOMMU is kept off by something else that is switched on",
		.why = "memory encryption (SME) or the firmware forbids it",
		.fix = "switch that off, in the firmware's set-up or on the kernel's command line",
		.stops = MESSAGE_STOPS_IOMMU,
		.form = {
			PLAIN(V4_19, NOW, "AMD-Vi: IOMMU not currently supported when SME is active"),
			PLAIN(V7_3, NOW, "DMAR: Firmware forces DMA remapping off"),
			PLAIN(V6_12, NOW, "AMD-Vi: Failed to initialize. The CMPXCHG16B feature is required."),
		},
	},
	{
		.code = CODE_IOMMU_NO_INTREMAP,
		.means = "the kernel could not switch interrupt remapping on",
		.why = "the IOMMU or the firmware's tables do not let it",
		.fix = "update the firmware, and switch VT-d and x2APIC on in its set-up",
		.stops = MESSAGE_STOPS_REMAPPING,
		.form = {
			PLAIN(V4_19, NOW, "DMAR-IR: Failed to enable irq remapping. You are vulnerable to irq-injection "
				"attacks."),
			PLAIN(V4_19, NOW, "DMAR-IR: Failed to setup irq remapping for %s"),
			PLAIN(V4_19, NOW, "DMAR-IR: Not enabling interrupt remapping"),
			PLAIN(V4_19, NOW, "Not enabling interrupt remapping due to skipped IO-APIC setup"),
			PLAIN(V4_19, NOW, "DMAR-IR: Failed to enable queued invalidation"),
			PLAIN(V4_19, V6_12, "DMAR-IR: IR%d: failed to allocate pages of order %d"),
			PLAIN(V7_3, NOW, "DMAR-IR: IR%d: failed to allocate 1M of pages"),
			PLAIN(V4_19, NOW, "x2apic: IRQ remapping doesn't support X2APIC mode"),
			PLAIN(V4_19, NOW, "DMAR-IR: Exceeded Max IO APICS"),
			PLAIN(V4_19, NOW, "DMAR-IR: DRHD %Lx: failed to parse managed IOAPIC/HPET"),
			PLAIN(V4_19, NOW, "DMAR-IR: Failed to set source-id of IOAPIC (%d)"),
		},
	},
	{
		.code = CODE_IOMMU_NO_INTREMAP,
		.means = "interrupts that are not remapped still pass",
		.why = "the unit lets the compatibility format through",
		.fix = "update the firmware; until then give devices to guests that are trusted",
		.stops = MESSAGE_STOPS_REMAPPING,
		.form = {
			PLAIN(V3_13, NOW, "Compatibility-format IRQs enabled despite intr remapping;\\nyou are vulnerable to "
				"IRQ injection."),
		},
	},
	{
		.code = CODE_MSI_DENIED,
		.means = "the interrupt remapping table was full",
		.why = "each interrupt of each device takes an entry",
		.fix = "have drivers use fewer queues, or unload what is not needed",
		.form = {
			PLAIN(V4_19, NOW, "DMAR-IR: Failed to allocate IRTE"),
			PLAIN(V5_10, NOW, "AMD-Vi: Failed to allocate IRTE"),
			PLAIN(V4_19, V4_19, "Failed to allocate IRTE"),
			PLAIN(V4_19, NOW, "DMAR-IR: IR%d: can't allocate an IRTE"),
		},
	},
	{
		.code = CODE_MSI_DENIED,
		.means = "an interrupt came that nobody expected",
		.why = "a driver freed it while the device still sent it",
		.fix = "harmless once; if often, update the device's firmware and driver",
		.form = {
			PLAIN(V4_19, V4_19, "%s: %d.%d No irq handler for vector"),
			PLAIN(V5_10, V6_1, "%s: %d.%u No irq handler for vector"),
			PLAIN(V6_12, NOW, "No irq handler for %d.%u"),
		},
	},
	{
		.code = CODE_MSI_DENIED,
		.means = "an interrupt line was switched off, for no driver on it took what came",
		.why = "a device keeps raising the line; all others that share it are deaf from then on, or slow",
		.fix = "take devices that share the line from guests that use INTx, or have them use MSI; a card whose "
			"INTx cannot be masked wants vfio-pci nointxmask=1 and a line of its own",
		.names_line = true,
		.form = {
			PLAIN(V3_13, NOW, "irq %d: nobody cared (try booting with the \"irqpoll\" option)"),
			PLAIN(V3_13, NOW, "Disabling IRQ #%d"),
		},
	},
	{
		.code = CODE_MSI_DENIED,
		.means = "a driver answered an interrupt with nonsense",
		.why = "a bug of the driver",
		.fix = "update the driver or the kernel",
		.names_line = true,
		.form = {
			PLAIN(V3_13, NOW, "irq event %d: bogus return value %x"),
		},
	},
	{
		.code = CODE_MSI_DENIED,
		.means = "the processors had no vectors left",
		.why = "each interrupt of a device takes one of some 200 of a processor",
		.fix = "have drivers use fewer queues, or unload what is not needed",
		.form = {
			PLAIN(V4_19, NOW, "Managed startup irq %u, no vector available"),
			PLAIN(V4_19, NOW, "Reserved vectors %u > available %u. IRQ request may fail"),
			PLAIN(V5_10, NOW, "irq %u: Affinity broken due to vector space exhaustion."),
			PLAIN(V4_19, NOW, "CPU %u has %u vectors, %u available. Cannot disable CPU"),
		},
	},
	{
		.code = CODE_VFIO_REFUSED,
		.means = "the firmware reserves memory for it",
		.why = "VFIO gives no such device away: the firmware would go on using it",
		.fix = "see: sluice explain DEV-RESERVED-MEMORY",
		.form = {
			SPOKEN(V5_10, V6_1, "DMAR: Device is ineligible for IOMMU domain attach due to platform RMRR "
				"requirement.  Contact your platform vendor."),
			SPOKEN(V4_19, V4_19, "Device is ineligible for IOMMU domain attach due to platform RMRR requirement.  "
				"Contact your platform vendor."),
			SPOKEN(V6_12, NOW, "Firmware has requested this device have a 1:1 IOMMU mapping, rejecting "
				"configuring the device without a 1:1 mapping. Contact your platform vendor."),
		},
	},
	{
		.code = CODE_VFIO_REFUSED,
		.means = "it was put into no IOMMU group, so VFIO cannot have it",
		.why = "its IOMMU refused it",
		.fix = "look whether the firmware's table names the device: sluice iommu",
		.form = {
			SPOKEN(V5_10, NOW, "Failed to add to iommu group %d: %d"),
			PLAIN(V4_19, V4_19, "iommu: Failed to add device %s to group %d: %d"),
			SPOKEN(V5_10, NOW, "AMD-Vi: Failed to initialize - trying to proceed anyway"),
			PLAIN(V4_19, V4_19, "Failed to initialize device %s - trying to proceed anyway"),
		},
	},
	{
		.code = CODE_VFIO_REFUSED,
		.means = "memory beyond what the IOMMU can address was to be mapped",
		.why = "the guest's memory is laid out higher than the IOMMU's width",
		.fix = "see: sluice explain IOMMU-NARROW",
		.form = {
			PLAIN(V4_19, V6_12, "DMAR: %s: iommu width (%d) is not sufficient for the mapped address (%llx)"),
			SPOKEN(V5_10, V6_1, "DMAR: %s: iommu width (%d) is not sufficient for the mapped address (%llx)"),
		},
	},
	{
		.code = CODE_VFIO_REFUSED,
		.means = "it comes from outside (Thunderbolt), and its driver wanted more than such a device may "
			"have",
		.fix = "give it to a guest that may have it; or mark its port as internal in the firmware's set-up",
		.form = {
			SPOKEN(V6_12, NOW, "Device is not trusted, but driver is overriding group %u to %s, refusing to probe."),
		},
	},
	{
		.code = CODE_FIRMWARE_BUG,
		.means = "the firmware's table names a device as something that it is not",
		.why = "what it says of that device is not followed",
		.fix = "update the firmware",
		.form = {
			PLAIN(V4_19, NOW, "DMAR: Device scope type does not match for %s"),
			PLAIN(V4_19, NOW, "DMAR: Unsupported device scope"),
			PLAIN(V4_19, NOW, "DMAR: Failed to find handle for ACPI object %s"),
			PLAIN(V4_19, NOW, "DMAR: Failed to get device for ACPI object %s"),
			PLAIN(V4_19, NOW, "DMAR: No IOMMU scope found for ANDD enumeration ID %d (%s)"),
		},
	},
	{
		.code = CODE_FIRMWARE_BUG,
		.means = "a device has no unit, or no table of interrupts, by the firmware's IVRS",
		.fix = "update the firmware",
		.form = {
			PLAIN(V4_19, V5_15, "%s: no iommu for devid %x"),
			PLAIN(V4_19, V5_15, "%s: no table for devid %x"),
			PLAIN(V6_1, NOW, "%s: no iommu for devid %x:%x"),
			PLAIN(V6_1, NOW, "%s: no table for devid %x:%x"),
		},
	},
	{
		.code = CODE_IOMMU_UNIT_MISSING,
		.means = "the kernel keeps the graphics out of its IOMMU, for an erratum of the chipset",
		.fix = "nothing mends this: graphics of this chipset stay with the host",
		.stops = MESSAGE_STOPS_IOMMU,
		.form = {
			SPOKEN(V5_10, NOW, "DMAR: Disabling IOMMU for graphics on this chipset"),
			PLAIN(V5_10, NOW, "AMD-Vi: Disable IOMMU on Stoney Ridge"),
		},
	},
	{
		.code = CODE_MSI_DENIED,
		.means = "an IOMMU got no interrupt, so faults that it sees are not reported",
		.fix = "have drivers use fewer queues, or unload what is not needed, then boot anew",
		.form = {
			PLAIN(V4_19, NOW, "DMAR: No free IRQ vectors"),
			PLAIN(V4_19, NOW, "DMAR: Can't request irq"),
			PLAIN(V4_19, NOW, "DMAR: DRHD %Lx: failed to enable fault, interrupt, ret %d"),
		},
	},
	{
		.code = CODE_VFIO_REFUSED,
		.means = "its IOMMU could not give it an address space of its own",
		.why = "all numbers of the unit are taken (one a guest), or memory was short",
		.fix = "end guests that have devices of the same IOMMU; update the kernel",
		.form = {
			PLAIN(V4_19, NOW, "DMAR: %s: No free domain ids"),
			PLAIN(V4_19, V6_12, "DMAR: Domain initialization failed"),
			SPOKEN(V5_10, V6_1, "DMAR: Domain context map failed"),
			SPOKEN(V5_10, V6_1, "DMAR: Setup RID2PASID failed"),
			SPOKEN(V5_10, NOW, "DMAR: PASID table allocation failed"),
		},
	},
	{ .means = NULL },
};
