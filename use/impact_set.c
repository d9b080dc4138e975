// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which functions go with those that were named: VFIO takes IOMMU groups whole (Documentation/driver-api/vfio.rst), a
 * new number of VFs destroys those that there are, and a reset of a bus hits everything behind the same port
 * (Documentation/ABI/testing/sysfs-bus-pci, reset_method).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "use/impact.h"

struct set {
	const struct sysroot *root;
	const struct pci_inventory *pci;
	struct impact *impact;
	size_t space;
};

static bool has(const struct set *set, const struct pci_device *device)
{
	for (size_t i = 0; i < set->impact->device_count; i++)
		if (set->impact->device[i].device == device)
			return true;
	return false;
}

__attribute__((format(printf, 5, 6))) static void add(
	struct set *set, const struct pci_device *device, enum impact_role role, bool goes, const char *fmt, ...)
{
	struct impact_device *added;
	va_list args;

	/* There is room for every function of the host. */
	if (has(set, device) || set->impact->device_count == set->space)
		return;
	added = &set->impact->device[set->impact->device_count++];
	*added = (struct impact_device){ .device = device, .role = role, .goes = goes };
	va_start(args, fmt);
	vsnprintf(added->reason, sizeof(added->reason), fmt, args);
	va_end(args);
}

/* Where sysfs has the function: "../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0". */
static bool read_path(const struct set *set, const struct pci_device *device, char *buf, size_t size)
{
	char name[PCI_ADDR_TEXT_SIZE];

	return sysroot_read_link(set->root, buf, size, "sys/bus/pci/devices/%s", pci_addr_text(device->addr, name)) > 0;
}

/* Every function whose path starts with that of a directory. */
static void add_below(struct set *set, const char *directory, enum impact_role role, const struct pci_device *because,
	const char *how)
{
	char name[PCI_ADDR_TEXT_SIZE];
	size_t length = strlen(directory);

	for (size_t i = 0; i < set->pci->count; i++) {
		char path[512];

		if (read_path(set, &set->pci->devices[i], path, sizeof(path)) && !strncmp(path, directory, length) &&
			path[length] == '/')
			add(set, &set->pci->devices[i], role, true, "%s %s", how, pci_addr_text(because->addr, name));
	}
}

static void add_group(struct set *set, const struct pci_device *device)
{
	char name[PCI_ADDR_TEXT_SIZE];

	set->impact->groups_unknown |= device->iommu_group < 0 && !device->is_bridge;
	for (size_t i = 0; i < set->pci->count && device->iommu_group >= 0; i++) {
		const struct pci_device *mate = &set->pci->devices[i];

		if (mate->iommu_group == device->iommu_group && !mate->is_bridge)
			add(set, mate, IMPACT_GROUP, true,
				"it is in IOMMU group %d, as %s is, and VFIO takes a group whole", device->iommu_group,
				pci_addr_text(device->addr, name));
	}
}

static int add_vfs(struct set *set, const struct pci_device *pf, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(pf->addr, name);
	if (!pf->sriov.capable) {
		fail_code(err, CODE_NOT_A_PF, ENODEV, "%s is no physical function: it has no VFs", name);
		return fail_hint(err, "`sluice vf list` shows the devices that can be split");
	}
	for (size_t i = 0; i < set->pci->count; i++) {
		const struct pci_device *vf = &set->pci->devices[i];

		if (vf->is_vf && !pci_addr_compare(vf->pf, pf->addr))
			add(set, vf, IMPACT_VF, true, "it is VF %d of %s: another number of VFs destroys it first",
				vf->vf_index, name);
	}
	return 0;
}

static bool resets_bus(const struct pci_device *device)
{
	const char *first = device->reset_count ? device->reset_methods[0].text : "";

	/* Without a method of its own, VFIO resets the bus. */
	return !first[0] || !strcmp(first, "bus") || !strcmp(first, "cxl_bus");
}

static void add_reset(struct set *set, const struct pci_device *device)
{
	char path[512];
	char *slash;
	struct pci_addr bridge;

	if (!resets_bus(device) || !read_path(set, device, path, sizeof(path)))
		return;
	slash = strrchr(path, '/');
	if (!slash)
		return;
	*slash = '\0';
	/* Nothing resets a root bus. */
	if (pci_addr_in_path(path, &bridge) < 0)
		return;
	add_below(set, path, IMPACT_BUS, device,
		device->reset_known && !device->reset_count
			? "the kernel knows no reset for it alone, so the bus would be reset, with"
			: "a reset of the bus hits it together with");
}

static int add_named(struct set *set, const struct pci_device *device, struct error *err)
{
	enum impact_purpose purpose = set->impact->purpose;
	char path[512];

	if (purpose == IMPACT_RESET)
		add(set, device, IMPACT_NAMED, true, "it was named; its reset: %s",
			device->reset_count   ? device->reset_methods[0].text
			: device->reset_known ? "none of its own"
					      : "unknown");
	add(set, device, IMPACT_NAMED, purpose != IMPACT_VFS, "%s", "it was named");
	if (purpose == IMPACT_VFS)
		return add_vfs(set, device, err);
	if (device->is_bridge && read_path(set, device, path, sizeof(path)))
		add_below(set, path, IMPACT_BELOW, device, "it is behind the bridge");
	else if (purpose == IMPACT_BIND)
		add_group(set, device);
	else
		add_reset(set, device);
	return 0;
}

int impact_find_devices(const struct sysroot *root, const struct pci_inventory *pci,
	const struct pci_device *const *devices, size_t count, struct impact *impact, struct error *err)
{
	struct set set = { .root = root, .pci = pci, .impact = impact, .space = pci->count };

	impact->device = calloc(set.space + 1, sizeof(*impact->device));
	if (!impact->device)
		return fail(err, ENOMEM, "find the devices that would go");
	for (size_t i = 0; i < count; i++) {
		int ret = add_named(&set, devices[i], err);

		if (ret < 0)
			return ret;
	}
	return 0;
}
