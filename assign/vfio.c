// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VFIO's container, groups and devices (Documentation/driver-api/vfio.rst, include/uapi/linux/vfio.h), opened for a
 * guest. The kernel says no with a handful of errno values; here each becomes its cause, found by looking at the host
 * again.
 *
 * No-IOMMU mode is never used: it has nodes of other names, which are not looked for.
 */
#include "assign/vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "iommu/iommu.h"

static int kernel_ioctl(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument);
}

void vfio_host_init(struct vfio_host *vfio)
{
	*vfio = (struct vfio_host){ .ioctl = kernel_ioctl, .container_fd = -1 };
}

void vfio_host_done(struct vfio_host *vfio)
{
	/* The last group to leave takes the IOMMU domain along; the container goes after it. */
	while (vfio->group_count)
		close_fd(&vfio->group_fd[--vfio->group_count]);
	vfio->device_count = 0;
	/* In a zeroed object 0 is no descriptor of ours. */
	if (vfio->ioctl)
		close_fd(&vfio->container_fd);
}

static int no_permission(const char *path, int errnum, struct error *err)
{
	fail_code(err, CODE_VFIO_PERM, errnum, "%s may not be opened by this user: %s", path, strerror(errnum));
	return fail_hint(err, "run as root, or have root give the group to this user: --user of 'sluice bind'");
}

