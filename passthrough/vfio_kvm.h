/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling KVM which VFIO devices a guest has (Documentation/virt/kvm/devices/vfio.rst): it asks the device's IOMMU
 * whether DMA is always coherent with the caches, and honours the guest's cache flushes and memory types when it is
 * not. A guest has one KVM-VFIO device for all that it is given: there from the first function that is powered on to
 * the last that is powered off.
 */
#ifndef PASSTHROUGH_VFIO_KVM_H
#define PASSTHROUGH_VFIO_KVM_H

#include "passthrough/vfio_device.h"
#include "wire/limits.h"

/* A group, which several devices may have in common, or a device's own descriptor. */
struct vfio_kvm_file {
	int fd; /* borrowed */
	unsigned int users;
};

struct vfio_kvm {
	const struct vfio_sys *sys;
	int device_fd; /* -1: nobody is powered on */
	struct vfio_kvm_file file[LIMIT_DEVICES];
	size_t file_count;
};

/* sys NULL: the kernel. */
void vfio_kvm_init(struct vfio_kvm *kvm, const struct vfio_sys *sys);

/* A function of the group or device is powered on, in the machine vm_fd; the first of a group tells KVM. */
int vfio_kvm_join(struct vfio_kvm *kvm, int vm_fd, int file_fd, struct error *err);

/* It is powered off; with the last of a group, KVM forgets the group. */
void vfio_kvm_leave(struct vfio_kvm *kvm, int file_fd);

#endif
