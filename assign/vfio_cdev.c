// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VFIO by devices: each device's own node, bound to an iommufd and attached to an address space in it
 * (Documentation/driver-api/vfio.rst, "VFIO Device cdev"; Documentation/userspace-api/iommufd.rst). Opening a node does
 * nothing to the device; binding it asks the IOMMU and resets it, attaching narrows what addresses the guest can use.
 *
 * A device that nothing confines has a node of another name (noiommu-vfioN, Linux 7.3): it is not looked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "assign/vfio_backend.h"
#include "assign/vfio_explain.h"
#include "assign/vfio_given.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "wire/iommufd.h"
#include "wire/start_step.h"

#define DEVICE "sys/bus/pci/devices/%s"

enum {
	NODE_SIZE = 64,
	UUID_BYTES = 16,
};

static int open_iommufd(const struct sysroot *root, struct error *err)
{
	int fd = sysroot_open_file(root, O_RDWR, "dev/iommu");

	if (fd >= 0)
		return fd;
	if (fd == -EACCES || fd == -EPERM)
		return vfio_no_permission("/dev/iommu", -fd, err);
	if (fd == -ENOENT || fd == -ENODEV || fd == -ENXIO) {
		fail_code(err, CODE_VFIO_NO_MODULE, -fd, "there is no /dev/iommu: this kernel has no iommufd");
		return fail_hint(err, "`modprobe iommufd`, which needs CONFIG_IOMMUFD; or use --dma-backend type1");
	}
	return fail(err, -fd, "open /dev/iommu");
}

/*
 * Let pinned memory count for the guest's process instead of the user, whose other programs would share the limit. This
 * takes CAP_SYS_RESOURCE, and an iommufd that is still empty.
 */
static void account_by_process(struct vfio_host *vfio)
{
	struct iommufd_option option = {
		.size = sizeof(option),
		.option = IOMMUFD_RLIMIT_MODE,
		.op = IOMMUFD_OPTION_SET,
		.value = 1,
	};

	vfio->counts_process = vfio->ioctl(vfio->space_fd, IOMMUFD_SET_OPTION, &option) == 0;
}

static int open_space(struct vfio_host *vfio, struct error *err)
{
	struct iommufd_alloc space = { .size = sizeof(space) };
	int ret = vfio_given_space(vfio, VFIO_SPACE_IOMMUFD, &vfio->space_fd, err);

	if (ret == 0 && vfio->space_fd < 0) {
		ret = open_iommufd(vfio->root, err);
		vfio->space_fd = ret < 0 ? -1 : ret;
	}
	if (ret < 0)
		return ret;
	account_by_process(vfio);
	if (vfio->ioctl(vfio->space_fd, IOMMUFD_IOAS_ALLOC, &space) < 0)
		return fail(err, errno, "make an address space for DMA in /dev/iommu");
	vfio->ioas = space.out_ioas;
	return 0;
}

/* "vfio/devices/vfio3", which the kernel numbers as it likes. */
static bool find_node(const struct sysroot *root, const char *name, char *buf, size_t size)
{
	cleanup_dir DIR *list = sysroot_open_dir(root, DEVICE "/vfio-dev", name);
	struct dirent *entry;

	while (list && (entry = readdir(list)))
		if (text_starts_with(entry->d_name, "vfio")) {
			snprintf(buf, size, "vfio/devices/%.32s", entry->d_name);
			return true;
		}
	return false;
}

static int no_node(const struct sysroot *root, const char *name, struct error *err)
{
	if (sysroot_exists(root, DEVICE "/vfio-dev", name)) {
		fail_code(err, CODE_VFIO_NOIOMMU, EPERM, "%s is with VFIO, and no IOMMU confines it", name);
		return fail_hint(err, "`sluice doctor %s` says how to end that", name);
	}
	fail_code(err, CODE_VFIO_NO_MODULE, ENOENT, "%s has no node of its own in /dev/vfio/devices", name);
	return fail_hint(err, "the kernel needs CONFIG_VFIO_DEVICE_CDEV (Linux 6.6); or use --dma-backend type1");
}

