/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling KVM which VFIO devices a guest has (Documentation/virt/kvm/devices/vfio.rst): it asks the device's IOMMU
 * whether DMA is always coherent with the caches, and honours the guest's cache flushes and memory types when it is
 * not.
 */
#ifndef PASSTHROUGH_VFIO_KVM_H
#define PASSTHROUGH_VFIO_KVM_H

#include "passthrough/vfio_device.h"

/* The KVM-VFIO device; a machine has one for all that it is given. The caller owns *ret_fd. */
int vfio_kvm_create(const struct vfio_sys *sys, int vm_fd, int *ret_fd, struct error *err);

/* Add a group, or a device cdev; adding one twice is no error. It leaves with the machine. */
int vfio_kvm_add(const struct vfio_sys *sys, int kvm_device_fd, int vfio_fd, struct error *err);

#endif
