/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling KVM which VFIO devices a guest has (Documentation/virt/kvm/devices/vfio.rst). */
#ifndef PASSTHROUGH_VFIO_KVM_H
#define PASSTHROUGH_VFIO_KVM_H

#include "passthrough/vfio_device.h"

/*
 * KVM asks the device's IOMMU whether DMA is always coherent with the caches, and honours the guest's cache flushes and
 * memory types when it is not. vfio_fd is the group or the device cdev. A machine has one KVM device for all of them:
 * shared_fd is a descriptor of it that another function holds, -1 for the first. On success the caller owns *ret_fd.
 */
int vfio_kvm_add(const struct vfio_sys *sys, int vm_fd, int shared_fd, int vfio_fd, int *ret_fd, struct error *err);

#endif
