// SPDX-License-Identifier: GPL-2.0-or-later
/* The KVM_DEV_TYPE_VFIO device; see vfio_kvm.h. */
#include "passthrough/vfio_kvm.h"

#include <errno.h>
#include <linux/kvm.h>

#include "base/cleanup.h"

void vfio_kvm_init(struct vfio_kvm *kvm, const struct vfio_sys *sys)
{
	*kvm = (struct vfio_kvm){ .sys = sys ? sys : &vfio_sys_kernel, .device_fd = -1 };
}

static int create(struct vfio_kvm *kvm, int vm_fd, struct error *err)
{
	struct kvm_create_device create = { .type = KVM_DEV_TYPE_VFIO };

	if (kvm->sys->ioctl(vm_fd, KVM_CREATE_DEVICE, &create) < 0) {
		fail(err, errno, "create the KVM-VFIO device");
		return fail_hint(err, "the kernel needs CONFIG_KVM_VFIO");
	}
	kvm->device_fd = (int)create.fd;
	return 0;
}

/* The file attributes have the numbers of the group attributes, which older kernels know by that name. */
static int set(const struct vfio_kvm *kvm, uint64_t attribute, int file_fd)
{
	struct kvm_device_attr attr = {
		.group = KVM_DEV_VFIO_GROUP,
		.attr = attribute,
		.addr = (uintptr_t)&file_fd,
	};

	return kvm->sys->ioctl(kvm->device_fd, KVM_SET_DEVICE_ATTR, &attr);
}

static struct vfio_kvm_file *find(struct vfio_kvm *kvm, int file_fd)
{
	for (size_t i = 0; i < kvm->file_count; i++)
		if (kvm->file[i].fd == file_fd)
			return &kvm->file[i];
	return NULL;
}

/* KVM forgets everything with the device. */
static void close_when_unused(struct vfio_kvm *kvm)
{
	if (kvm->file_count == 0)
		close_fd(&kvm->device_fd);
}

int vfio_kvm_join(struct vfio_kvm *kvm, int vm_fd, int file_fd, struct error *err)
{
	struct vfio_kvm_file *file = find(kvm, file_fd);
	int ret = 0;

	if (file) {
		file->users++;
		return 0;
	}
	if (kvm->file_count == LIMIT_DEVICES)
		return fail(err, ENOSPC, "tell KVM of more than %d VFIO devices", LIMIT_DEVICES);
	if (kvm->device_fd < 0)
		ret = create(kvm, vm_fd, err);
	if (ret < 0)
		return ret;
	if (set(kvm, KVM_DEV_VFIO_GROUP_ADD, file_fd) < 0) {
		ret = fail(err, errno, "tell KVM of the VFIO device");
		close_when_unused(kvm);
		return ret;
	}
	kvm->file[kvm->file_count++] = (struct vfio_kvm_file){ file_fd, 1 };
	return 0;
}

void vfio_kvm_leave(struct vfio_kvm *kvm, int file_fd)
{
	struct vfio_kvm_file *file = find(kvm, file_fd);

	if (!file || --file->users > 0)
		return;
	*file = kvm->file[--kvm->file_count];
	/* Fails only for what KVM was not told of. */
	if (kvm->file_count > 0)
		set(kvm, KVM_DEV_VFIO_GROUP_DEL, file_fd);
	close_when_unused(kvm);
}
