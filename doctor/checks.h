/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the list of checks and the files that have them, by what they ask about:
 *
 *	list.c		the list
 *	doctor.c	the loop, and what checks say things with
 *	cpu.c		where this is, kernel, processor, KVM
 *	memory.c	locked memory, huge pages, NUMA
 *	iommu.c		IOMMU, its table
 *	vfio.c		VFIO and its options
 *	permission.c	what this user may open
 *	advice.c, early.c	kernel arguments and module settings that guides spread
 *	sriov.c		cards to be split
 *	room.c		room for their VFs
 *	distro/rival.c	who else acts on them
 *	group.c, device.c, link.c	one device
 *	verdict.c	what the verdict on a device holds against it
 *	identity.c	the card itself, since it was last seen
 *	log.c		what the kernel said
 *	fault.c		IOMMU faults, counted, with who is to blame
 */
#ifndef DOCTOR_CHECKS_H
#define DOCTOR_CHECKS_H

#include "distro/kernel_log.h"
#include "doctor/doctor.h"

enum check_scope {
	SCOPE_HOST,
	SCOPE_PF,     /* every device that can be split */
	SCOPE_DEVICE, /* devices that are named, or with vfio-pci */
	SCOPE_ANY,    /* every device */
	SCOPE_LOG,    /* the host, and devices that are named */
};

struct check {
	enum code code;
	enum check_section section;
	enum check_scope scope;
	const char *title, *why;
	check_fn run;
};

const struct check *check_list(size_t *ret_count);

/* Every IOMMU fault of the logs, counted; -ENOMEM is the only failure. */
int fault_tally_read(const struct sysroot *root, struct iommu_fault_tally *ret_tally, struct error *err);

/* "this boot", "boot -1, before this one" */
void log_boot_name(int boot, char *buf, size_t size);

/*
 * This boot's log could not be read, or not from its beginning, so that finding nothing proves nothing: said, and true.
 */
bool log_say_unread(const struct doctor *doctor, struct check_result *result);

void check_place(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_kernel(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_cpu_virt(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_kvm_device(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_kvm_permission(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_kvm_paging(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_lockdown(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_memlock(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_hugepages(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_map_count(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_iommu_on(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_firmware_table(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_iommu_units(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_interrupt_remapping(
	const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_interrupt_sources(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_x2apic(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_iommu_width(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_iommu_pages(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_acs_override(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_vfio_modules(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_vfio_permission(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_unsafe_interrupts(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_noiommu(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_vfio_pci_options(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_dma_limit(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_cmdline_harmful(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_cmdline_stale(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_module_gone(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_twins(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_ids_stale(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_early_bind(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_modprobe_ignored(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_initramfs(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_blacklist(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_pf_driver(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_pf_link(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_vf_autoprobe(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_vf_firmware(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_vf_memory(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_vf_buses(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_pf_rule(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_vf_mac(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_vf_token(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_network_manager(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_rivals(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_bridge(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_answers(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_power(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_group(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_group_shared(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_group_bridges(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_moved(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_alike(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_group_changed(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_verdict(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_group_viable(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_reserved_memory(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_reset(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_reset_weak(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_msix(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_vectors(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_numa(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_node_hugepages(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_link(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_boot_display(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_driver_held(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_in_use(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_pcie_errors(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_override(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_lease(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_faults(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_log(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);

#endif
