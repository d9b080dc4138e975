// SPDX-License-Identifier: GPL-2.0-or-later
/* The KVM_DEV_TYPE_VFIO device; see vfio_kvm.h. Groups are added here, and leave with the machine. */
#include "passthrough/vfio_kvm.h"

#include <fcntl.h>
#include <linux/kvm.h>

#include "base/cleanup.h"

int vfio_kvm_add(const struct vfio_sys *sys, int vm_fd, int shared_fd, int vfio_fd, int *ret_fd, struct error *err)
{
	struct kvm_create_device create = { .type = KVM_DEV_TYPE_VFIO };
	struct kvm_device_attr add = {
		.group = KVM_DEV_VFIO_GROUP,
		.attr = KVM_DEV_VFIO_GROUP_ADD,
		.addr = (uintptr_t)&vfio_fd,
	};
	cleanup_close int fd = -1;

	if (shared_fd >= 0) {
		fd = fcntl(shared_fd, F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			return fail(err, errno, "duplicate the KVM-VFIO device");
	} else {
		if (sys->ioctl(vm_fd, KVM_CREATE_DEVICE, &create) < 0)
			return fail(err, errno, "create the KVM-VFIO device");
		fd = (int)create.fd;
	}
	/* EEXIST: another device of the same group brought it. */
	if (sys->ioctl(fd, KVM_SET_DEVICE_ATTR, &add) < 0 && errno != EEXIST)
		return fail(err, errno, "tell KVM of the VFIO device");
	*ret_fd = take_fd(&fd);
	return 0;
}
