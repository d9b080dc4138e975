// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VFIO opened for a guest (Documentation/driver-api/vfio.rst, include/uapi/linux/vfio.h): the choice of the back end,
 * and what both share. What the kernel refuses becomes its cause in vfio_explain.c.
 */
#include "assign/vfio.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "assign/vfio_backend.h"
#include "assign/vfio_given.h"
#include "base/cleanup.h"
#include "base/text.h"

static int kernel_ioctl(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument);
}

void vfio_host_init(struct vfio_host *vfio)
{
	*vfio = (struct vfio_host){ .ioctl = kernel_ioctl, .space_fd = -1 };
}

void vfio_host_done(struct vfio_host *vfio)
{
	/* In a zeroed object 0 is no descriptor of ours. */
	if (!vfio->ioctl)
		return;
	/* The last device or group to leave takes the IOMMU domain along; the space goes after it. */
	vfio_host_keep_space(vfio);
	close_fd(&vfio->space_fd);
	vfio->has_type = false;
}

void vfio_host_keep_space(struct vfio_host *vfio)
{
	for (size_t i = 0; i < vfio->device_count; i++)
		close_fd(&vfio->cdev_fd[i]);
	while (vfio->group_count)
		close_fd(&vfio->group_fd[--vfio->group_count]);
	vfio->device_count = 0;
}

static int read_group_of(const struct sysroot *root, struct pci_addr addr, int *ret_group, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	char text[24];
	uint64_t group;

	pci_addr_text(addr, name);
	if (!sysroot_exists(root, "sys/bus/pci/devices/%s", name))
		return fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "there is no PCI device at %s", name);
	if (sysroot_read_link_name(root, text, sizeof(text), "sys/bus/pci/devices/%s/iommu_group", name) < 0 ||
		text_to_u64(text, INT32_MAX, &group) < 0) {
		fail_code(err, CODE_NO_GROUP, ENODEV, "%s is in no IOMMU group", name);
		return fail_hint(err, "`sluice doctor` says whether the IOMMU is on");
	}
	*ret_group = (int)group;
	return 0;
}

static int add_device(struct vfio_host *vfio, struct pci_addr addr, struct error *err)
{
	size_t index = vfio->device_count;
	char name[PCI_ADDR_TEXT_SIZE];
	int ret = read_group_of(vfio->root, addr, &vfio->device_group[index], err);

	pci_addr_text(addr, name);
	vfio->device[index] = addr;
	vfio->cdev_fd[index] = -1;
	vfio->device_count++;
	if (!ret)
		ret = vfio->backend->add_device(vfio, index, name, err);
	/* Most causes are a group's; a message that names the device already is left alone. */
	if (ret < 0 && err && !strstr(err->msg, name))
		fail_in(err, "%s", name);
	return ret;
}

static int open_with(struct vfio_host *vfio, const struct vfio_backend *backend, const struct pci_addr *addrs,
	size_t count, struct error *err)
{
	int ret;

	vfio->backend = backend;
	ret = backend->open(vfio, err);
	for (size_t i = 0; i < count && !ret; i++)
		ret = add_device(vfio, addrs[i], err);
	if (ret < 0)
		vfio_host_done(vfio);
	return ret;
}

/*
 * Nothing is done to a device before all of them have been found to have a node, so the other way can still be gone.
 * What is told when both are closed is why the one is that this kernel has.
 */
static int open_either(struct vfio_host *vfio, const struct pci_addr *addrs, size_t count, struct error *err)
{
	struct error first = { 0 };
	int ret = open_with(vfio, &vfio_backend_cdev, addrs, count, &first);

	if (ret >= 0)
		return ret;
	if (first.code != CODE_VFIO_PERM || sysroot_exists(vfio->root, "dev/vfio/vfio"))
		return open_with(vfio, &vfio_backend_group, addrs, count, err);
	if (err)
		*err = first;
	return ret;
}

