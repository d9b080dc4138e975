// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VFIO by groups: a container, the groups in it, their devices by name (Documentation/driver-api/vfio.rst, "Groups,
 * Devices, and IOMMUs"). The IOMMU is asked when a group joins the container; a device is reset when it is opened.
 *
 * No-IOMMU mode is never used: its groups have nodes of other names, which are not looked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>

#include "assign/vfio_backend.h"
#include "assign/vfio_explain.h"
#include "assign/vfio_given.h"
#include "base/cleanup.h"
#include "wire/start_step.h"

enum {
	UUID_TEXT = 36
};

static int open_container(struct vfio_host *vfio, struct error *err)
{
	int ret = vfio_given_space(vfio, VFIO_SPACE_CONTAINER, &vfio->space_fd, err);

	if (ret < 0)
		return ret;
	ret = vfio->space_fd >= 0 ? vfio->space_fd : sysroot_open_file(vfio->root, O_RDWR, "dev/vfio/vfio");
	if (ret == -ENOENT || ret == -ENODEV || ret == -ENXIO) {
		fail_code(err, CODE_VFIO_NO_MODULE, -ret, "there is no /dev/vfio/vfio: VFIO is not loaded");
		return fail_hint(err, "`modprobe vfio-pci`; `sluice doctor` says whether this kernel has it");
	}
	if (ret == -EACCES || ret == -EPERM)
		return vfio_no_permission("/dev/vfio/vfio", -ret, err);
	if (ret < 0)
		return fail(err, -ret, "open /dev/vfio/vfio");
	vfio->space_fd = ret;
	ret = vfio->ioctl(vfio->space_fd, VFIO_GET_API_VERSION, NULL);
	if (ret != VFIO_API_VERSION)
		return fail_code(err, CODE_FAILED, EPROTO, "this kernel speaks VFIO version %d, and %d is needed", ret,
			VFIO_API_VERSION);
	if (vfio->ioctl(vfio->space_fd, VFIO_CHECK_EXTENSION, (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU) <= 0) {
		fail_code(err, CODE_VFIO_NO_MODULE, ENODEV, "VFIO has no type 1 IOMMU back end");
		return fail_hint(err, "`modprobe vfio_iommu_type1`");
	}
	return 0;
}

static int open_group(const struct sysroot *root, int group, struct error *err)
{
	char path[32];
	int fd = sysroot_open_file(root, O_RDWR, "dev/vfio/%d", group);

	snprintf(path, sizeof(path), "/dev/vfio/%d", group);
	if (fd >= 0)
		return fd;
	if (fd == -EBUSY)
		return vfio_group_busy(root, group, err);
	if (fd == -EACCES || fd == -EPERM)
		return vfio_no_permission(path, -fd, err);
	if (fd == -ENOENT || fd == -ENODEV || fd == -ENXIO) {
		fail_code(err, CODE_NO_GROUP, -fd, "there is no %s: no device of IOMMU group %d is with vfio-pci", path,
			group);
		return fail_hint(err, "'sluice bind' gives the device to vfio-pci");
	}
	return fail(err, -fd, "open %s", path);
}

static int check_status(struct vfio_host *vfio, const struct sysroot *root, int fd, int group, struct error *err)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (vfio->ioctl(fd, VFIO_GROUP_GET_STATUS, &status) < 0)
		return fail(err, errno, "read the status of IOMMU group %d", group);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return vfio_not_viable(root, group, err);
	if (status.flags & VFIO_GROUP_FLAGS_CONTAINER_SET)
		return vfio_group_busy(root, group, err);
	return 0;
}

static int attach_group(struct vfio_host *vfio, const struct sysroot *root, int fd, int group, struct error *err)
{
	if (vfio->ioctl(fd, VFIO_GROUP_SET_CONTAINER, &vfio->space_fd) < 0)
		return vfio_explain_attach(root, group, errno, err);
	/* The back end can be chosen once the container has its first group; later groups join it. */
	if (!vfio->has_type && vfio->ioctl(vfio->space_fd, VFIO_SET_IOMMU, (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU) < 0)
		return vfio_explain_attach(root, group, errno, err);
	vfio->has_type = true;
	return 0;
}

/* given: an open descriptor of the group, which is taken over, or -1. */
static int add_group(
	struct vfio_host *vfio, const struct sysroot *root, int group, int given, size_t *ret_index, struct error *err)
{
	cleanup_close int fd = given;
	int ret;

	for (size_t i = 0; i < vfio->group_count; i++)
		if (vfio->group_id[i] == (uint32_t)group) {
			*ret_index = i;
			return 0;
		}
	ret = fd < 0 ? open_group(root, group, err) : fd;
	if (ret < 0)
		return ret;
	fd = ret;
	ret = check_status(vfio, root, fd, group, err);
	if (!ret)
		ret = attach_group(vfio, root, fd, group, err);
	if (ret < 0)
		return ret;
	*ret_index = vfio->group_count;
	vfio->group_id[vfio->group_count] = (uint32_t)group;
	vfio->group_fd[vfio->group_count++] = take_fd(&fd);
	return 0;
}

static int add_device(struct vfio_host *vfio, size_t index, const char *name, struct error *err)
{
	int group = vfio->device_group[index], given = -1, ret;
	uint64_t start_ns = step_clock_ns();
	char path[64];

	snprintf(path, sizeof(path), "sys/class/vfio/%d/dev", group);
	ret = vfio_given_device(vfio, index, name, path, &given, err);
	if (ret == 0)
		ret = add_group(vfio, vfio->root, group, given, &vfio->device_node[index], err);
	vfio->attach_ns[index] = step_clock_ns() - start_ns;
	return ret;
}

static int open_device(struct vfio_host *vfio, size_t index, const char *name, int *ret_fd, struct error *err)
{
	char words[PCI_ADDR_TEXT_SIZE + sizeof(" vf_token=") + UUID_TEXT];
	int fd;

	snprintf(words, sizeof(words), "%s%s%s", name, vfio_host_takes_token(vfio, name) ? " vf_token=" : "",
		vfio_host_takes_token(vfio, name) ? vfio->vf_token : "");
	fd = vfio->ioctl(vfio->group_fd[vfio->device_node[index]], VFIO_GROUP_GET_DEVICE_FD, words);
	if (fd < 0)
		return vfio_explain_device(name, errno, err);
	*ret_fd = fd;
	return 0;
}

const struct vfio_backend vfio_backend_group = {
	.name = "type1",
	.open = open_container,
	.add_device = add_device,
	.open_device = open_device,
};
