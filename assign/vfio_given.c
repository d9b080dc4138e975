// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors of VFIO that were given; see vfio_given.h. Numbers of nodes are read from sysfs ("MAJOR:MINOR"). */
#include "assign/vfio_given.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"

/* Is it open for reading and writing, and of the node whose number the file has? */
static bool is_of(const struct sysroot *root, int fd, const char *path)
{
	int flags = fcntl(fd, F_GETFL);
	char text[32], number[32];
	struct stat is;

	if (flags < 0 || (flags & O_ACCMODE) != O_RDWR || fstat(fd, &is) < 0 || !S_ISCHR(is.st_mode) ||
		sysroot_read_text(root, text, sizeof(text), "%s", path) <= 0)
		return false;
	snprintf(number, sizeof(number), "%u:%u", major(is.st_rdev), minor(is.st_rdev));
	return !strcmp(text, number);
}

static int take(
	const struct vfio_host *vfio, int *fd, const char *what, const char *path, int *ret_fd, struct error *err)
{
	*ret_fd = -1;
	if (*fd <= 0)
		return 0;
	if (!is_of(vfio->root, *fd, path)) {
		fail_code(err, CODE_USAGE, EBADF,
			"descriptor %d is not %s, opened for reading and writing: /%s has another number", *fd, what,
			path);
		return fail_hint(err, "`ls -l /proc/self/fd` in its place shows what whoever starts sluice has opened");
	}
	if (fcntl(*fd, F_SETFD, FD_CLOEXEC) < 0)
		return fail(err, errno, "take over descriptor %d", *fd);
	*ret_fd = *fd;
	*fd = 0;
	return 0;
}

static int *find(struct vfio_host *vfio, struct pci_addr addr)
{
	for (size_t i = 0; i < vfio->given_count; i++)
		if (!pci_addr_compare(vfio->given[i].addr, addr))
			return &vfio->given[i].fd;
	return NULL;
}

int vfio_given_device(
	struct vfio_host *vfio, size_t index, const char *name, const char *path, int *ret_fd, struct error *err)
{
	int *fd = find(vfio, vfio->device[index]);
	char what[64];

	*ret_fd = -1;
	snprintf(what, sizeof(what), "the VFIO node of %s", name);
	return fd ? take(vfio, fd, what, path, ret_fd, err) : 0;
}

int vfio_given_space(struct vfio_host *vfio, const char *path, int *ret_fd, struct error *err)
{
	return take(vfio, &vfio->given_space, "of the address space for DMA that is used", path, ret_fd, err);
}

enum vfio_choice vfio_given_choice(const struct vfio_host *vfio)
{
	static const struct {
		const char *path;
		enum vfio_choice choice;
	} spaces[] = {
		{ VFIO_SPACE_IOMMUFD, VFIO_CHOICE_IOMMUFD },
		{ VFIO_SPACE_CONTAINER, VFIO_CHOICE_TYPE1 },
	};
	char group[64];

	for (size_t i = 0; i < array_size(spaces); i++)
		if (vfio->given_space > 0 && is_of(vfio->root, vfio->given_space, spaces[i].path))
			return spaces[i].choice;
	for (size_t i = 0; i < vfio->given_count; i++) {
		char name[PCI_ADDR_TEXT_SIZE], link[24];

		if (vfio->given[i].fd <= 0 ||
			sysroot_read_link_name(vfio->root, link, sizeof(link), "sys/bus/pci/devices/%s/iommu_group",
				pci_addr_text(vfio->given[i].addr, name)) < 0)
			continue;
		snprintf(group, sizeof(group), "sys/class/vfio/%s/dev", link);
		return is_of(vfio->root, vfio->given[i].fd, group) ? VFIO_CHOICE_TYPE1 : VFIO_CHOICE_IOMMUFD;
	}
	return VFIO_CHOICE_AUTO;
}
