/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks that doctor.c lists: doctor_host.c (processor, KVM, memory), doctor_iommu.c (IOMMU, VFIO), doctor_fault.c,
 * doctor_device.c, doctor_identity.c.
 */
#ifndef HOST_DOCTOR_CHECKS_H
#define HOST_DOCTOR_CHECKS_H

#include "host/doctor.h"

void check_cpu_virt(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_kvm_device(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_kvm_permission(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_kvm_paging(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_memlock(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_hugepages(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);

void check_iommu_on(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_interrupt_remapping(
	const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_unsafe_interrupts(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_iommu_faults(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_acs_override(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_vfio_modules(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_vfio_permission(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_dma_limit(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);

void check_pf_link(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_pf_driver(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_vf_autoprobe(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_bridge(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_answers(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_group(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_group_shared(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_moved(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_twin(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_group_changed(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_group_viable(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_reserved_memory(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_reset(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_msix(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_in_use(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_override(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);
void check_lease(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);

#endif