static int add_device(struct vfio_host *vfio, size_t index, const char *name, struct error *err)
{
	char node[NODE_SIZE], path[2 * NODE_SIZE];
	int fd, ret;

	if (!find_node(vfio->root, name, node, sizeof(node)))
		return no_node(vfio->root, name, err);
	snprintf(path, sizeof(path), DEVICE "/vfio-dev/%s/dev", name, node + strlen("vfio/devices/"));
	ret = vfio_given_device(vfio, index, name, path, &vfio->cdev_fd[index], err);
	if (ret < 0 || vfio->cdev_fd[index] >= 0)
		return ret;
	snprintf(path, sizeof(path), "/dev/%s", node);
	fd = sysroot_open_file(vfio->root, O_RDWR, "dev/%s", node);
	if (fd == -EACCES || fd == -EPERM)
		return vfio_no_permission(path, -fd, err);
	if (fd < 0)
		return fail(err, -fd, "open %s", path);
	vfio->cdev_fd[index] = fd;
	return 0;
}

/*
 * EINVAL is what the kernel says to a device that is open elsewhere, to one with memory reserved by the firmware, and
 * to a VF whose token is missing.
 */
static int explain_bind(struct vfio_host *vfio, size_t index, const char *name, int errnum, struct error *err)
{
	char node[NODE_SIZE], holder[128];

	if (errnum == EPERM || errnum == EBUSY)
		return vfio_explain_attach(vfio->root, vfio->device_group[index], errnum, err);
	if (errnum != EINVAL)
		return vfio_explain_device(name, errnum, err);
	if (find_node(vfio->root, name, node, sizeof(node)) &&
		pci_node_holder(vfio->root, node, holder, sizeof(holder))) {
		fail_code(err, CODE_GROUP_BUSY, EBUSY, "%s is taken: %s", name, holder);
		return fail_hint(err, "end the guest or program that has it; `sluice ps` lists guests");
	}
	if (vfio_explain_attach(vfio->root, vfio->device_group[index], errnum, err) < 0 && err &&
		err->code == CODE_DEV_RESERVED_MEMORY)
		return -errnum;
	return vfio_explain_device(name, errnum, err);
}

/* In the order of the text; which the command line has checked. */
static void uuid_bytes(const char *text, uint8_t bytes[static UUID_BYTES])
{
	for (size_t i = 0; i < UUID_BYTES; i++) {
		unsigned int byte = 0;

		text += *text == '-';
		sscanf(text, "%2x", &byte);
		bytes[i] = (uint8_t)byte;
		text += 2;
	}
}

static int open_device(struct vfio_host *vfio, size_t index, const char *name, int *ret_fd, struct error *err)
{
	cleanup_close int fd = take_fd(&vfio->cdev_fd[index]);
	struct vfio_bind_iommufd bind = { .argsz = VFIO_BIND_SIZE_OLD, .iommufd = vfio->space_fd };
	uint8_t token[UUID_BYTES];
	struct vfio_attach_ioas attach = { .argsz = sizeof(attach), .ioas = vfio->ioas };
	uint64_t start_ns;

	if (fd < 0)
		return fail(err, EALREADY, "open %s", name);
	if (vfio_host_takes_token(vfio, name)) {
		bind.argsz = sizeof(bind);
		bind.flags = VFIO_BIND_TOKEN;
		bind.token = (uintptr_t)token;
		uuid_bytes(vfio->vf_token, token);
	}
	if (vfio->ioctl(fd, VFIO_BIND_IOMMUFD, &bind) < 0)
		return explain_bind(vfio, index, name, errno, err);
	start_ns = step_clock_ns();
	if (vfio->ioctl(fd, VFIO_ATTACH_IOAS, &attach) < 0)
		return vfio_explain_attach(vfio->root, vfio->device_group[index], errno, err);
	vfio->attach_ns[index] = step_clock_ns() - start_ns;
	*ret_fd = take_fd(&fd);
	return 0;
}

const struct vfio_backend vfio_backend_cdev = {
	.name = "iommufd",
	.open = open_space,
	.add_device = add_device,
	.open_device = open_device,
};
