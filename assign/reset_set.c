// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VFIO's reset of a whole bus or slot (VFIO_DEVICE_PCI_HOT_RESET). The kernel wants proof that every function on it is
 * the caller's: by groups their descriptors, with iommufd none, since it knows itself.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

#include "assign/reset.h"
#include "base/cleanup.h"

/* The kernel's list of functions that the reset would hit; each entry has its group's number. The caller frees. */
static struct vfio_pci_hot_reset_info *read_info(
	const struct vfio_host *vfio, int device_fd, const char *name, struct error *err)
{
	size_t size = sizeof(struct vfio_pci_hot_reset_info) +
		      VFIO_HOST_DEVICE_MAX * sizeof(struct vfio_pci_dependent_device);
	struct vfio_pci_hot_reset_info *info = calloc(1, size);

	if (!info) {
		fail(err, ENOMEM, "reset the bus of %s", name);
		return NULL;
	}
	info->argsz = (uint32_t)size;
	if (vfio->ioctl(device_fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info) < 0) {
		fail_code(err, CODE_DEV_NOT_CLEAN, errno, "%s: the kernel cannot reset its bus: %s", name,
			strerror(errno));
		free(info);
		return NULL;
	}
	return info;
}

static bool has_group(const struct vfio_pci_hot_reset_info *info, uint32_t group)
{
	for (uint32_t i = 0; i < info->count && i < VFIO_HOST_DEVICE_MAX; i++)
		if (info->devices[i].group_id == group)
			return true;
	return false;
}

int reset_set(const struct vfio_host *vfio, int device_fd, const char *name, struct error *err)
{
	cleanup_free struct vfio_pci_hot_reset_info *info = NULL;
	cleanup_free struct vfio_pci_hot_reset *request = NULL;
	size_t size = sizeof(*request) + VFIO_HOST_DEVICE_MAX * sizeof(request->group_fds[0]);

	request = calloc(1, size);
	if (!request)
		return fail(err, ENOMEM, "reset the bus of %s", name);
	if (!vfio_host_is_iommufd(vfio)) {
		info = read_info(vfio, device_fd, name, err);
		if (!info)
			return -(err && err->errnum ? err->errnum : EIO);
		for (size_t i = 0; i < vfio->group_count; i++)
			if (has_group(info, vfio->group_id[i]))
				request->group_fds[request->count++] = vfio->group_fd[i];
	}
	request->argsz = (uint32_t)(sizeof(*request) + request->count * sizeof(request->group_fds[0]));
	if (vfio->ioctl(device_fd, VFIO_DEVICE_PCI_HOT_RESET, request) >= 0)
		return 0;
	fail_code(err, CODE_DEV_NOT_CLEAN, errno, "%s could not be reset with its bus: %s", name, strerror(errno));
	return fail_hint(err, "the kernel log has the reason; --allow-no-reset %s takes the risk", name);
}