int vfio_host_open(struct vfio_host *vfio, const struct sysroot *root, const struct pci_addr *addrs, size_t count,
	enum vfio_choice choice, struct error *err)
{
	if (count > VFIO_HOST_DEVICE_MAX)
		return fail_code(
			err, CODE_USAGE, E2BIG, "a guest can have %d devices, not %zu", VFIO_HOST_DEVICE_MAX, count);
	vfio->root = root;
	if (choice == VFIO_CHOICE_AUTO)
		choice = vfio_given_choice(vfio);
	if (choice == VFIO_CHOICE_AUTO && vfio->vf_token)
		choice = VFIO_CHOICE_TYPE1;
	if (choice == VFIO_CHOICE_AUTO)
		return open_either(vfio, addrs, count, err);
	return open_with(
		vfio, choice == VFIO_CHOICE_IOMMUFD ? &vfio_backend_cdev : &vfio_backend_group, addrs, count, err);
}

bool vfio_host_takes_token(const struct vfio_host *vfio, const char *name)
{
	char driver[64];

	if (!vfio->vf_token)
		return false;
	if (sysroot_exists(vfio->root, "sys/bus/pci/devices/%s/sriov_totalvfs", name))
		return true;
	return sysroot_read_link_name(
		       vfio->root, driver, sizeof(driver), "sys/bus/pci/devices/%s/physfn/driver", name) >= 0 &&
	       pci_driver_is_vfio(driver);
}

int vfio_host_add(struct vfio_host *vfio, struct pci_addr addr, struct error *err)
{
	int ret;

	if (vfio->device_count == VFIO_HOST_DEVICE_MAX)
		return fail_code(err, CODE_USAGE, E2BIG, "a guest can have %d devices", VFIO_HOST_DEVICE_MAX);
	ret = add_device(vfio, addr, err);
	if (ret < 0)
		close_fd(&vfio->cdev_fd[--vfio->device_count]);
	return ret;
}

bool vfio_host_is_iommufd(const struct vfio_host *vfio)
{
	return vfio->backend == &vfio_backend_cdev;
}

/*
 * Did the reset work that came with the opening? VFIO_DEVICE_FLAGS_RESET is set when it did (vfio_pci_core_enable()).
 */
static int check_reset(const struct vfio_host *vfio, int fd, const char *name, struct error *err)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (vfio->ioctl(fd, VFIO_DEVICE_GET_INFO, &info) < 0)
		return fail(err, errno, "%s: VFIO_DEVICE_GET_INFO", name);
	if (info.flags & VFIO_DEVICE_FLAGS_RESET || !sysroot_exists(vfio->root, "sys/bus/pci/devices/%s/reset", name))
		return 0;
	fail_code(err, CODE_DEV_NOT_CLEAN, EUCLEAN,
		"%s could not be reset when it was opened: it holds what its last user left in it", name);
	return fail_hint(err,
		"`dmesg | grep %s` shows how the reset failed ('giving up'); switch the host off and on, or take the "
		"risk: --allow-unclean %s",
		name, name);
}

int vfio_host_open_device(struct vfio_host *vfio, struct pci_addr addr, bool unclean_ok, int *ret_fd, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	size_t index = 0;
	int fd, ret;

	pci_addr_text(addr, name);
	while (index < vfio->device_count && pci_addr_compare(vfio->device[index], addr))
		index++;
	if (index == vfio->device_count)
		return fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "%s is none of the devices that were opened", name);
	ret = vfio->backend->open_device(vfio, index, name, &fd, err);
	if (ret < 0) {
		if (err && !strstr(err->msg, name))
			fail_in(err, "%s", name);
		return ret;
	}
	ret = unclean_ok ? 0 : check_reset(vfio, fd, name, err);
	if (ret < 0) {
		close(fd);
		return ret;
	}
	*ret_fd = fd;
	return 0;
}
