// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of drivers/pci: registers and their places, VFs, resets, links, interrupts. See kernel_message.h. */
#include "distro/kernel_message.h"

#include <stddef.h>

const struct message_cause message_causes_pci[] = {
	{
		.code = CODE_VF_CREATE_FAILED,
		.means = "its VFs' registers have no room",
		.why = "the windows of the bridges above are too small for the VF BARs; the PF itself is well",
		.fix = "switch SR-IOV and 'above 4G decoding' on in the firmware's set-up, or boot with "
			"pci=realloc",
		.form = {
			SPOKEN(V3_13, NOW, "not enough MMIO resources for SR-IOV"),
			SPOKEN(V3_13, NOW, "SR-IOV: IOV BARS not allocated"),
		},
	},
	{
		.code = CODE_VF_CREATE_FAILED,
		.means = "there was no room for the registers of its VFs when the host started",
		.why = "the windows of the bridges above are too small for the VF BARs; the PF itself is well",
		.fix = "switch SR-IOV and 'above 4G decoding' on in the firmware's set-up, or boot with pci=realloc",
		.lasting = MESSAGE_UNLESS_VF_UNPLACED,
		.form = {
			SPOKEN_IF(MESSAGE_VF_BAR, V4_19, V5_15, "BAR %d: no space for %pR"),
			SPOKEN_IF(MESSAGE_VF_BAR, V4_19, V5_15, "BAR %d: failed to assign %pR"),
			SPOKEN_IF(MESSAGE_VF_BAR, V6_1, NOW, "%s %pR: can't assign; no space"),
			SPOKEN_IF(MESSAGE_VF_BAR, V6_1, NOW, "%s %pR: failed to assign"),
		},
	},
	{
		.code = CODE_VF_CREATE_FAILED,
		.means = "its VFs would be on a bus number that is not behind its port",
		.why = "a port that does not forward ARI, or an offset of the VFs beyond 255, takes them to the "
			"next bus",
		.fix = "use a slot whose port forwards ARI, or fewer VFs; pci=assign-busses makes room too, and "
			"changes bus numbers and so interfaces' names (enpXs0)",
		.form = {
			SPOKEN(V4_19, NOW, "can't enable %d VFs (bus %02x out of range of %pR)"),
			SPOKEN(V3_13, V3_13, "SR-IOV: bus number out of range"),
		},
	},
	{
		.code = CODE_VF_CREATE_FAILED,
		.means = "the PF had no driver, and VFs are made by it",
		.fix = "give the PF its driver back: sluice release DEVICE|give the PF its driver back: sluice "
			"release",
		.form = {
			SPOKEN(V5_15, NOW, "no driver bound to device; cannot configure SR-IOV"),
		},
	},
	{
		.code = CODE_VF_CREATE_FAILED,
		.means = "the PF's driver makes no VFs through sriov_numvfs",
		.why = "it has none, or a parameter of its own for them",
		.fix = "look at the driver's parameters (modinfo); another driver of the card may make VFs",
		.form = {
			SPOKEN(V5_15, NOW, "driver does not support SR-IOV configuration via sysfs"),
			SPOKEN(V5_10, V5_10, "Driver does not support SRIOV configuration via sysfs"),
			SPOKEN(V3_13, V4_19, "Driver doesn't support SRIOV configuration via sysfs"),
		},
	},
	{
		.code = CODE_VF_CREATE_FAILED,
		.means = "VFs were there already",
		.why = "their number changes from and to 0 only",
		.fix = "sluice vf destroy DEVICE first|remove the VFs first: sluice vf destroy",
		.form = {
			SPOKEN(V3_13, NOW, "%d VFs already enabled. Disable before enabling %d VFs"),
		},
	},
	{
		.code = CODE_VF_CREATE_FAILED,
		.means = "the driver made fewer VFs than were asked for",
		.why = "the card or its firmware has no more",
		.fix = "ask for as many as the driver gave, or look at the card's own set-up",
		.form = {
			SPOKEN(V3_13, NOW, "%d VFs requested; only %d enabled"),
		},
	},
	{
		.code = CODE_VF_CREATE_FAILED,
		.means = "its VFs were in use and stayed",
		.why = "a guest had one of them",
		.fix = "end what uses the VFs: sluice impact DEVICE|end what uses the VFs: sluice impact",
		.form = {
			SPOKEN(V4_19, NOW, "Cannot modify SR-IOV while VFs are assigned"),
		},
	},
	{
		.code = CODE_VF_CREATE_FAILED,
		.means = "its driver left and did not take its VFs with it",
		.why = "the VFs have no PF driver now",
		.fix = "remove the VFs, then load the driver anew: sluice vf destroy DEVICE|remove the VFs, then "
			"load the driver anew",
		.form = {
			SPOKEN(V4_19, NOW, "driver left SR-IOV enabled after remove"),
		},
	},
	{
		.code = CODE_DEV_LOST,
		.means = "it answered its configuration space with nonsense, and the kernel passed it over",
		.why = "a VF behind a port that does not forward ARI answers so, and a card that is damaged or "
			"not powered",
		.fix = "if it is a VF: switch ARI forwarding on in the firmware's set-up, or use another slot; "
			"else seat the card anew",
		.form = {
			SPOKEN(V3_13, NOW, "unknown header type %02x, ignoring device"),
		},
	},
	{
		.code = CODE_DEV_LOST,
		.means = "it did not answer when it was looked for",
		.why = "it needs longer to start than the kernel waits, or its link is bad",
		.fix = "power the host off and on; seat the card anew",
		.form = {
			PLAIN(V4_19, NOW, "pci %04x:%02x:%02x.%d: not ready after %dms; giving up"),
			SPOKEN(V6_12, NOW, "Device config space inaccessible; unable to %s"),
		},
	},
	{
		.code = CODE_DEV_LOST,
		.means = "the card below went away, or its link did",
		.why = "it was pulled, lost its power, or broke down",
		.fix = "if nobody pulled it: seat the card and its power cable anew, and look at its temperature",
		.form = {
			SPOKEN(V5_10, NOW, "pciehp: Slot(%s): Card not present"),
			SPOKEN(V5_10, NOW, "pciehp: Slot(%s): Link Down"),
			SPOKEN(V4_19, V4_19, "Slot(%s): Card not present"),
			SPOKEN(V4_19, V4_19, "Slot(%s): Link Down"),
			SPOKEN(V5_10, NOW, "pciehp: Slot(%s): Power fault"),
			SPOKEN(V4_19, V4_19, "Slot(%s): Power fault"),
			SPOKEN(V5_10, NOW, "pciehp: Slot(%s): Cannot train link: status %#06x"),
		},
	},
	{
		.code = CODE_BAR_CONFLICT,
		.means = "something else has its registers' place",
		.fix = "look in /proc/iomem who has the range; BOOTFB or simplefb there is the boot's "
			"framebuffer: make another display the primary one",
		.form = {
			SPOKEN(V3_13, NOW, "BAR %d: can't reserve %pR"),
		},
	},
	{
		.code = CODE_BAR_CONFLICT,
		.means = "there was no room for its registers",
		.why = "the windows of the bridges above are too small",
		.fix = "switch 'above 4G decoding' on in the firmware's set-up, or boot with pci=realloc",
		.lasting = MESSAGE_WHILE_UNPLACED,
		.form = {
			SPOKEN_IF(MESSAGE_BAR, V4_19, V5_15, "BAR %d: no space for %pR"),
			SPOKEN_IF(MESSAGE_BAR, V4_19, V5_15, "BAR %d: failed to assign %pR"),
			SPOKEN_IF(MESSAGE_BAR, V6_1, NOW, "%s %pR: can't assign; no space"),
			SPOKEN_IF(MESSAGE_BAR, V6_1, NOW, "%s %pR: failed to assign"),
			SPOKEN(V4_19, V5_15, "can't enable device: BAR %d %pR not assigned"),
			SPOKEN(V6_1, NOW, "%s %pR: not assigned; can't enable device"),
			SPOKEN(V4_19, V5_15, "can't claim BAR %d %pR: no address assigned"),
			SPOKEN(V6_1, NOW, "%s %pR: can't claim; no address assigned"),
		},
	},
	{
		.code = CODE_BAR_CONFLICT,
		.means = "its registers' place was another device's",
		.why = "the firmware gave one range to two",
		.fix = "update the firmware, or boot with pci=realloc",
		.lasting = MESSAGE_WHILE_UNPLACED,
		.form = {
			SPOKEN(V4_19, V5_15, "can't claim BAR %d %pR: address conflict with %s %pR"),
			SPOKEN(V6_1, NOW, "%s %pR: can't claim; address conflict with %s %pR"),
			SPOKEN(V4_19, V5_15, "can't claim BAR %d %pR: no compatible bridge window"),
			SPOKEN(V6_1, NOW, "%s %pR: can't claim; no compatible bridge window"),
			SPOKEN(V4_19, V5_15, "can't enable device: BAR %d %pR not claimed"),
			SPOKEN(V6_1, NOW, "%s %pR: not claimed; can't enable device"),
			SPOKEN(V3_13, V5_15, "BAR %d: %pR conflicts with %s %pR"),
			SPOKEN(V6_1, NOW, "%s %pR: conflicts with %s %pR"),
		},
	},
	{
		.code = CODE_BAR_CONFLICT,
		.means = "what is behind the bridge got no addresses",
		.why = "the bridge's window has no place",
		.fix = "switch 'above 4G decoding' on in the firmware's set-up, or boot with pci=realloc",
		.form = {
			SPOKEN(V4_19, NOW, "devices behind bridge are unusable because %pR cannot be assigned for them"),
		},
	},
	{
		.code = CODE_BAR_CONFLICT,
		.means = "its BARs are no such, so the kernel switched its registers off",
		.why = "the card's firmware is broken, or it answers with nonsense",
		.fix = "update the card's firmware",
		.form = {
			SPOKEN(V4_19, NOW, "device has non-compliant BARs; disabling IO/MEM decoding"),
			SPOKEN(V4_19, V5_15, "[Firmware Bug]: reg 0x%x: invalid BAR (can't size)"),
			SPOKEN(V6_1, NOW, "[Firmware Bug]: %s: invalid; can't size"),
		},
	},
	{
		.code = CODE_RESET_FAILED,
		.means = "it did not come back from a reset",
		.why = "its reset does not work, or its firmware hangs",
		.fix = "power the host off and on, not only reboot it; try another of its reset_methods, or keep "
			"it with one guest",
		.form = {
			SPOKEN(V4_19, NOW, "not ready %dms after %s; giving up"),
			SPOKEN(V4_19, NOW, "Timeout waiting for NVMe ready status to clear after disable"),
			SPOKEN(V5_10, NOW, "Reset dev timeout, FLR ack reg: %#010x"),
			SPOKEN(V3_13, NOW, "timeout during reset"),
			SPOKEN(V5_15, NOW, "ACPI _RST failed"),
			SPOKEN(V5_10, NOW, "Failed to reset GPU: %d"),
			SPOKEN(V7_3, NOW, "Failed to reset Root Port: %d"),
		},
	},
	{
		.code = CODE_RESET_FAILED,
		.means = "it was still at work when it was reset",
		.why = "a driver or guest had not stopped it",
		.fix = "end what uses the device before it is given away",
		.form = {
			SPOKEN(V4_19, NOW, "timed out waiting for pending transaction; performing function level reset anyway"),
			SPOKEN(V4_19, NOW, "timed out waiting for pending transaction; performing AF function level reset "
				"anyway"),
		},
	},
	{
		.code = CODE_RESET_FAILED,
		.means = "it did not wake up from a power state",
		.why = "its configuration space cannot be reached, or it keeps the state",
		.fix = "power the host off and on; then keep it awake: echo 0 > "
			"/sys/bus/pci/devices/DEVICE/d3cold_allowed; with vfio-pci also disable_idle_d3=1|power "
			"the host off and on",
		.form = {
			SPOKEN(V6_1, NOW, "Unable to change power state from %s to D0, device inaccessible"),
			SPOKEN(V6_1, NOW, "Unable to change power state from %s to %s, device inaccessible"),
			SPOKEN(V5_10, V5_15, "can't change power state from %s to %s (config space inaccessible)"),
			SPOKEN(V5_10, V5_15, "refused to change power state from %s to %s"),
			SPOKEN(V6_1, NOW, "Refused to change power state from %s to D0"),
			SPOKEN(V6_1, NOW, "Refused to change power state from %s to %s"),
			SPOKEN(V3_13, V4_19, "Refused to change power state, currently in D%d"),
			SPOKEN(V6_1, NOW, "vfio: runtime resume failed %d"),
			SPOKEN(V6_1, NOW, "runtime resume failed %d"),
		},
	},
	{
		.code = CODE_PCIE_ERRORS,
		.means = "it reported errors on its link that the hardware did not correct",
		.why = "a bad seat, slot, cable or card; overclocking",
		.fix = "seat the card anew, try another slot, update its firmware",
		.form = {
			SPOKEN_IF(MESSAGE_UNCORRECTED, V4_19, V6_12, "PCIe Bus Error: severity=%s, type=%s, (%s)"),
			SPOKEN_IF(MESSAGE_UNCORRECTED, V5_10, V6_12, "AER: PCIe Bus Error: severity=%s, type=Inaccessible, (Unregistered Agent ID)"),
			SPOKEN_IF(MESSAGE_UNCORRECTED, V4_19, V4_19, "PCIe Bus Error: severity=%s, type=Inaccessible, (Unregistered Agent ID)"),
			SPOKEN(V7_3, NOW, "%s Bus Error: severity=%s"),
		},
	},
	{
		.code = CODE_PCIE_ERRORS,
		.means = "the port cut the link after an error (downstream port containment)",
		.why = "what is below had a fatal error",
		.fix = "seat the card below anew, try another slot, update its firmware",
		.form = {
			SPOKEN(V5_10, V6_1, "DPC: containment event, status:%#06x source:%#06x"),
			SPOKEN(V4_19, V4_19, "DPC containment event, status:%#06x source:%#06x"),
			SPOKEN(V6_12, NOW, "DPC: containment event, status:%#06x, %s received from %04x:%02x:%02x.%d"),
			SPOKEN(V6_12, NOW, "DPC: containment event, status:%#06x: %s detected"),
			SPOKEN(V6_12, NOW, "DPC: containment event, status:%#06x: unmasked uncorrectable error detected"),
		},
	},
	{
		.code = CODE_PCIE_ERRORS,
		.means = "it did not recover from an error on its link",
		.fix = "power the host off and on; seat the card anew",
		.form = {
			SPOKEN(V5_10, NOW, "AER: device recovery failed"),
			SPOKEN(V3_13, V4_19, "AER: Device recovery failed"),
			SPOKEN(V4_19, V4_19, "Device recovery from fatal error failed"),
			SPOKEN(V5_10, NOW, "AER: subordinate device reset failed"),
			SPOKEN(V5_10, NOW, "AER: can't recover (no error_detected callback)"),
			SPOKEN(V5_10, NOW, "DPC: root port still busy"),
		},
	},
	{
		.code = CODE_MSI_DENIED,
		.means = "it got no MSI or MSI-X interrupts",
		.why = "another kind was switched on already, or its addresses cannot be used",
		.fix = "take the device's driver away and give it back, so that it starts anew; update its "
			"firmware",
		.form = {
			SPOKEN(V3_13, V6_1, "can't enable MSI-X (MSI IRQ already assigned)"),
			SPOKEN(V6_12, NOW, "can't enable MSI-X (MSI already enabled)"),
			SPOKEN(V3_13, NOW, "can't enable MSI (MSI-X already enabled)"),
			SPOKEN(V4_19, V5_10, "Device has broken 64-bit MSI but arch tried to assign one above 4G"),
			SPOKEN(V5_15, V6_12, "arch assigned 64-bit MSI address %#x%08x but device only supports 32 bits"),
			SPOKEN(V7_3, NOW, "arch assigned 64-bit MSI address %#llx above device MSI address mask %#llx"),
		},
	},
	{
		.code = CODE_BAR_CONFLICT,
		.means = "its registers do not take the address that they were given",
		.why = "it answers with nonsense, or only from a power state that it has left",
		.fix = "power the host off and on; seat the card anew, and update its firmware",
		.form = {
			SPOKEN(V3_13, V5_15, "BAR %d: error updating (%#08x != %#08x)"),
			SPOKEN(V3_13, V5_15, "BAR %d: error updating (high %#08x != %#08x)"),
			SPOKEN(V6_1, NOW, "%s: error updating (%#010x != %#010x)"),
			SPOKEN(V6_1, NOW, "%s: error updating (high %#010x != %#010x)"),
		},
	},
	{
		.code = CODE_DEV_LOST,
		.means = "a card in a slot that can be switched did not answer when it was switched on",
		.fix = "seat the card and its power cable anew; try another slot",
		.form = {
			SPOKEN(V5_10, NOW, "pciehp: Slot(%s): No device found"),
			SPOKEN(V5_10, NOW, "pciehp: Slot(%s): No link"),
			SPOKEN(V5_10, NOW, "pciehp: %s: no response from device"),
			SPOKEN(V5_10, NOW, "pciehp: %s: Can not enable the link!"),
			SPOKEN(V5_10, NOW, "pciehp: Cannot add device at %04x:%02x:00"),
		},
	},
	{
		.code = CODE_RESET_FAILED,
		.means = "the link below did not come back after a reset",
		.why = "the card needs longer than the specification allows, or its link is bad",
		.fix = "power the host off and on; seat the card anew",
		.form = {
			SPOKEN(V5_10, V6_1, "Data Link Layer Link Active not set in 1000 msec"),
			SPOKEN(V6_12, NOW, "Data Link Layer Link Active not set in %d msec"),
		},
	},
	{
		.code = CODE_RESET_FAILED,
		.means = "it was not reset, because its IOMMU did not let go of it",
		.why = "the device did not answer an invalidation of its address cache (ATS)",
		.fix = "power the host off and on; look at faults and time-outs of the IOMMU: sluice faults "
			"DEVICE|power the host off and on; look at faults and time-outs of the IOMMU: sluice faults",
		.form = {
			SPOKEN(V7_3, NOW, "failed to stop IOMMU for a PCI reset: %d"),
		},
	},
	{
		.code = CODE_PCIE_ERRORS,
		.means = "the link below does not work at its speed",
		.fix = "seat the card anew, try another slot, update its firmware",
		.form = {
			SPOKEN(V6_12, NOW, "broken device, retraining non-functional downstream link at 2.5GT/s"),
			SPOKEN(V6_12, NOW, "retraining failed"),
		},
	},
	{
		.code = CODE_MSI_DENIED,
		.means = "the firmware says that this host has no MSI, so the kernel uses none",
		.fix = "update the firmware",
		.form = {
			PLAIN(V3_13, NOW, "ACPI FADT declares the system doesn't support MSI, so disable it"),
		},
	},
	{
		.code = CODE_FIRMWARE_BUG,
		.means = "configuration space beyond 256 bytes cannot be reached",
		.why = "the firmware does not say where it is; SR-IOV, ACS and ATS are there and stay unseen",
		.fix = "update the firmware, and do not boot with pci=nommconf",
		.form = {
			SPOKEN(V3_13, V6_1, "%s can't access extended PCI configuration space under this bridge."),
			SPOKEN(V6_12, NOW, "%s can't access extended configuration space under this bridge"),
		},
	},
	{ .means = NULL },
};