static int open_container(struct vfio_host *vfio, const struct sysroot *root, struct error *err)
{
	int ret = sysroot_open_file(root, O_RDWR, "dev/vfio/vfio");

	if (ret == -ENOENT || ret == -ENODEV || ret == -ENXIO) {
		fail_code(err, CODE_VFIO_NO_MODULE, -ret, "there is no /dev/vfio/vfio: VFIO is not loaded");
		return fail_hint(err, "`modprobe vfio-pci`; `sluice doctor` says whether this kernel has it");
	}
	if (ret == -EACCES || ret == -EPERM)
		return no_permission("/dev/vfio/vfio", -ret, err);
	if (ret < 0)
		return fail(err, -ret, "open /dev/vfio/vfio");
	vfio->container_fd = ret;
	ret = vfio->ioctl(vfio->container_fd, VFIO_GET_API_VERSION, NULL);
	if (ret != VFIO_API_VERSION)
		return fail_code(err, CODE_FAILED, EPROTO, "this kernel speaks VFIO version %d, and %d is needed", ret,
			VFIO_API_VERSION);
	if (vfio->ioctl(vfio->container_fd, VFIO_CHECK_EXTENSION, (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU) <= 0) {
		fail_code(err, CODE_VFIO_NO_MODULE, ENODEV, "VFIO has no type 1 IOMMU back end");
		return fail_hint(err, "`modprobe vfio_iommu_type1`");
	}
	return 0;
}

/* Another process has the group, or just had it: opening is exclusive. */
static int group_busy(const struct sysroot *root, int group, struct error *err)
{
	char holder[128];

	if (pci_vfio_holder(root, group, holder, sizeof(holder)))
		fail_code(err, CODE_GROUP_BUSY, EBUSY, "IOMMU group %d is taken: %s", group, holder);
	else
		fail_code(err, CODE_GROUP_BUSY, EBUSY, "IOMMU group %d is taken by another process or driver", group);
	return fail_hint(
		err, "end the guest or program that has it, or choose another device; `sluice ps` lists guests");
}

static int open_group(const struct sysroot *root, int group, struct error *err)
{
	char path[32];
	int fd = sysroot_open_file(root, O_RDWR, "dev/vfio/%d", group);

	snprintf(path, sizeof(path), "/dev/vfio/%d", group);
	if (fd >= 0)
		return fd;
	if (fd == -EBUSY)
		return group_busy(root, group, err);
	if (fd == -EACCES || fd == -EPERM)
		return no_permission(path, -fd, err);
	if (fd == -ENOENT || fd == -ENODEV || fd == -ENXIO) {
		fail_code(err, CODE_NO_GROUP, -fd, "there is no %s: no device of IOMMU group %d is with vfio-pci", path,
			group);
		return fail_hint(err, "'sluice bind' gives the device to vfio-pci");
	}
	return fail(err, -fd, "open %s", path);
}

/* The member that makes the group not viable, or 0 when all look well. */
static int explain_viability(const struct sysroot *root, int group, struct error *err)
{
	struct pci_inventory inventory = { 0 };
	struct iommu_group members;
	int ret = pci_inventory_read(root, 0, &inventory, NULL);

	if (!ret)
		ret = iommu_group_read(root, group, &members, NULL);
	if (!ret)
		ret = iommu_group_check_viable(root, &inventory, &members, err);
	else
		ret = 0;
	pci_inventory_done(&inventory);
	return ret;
}

static int not_viable(const struct sysroot *root, int group, struct error *err)
{
	int ret = explain_viability(root, group, err);

	if (ret < 0)
		return ret;
	fail_code(err, CODE_GROUP_NOT_VIABLE, EPERM,
		"IOMMU group %d is not viable: a host driver has one of its devices", group);
	return fail_hint(
		err, "bind every device of the group; `ls /sys/kernel/iommu_groups/%d/devices` lists them", group);
}

/* A region that must stay mapped one to one; "direct-relaxable" (a USB controller's, a display's) need not. */
static const struct iommu_reserved *direct_region(const struct iommu_group *group)
{
	for (size_t i = 0; i < group->reserved_count; i++)
		if (!strcmp(group->reserved[i].kind, "direct"))
			return &group->reserved[i];
	return NULL;
}

static int reserved_memory(int group, const struct iommu_reserved *region, int errnum, struct error *err)
{
	fail_code(err, CODE_DEV_RESERVED_MEMORY, errnum,
		"the firmware reserves 0x%" PRIx64 "-0x%" PRIx64
		" for IOMMU group %d (RMRR or IVMD): a guest cannot have it",
		region->start, region->end, group);
	return fail_hint(err, "look for a firmware setting that frees the device (shared memory, management agent), "
			      "or use another slot or device");
}

static int no_interrupt_remapping(const struct iommu_host *iommu, struct error *err)
{
	fail_code(err, CODE_IOMMU_NO_INTREMAP, EPERM,
		"VFIO refuses the device: interrupts are not remapped, so a guest could forge any (%s)",
		iommu->evidence);
	return fail_hint(err,
		"switch interrupt remapping (and x2APIC) on in the firmware, and drop intremap=off from the "
		"kernel command line; `sluice doctor` has the details");
}

/* Putting a group into a container, or choosing the back end: the moment when the IOMMU is asked. */
static int explain_attach(const struct sysroot *root, int group, int errnum, struct error *err)
{
	struct iommu_group members = { .id = group };
	const struct iommu_reserved *region;
	struct iommu_host iommu = { .interrupt_remapping = IOMMU_UNKNOWN };
	int ret;

	iommu_group_read(root, group, &members, NULL);
	iommu_host_read(root, &iommu, NULL);
	region = direct_region(&members);
	if (errnum == EPERM) {
		ret = explain_viability(root, group, err);
		if (ret < 0)
			return ret;
		if (iommu.interrupt_remapping != IOMMU_YES && !iommu.unsafe_interrupts)
			return no_interrupt_remapping(&iommu, err);
	}
	if ((errnum == EPERM || errnum == EINVAL) && region)
		return reserved_memory(group, region, errnum, err);
	if (errnum == EBUSY) {
		ret = explain_viability(root, group, err);
		return ret < 0 ? ret : group_busy(root, group, err);
	}
	fail(err, errnum, "attach IOMMU group %d", group);
	return fail_hint(
		err, "`dmesg | grep -e DMAR -e AMD-Vi -e iommu` shows the IOMMU driver's reason, in its last lines");
}

static int check_status(struct vfio_host *vfio, const struct sysroot *root, int fd, int group, struct error *err)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (vfio->ioctl(fd, VFIO_GROUP_GET_STATUS, &status) < 0)
		return fail(err, errno, "read the status of IOMMU group %d", group);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return not_viable(root, group, err);
	if (status.flags & VFIO_GROUP_FLAGS_CONTAINER_SET)
		return group_busy(root, group, err);
	return 0;
}

