/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * passthrough: a host PCI device as part of a guest, for the guest's life. Binding the device to vfio-pci and opening
 * it is the manager's business, before the guest (assign/binding.h, assign/vfio.h); descriptors come by wire/launch.h.
 *
 *	vfio_device.h	the VFIO device: regions, configuration space, interrupts, reset; all ioctls in one place
 *			(vfio_irq.c: those of interrupts)
 *	vfio_config.h	its configuration space as the guest sees it: what is shown, passed, written (tables)
 *	vfio_bar.h	BARs straight into the guest, with only the MSI-X table's pages cut out and trapped
 *	vfio_rom.h	the expansion ROM: the device's, a file's, or none
 *	vfio_msix.h	MSI-X: the virtual table, one eventfd per vector shared by VFIO and KVM, dynamic vectors
 *	vfio_kvm.h	telling KVM which VFIO devices there are, for cache coherence
 *	vfio_pci.h	the function that puts these together and plugs into vmm-core's PCI bus
 *
 * What it refuses: a device without MSI-X (guests get no INTx or MSI yet), configuration space that contradicts itself.
 * What it never does: map one device's BARs for another device's DMA, let a guest write what a table does not name,
 * tear down an interrupt to mask it, reset a device that the kernel has just reset.
 */
#ifndef PASSTHROUGH_PASSTHROUGH_H
#define PASSTHROUGH_PASSTHROUGH_H

#include "passthrough/vfio_pci.h"

#endif
