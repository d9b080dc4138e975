// SPDX-License-Identifier: GPL-2.0-or-later
/* The KVM_DEV_TYPE_VFIO device; see vfio_kvm.h. Groups are never taken out again: they leave with the machine. */
#include "passthrough/vfio_kvm.h"

#include <errno.h>
#include <linux/kvm.h>

int vfio_kvm_create(const struct vfio_sys *sys, int vm_fd, int *ret_fd, struct error *err)
{
	struct kvm_create_device create = { .type = KVM_DEV_TYPE_VFIO };

	if (sys->ioctl(vm_fd, KVM_CREATE_DEVICE, &create) < 0) {
		fail(err, errno, "create the KVM-VFIO device");
		return fail_hint(err, "the kernel needs CONFIG_KVM_VFIO");
	}
	*ret_fd = (int)create.fd;
	return 0;
}

int vfio_kvm_add(const struct vfio_sys *sys, int kvm_device_fd, int vfio_fd, struct error *err)
{
	struct kvm_device_attr add = {
		.group = KVM_DEV_VFIO_GROUP,
		.attr = KVM_DEV_VFIO_GROUP_ADD,
		.addr = (uintptr_t)&vfio_fd,
	};

	/* EEXIST: another device of the same group brought it. */
	if (sys->ioctl(kvm_device_fd, KVM_SET_DEVICE_ATTR, &add) < 0 && errno != EEXIST)
		return fail(err, errno, "tell KVM of the VFIO device");
	return 0;
}