static int attach_group(struct vfio_host *vfio, const struct sysroot *root, int fd, int group, struct error *err)
{
	if (vfio->ioctl(fd, VFIO_GROUP_SET_CONTAINER, &vfio->container_fd) < 0)
		return explain_attach(root, group, errno, err);
	/* The back end can be chosen once the container has its first group; later groups join it. */
	if (vfio->group_count == 0 &&
		vfio->ioctl(vfio->container_fd, VFIO_SET_IOMMU, (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU) < 0)
		return explain_attach(root, group, errno, err);
	return 0;
}

static int add_group(
	struct vfio_host *vfio, const struct sysroot *root, int group, size_t *ret_index, struct error *err)
{
	cleanup_close int fd = -1;
	int ret;

	for (size_t i = 0; i < vfio->group_count; i++)
		if (vfio->group_id[i] == (uint32_t)group) {
			*ret_index = i;
			return 0;
		}
	ret = open_group(root, group, err);
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

static int add_device(struct vfio_host *vfio, const struct sysroot *root, struct pci_addr addr, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	size_t index = 0;
	int group = -1;
	int ret = read_group_of(root, addr, &group, err);

	if (!ret)
		ret = add_group(vfio, root, group, &index, err);
	if (ret < 0) {
		/* Most causes are a group's; a message that names the device already is left alone. */
		if (err && !strstr(err->msg, pci_addr_text(addr, name)))
			fail_in(err, "%s", name);
		return ret;
	}
	vfio->device[vfio->device_count] = addr;
	vfio->device_group[vfio->device_count++] = index;
	return 0;
}

int vfio_host_open(struct vfio_host *vfio, const struct sysroot *root, const struct pci_addr *addrs, size_t count,
	struct error *err)
{
	int ret;

	if (count > VFIO_HOST_DEVICE_MAX)
		return fail_code(
			err, CODE_USAGE, E2BIG, "a guest can have %d devices, not %zu", VFIO_HOST_DEVICE_MAX, count);
	vfio->root = root;
	ret = open_container(vfio, root, err);
	for (size_t i = 0; i < count && !ret; i++)
		ret = add_device(vfio, root, addrs[i], err);
	if (ret < 0)
		vfio_host_done(vfio);
	return ret;
}

static int explain_device(const char *name, int errnum, struct error *err)
{
	if (errnum == ENODEV || errnum == ENOENT) {
		fail_code(err, CODE_FAILED, errnum, "%s is not with vfio-pci", name);
		return fail_hint(err, "`sluice bind %s`", name);
	}
	if (errnum == EBUSY) {
		fail_code(err, CODE_GROUP_BUSY, errnum, "%s is open in another process already", name);
		return fail_hint(err, "end the guest or program that has it; `sluice ps` lists guests");
	}
	if (errnum == EINVAL || errnum == EACCES) {
		fail(err, errnum, "open %s", name);
		return fail_hint(err, "a VF whose PF is with vfio-pci too needs a VF token, which guests do not get: "
				      "leave the PF with its own driver");
	}
	fail(err, errnum, "open %s, which resets it", name);
	return fail_hint(err,
		"`dmesg | grep %s` shows the reason in its last lines; 'not ready' and 'giving up' is a device that "
		"does "
		"not come out of reset: switch the host off and on",
		name);
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
		"risk: "
		"--allow-unclean %s",
		name, name);
}

int vfio_host_open_device(
	const struct vfio_host *vfio, struct pci_addr addr, bool unclean_ok, int *ret_fd, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	int ret;

	pci_addr_text(addr, name);
	for (size_t i = 0; i < vfio->device_count; i++) {
		int fd;

		if (pci_addr_compare(vfio->device[i], addr))
			continue;
		fd = vfio->ioctl(vfio->group_fd[vfio->device_group[i]], VFIO_GROUP_GET_DEVICE_FD, name);
		if (fd < 0)
			return explain_device(name, errno, err);
		ret = unclean_ok ? 0 : check_reset(vfio, fd, name, err);
		if (ret < 0) {
			close(fd);
			return ret;
		}
		*ret_fd = fd;
		return 0;
	}
	return fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "%s is none of the devices that were opened", name);
}
