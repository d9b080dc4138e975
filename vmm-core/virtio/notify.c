// SPDX-License-Identifier: GPL-2.0-or-later
/* KVM_IOEVENTFD (Documentation/virt/kvm/api.rst); see notify.h. Length 0: KVM_CAP_IOEVENTFD_ANY_LENGTH, Linux 4.4. */
#include "vmm-core/virtio/notify.h"

#include <errno.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

int notify_connect(int vm_fd, uint64_t address, int eventfd, struct error *err)
{
	struct kvm_ioeventfd request = { .addr = address, .len = 0, .fd = eventfd };

	if (ioctl(vm_fd, KVM_IOEVENTFD, &request) < 0)
		return fail(err, errno, "connect the notifications of a device at 0x%llx", (unsigned long long)address);
	return 0;
}

void notify_disconnect(int vm_fd, uint64_t address, int eventfd)
{
	struct kvm_ioeventfd request = {
		.addr = address, .len = 0, .fd = eventfd, .flags = KVM_IOEVENTFD_FLAG_DEASSIGN
	};

	/* Fails only where nothing was connected, which is the state that is wanted. */
	ioctl(vm_fd, KVM_IOEVENTFD, &request);
}
