/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * passthrough: a host PCI device as part of a guest, for the guest's life. Binding the device to vfio-pci and opening
 * it is the manager's business, before the guest (assign/binding.h, assign/vfio.h); descriptors come by wire/launch.h.
 *
 *	vfio_device.h	the VFIO device: regions, configuration space, interrupts, reset; all ioctls in one place
 *			(vfio_irq.c: those of interrupts; vfio_region.c: accesses to regions)
 *	vfio_config.h	its configuration space as the guest sees it: what is shown, passed, written (tables)
 *			vfio_config_rows.h: the tables, with a reason each; vfio_snapshot.h: the space as it was found;
 *			vfio_face.h, vfio_rules.c: what a user's rules change of it;
 *			vfio_fit.c: links, resets and BAR sizes as they have to look in a guest
 *	vfio_vpd.h	Vital Product Data, read for the guest
 *	vfio_explain.h	what became of each register, for `sluice guest --explain-config`
 *	vfio_bar.h	BARs straight into the guest, with only the MSI-X table's pages cut out and trapped
 *	vfio_rom.h	the expansion ROM: the device's, a file's, or none
 *	vfio_scrub.h	registers that the reset of some devices leaves as the tenant before had them
 *	vfio_interrupts.h	which kind of interrupt is in force, by the guest's registers
 *	vfio_intx.h	INTx: a level, asserted and taken back between VFIO and KVM
 *	vfio_msi.h	MSI: the capability's registers as vectors
 *	vfio_msix.h	MSI-X: the virtual table and pending bits as vectors
 *	vfio_vector.h	a vector: one eventfd shared by VFIO and KVM, its route and mask; dynamic vectors
 *	vfio_kvm.h	telling KVM which VFIO devices there are, for cache coherence
 *	vfio_pci.h	the function that puts these together and plugs into vmm-core's PCI bus
 *
 * What it refuses: configuration space that contradicts itself, INTx alone where the host's line cannot be had.
 * What it never does: map one device's BARs for another device's DMA, let a guest write what a table does not name,
 * tear down an interrupt to mask it, reset a device that the kernel has just reset.
 */
#ifndef PASSTHROUGH_PASSTHROUGH_H
#define PASSTHROUGH_PASSTHROUGH_H

#include "passthrough/vfio_pci.h"

#endif
