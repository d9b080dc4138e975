// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of the driver core, of NVMe and of KVM. See kernel_message.h. */
#include "distro/kernel_message.h"

#include <stddef.h>

const struct message_cause message_causes_driver[] = {
	{
		.code = CODE_PROBE_FAILED,
		.means = "its NVMe controller did not get ready",
		.why = "a VF needs queues and interrupts from its PF, and to be switched online: CSTS=0x2 is a "
			"fatal status",
		.fix = "of a VF: nvme virt-mgmt on its PF gives it queues (-r 0 -a 8) and interrupts (-r 1 -a 8), "
			"and then switches it online (-a 9); of a disk: update its firmware",
		.lasting = MESSAGE_WHILE_DRIVERLESS,
		.form = {
			SPOKEN(V5_10, NOW, "Device not ready; aborting %s, CSTS=0x%x"),
			SPOKEN(V4_19, V4_19, "Device not ready; aborting %s"),
		},
	},
	{
		.code = CODE_PROBE_FAILED,
		.means = "its driver gave it up",
		.fix = "the driver's own lines around this one say why: journalctl -k -g DEVICE|the driver's own "
			"lines around this one say why",
		.lasting = MESSAGE_WHILE_DRIVERLESS,
		.generic = true,
		.form = {
			SPOKEN(V4_19, V6_1, "Removing after probe failure status: %d"),
			SPOKEN(V7_3, NOW, "error %pe: probe failed"),
			SPOKEN(V6_12, NOW, "Disabling device after reset failure: %d"),
		},
	},
	{
		.code = CODE_DEV_LOST,
		.means = "the disk stopped answering",
		.why = "it left the bus, or did not wake from a power state",
		.fix = "try nvme_core.default_ps_max_latency_us=0 on the kernel's command line; update its "
			"firmware",
		.form = {
			SPOKEN(V4_19, NOW, "controller is down; will reset: CSTS=0x%x, PCI_STATUS=0x%hx"),
			SPOKEN(V4_19, NOW, "controller is down; will reset: CSTS=0x%x, PCI_STATUS read failed (%d)"),
		},
	},
	{
		.code = CODE_PROBE_FAILED,
		.means = "its driver failed on it",
		.fix = "the driver's own lines around this one say why: journalctl -k -g DEVICE|the driver's own "
			"lines around this one say why",
		.lasting = MESSAGE_WHILE_DRIVERLESS,
		.generic = true,
		.form = {
			SPOKEN(V6_12, NOW, "probe with driver %s failed with error %d"),
			PLAIN(V3_13, V6_1, "%s: probe of %s failed with error %d"),
		},
	},
	{
		.code = CODE_CPU_NO_VIRT,
		.means = "the firmware has switched it off",
		.fix = "switch VT-x (Intel) or SVM (AMD) on in the firmware's set-up, then power off and on",
		.stops = MESSAGE_STOPS_KVM,
		.form = {
			PLAIN(V5_10, NOW, "x86/cpu: VMX (%s TXT) disabled by BIOS"),
			PLAIN(V3_13, V5_15, "kvm: disabled by bios"),
			PLAIN(V6_1, V6_1, "kvm: support for '%s' disabled by bios"),
			PLAIN(V6_12, NOW, "SVM disabled (by BIOS) in MSR_VM_CR"),
			PLAIN(V6_12, NOW, "kvm_intel: VMX not enabled (by BIOS) in MSR_IA32_FEAT_CTL on CPU %d"),
			PLAIN(V7_3, NOW, "kvm_intel: VMX not fully enabled on CPU %d.  Check kernel logs and/or BIOS"),
		},
	},
	{
		.code = CODE_KVM_NO_DEV,
		.means = "KVM does not run inside an encrypted guest (SEV)",
		.fix = "nothing in this guest: run on the host itself, or in a guest that is not encrypted",
		.stops = MESSAGE_STOPS_KVM,
		.form = {
			PLAIN(V5_10, V6_1, "SVM: KVM is unsupported when running as an SEV guest"),
		},
	},
	{
		.code = CODE_PROBE_FAILED,
		.means = "its driver waits for another device, and has not taken it",
		.fix = "the driver's own lines around this one say for what: journalctl -k -g DEVICE|the driver's "
			"own lines around this one say for what",
		.lasting = MESSAGE_WHILE_DRIVERLESS,
		.generic = true,
		.form = {
			SPOKEN(V4_19, V6_1, "deferred probe pending"),
			SPOKEN(V6_12, NOW, "deferred probe pending: %s"),
		},
	},
	{
		.code = CODE_KVM_NO_DEV,
		.means = "the processor's virtualization could not be switched on",
		.fix = "end the other hypervisor that has it (VirtualBox, VMware), or switch it on in the "
			"firmware's set-up",
		.stops = MESSAGE_STOPS_KVM,
		.form = {
			PLAIN(V3_13, NOW, "kvm: enabling virtualization on CPU%d failed"),
		},
	},
	{ .means = NULL },
};
