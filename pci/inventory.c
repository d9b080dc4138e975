// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of PCI functions, from sysfs (Documentation/ABI/testing/sysfs-bus-pci): what the kernel knows, so that it
 * works without privilege, below another root, and without waking a device that sleeps.
 *
 * Few system calls per function, since servers have thousands: five or six for a function itself (function.h), the NUMA
 * node once per bus, the VFs of a PF from where it says that they are, children from their classes (children.h). A
 * second look costs nothing per function while the kernel has announced no change.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "pci/children.h"
#include "pci/function.h"
#include "pci/lookup.h"
#include "pci/names.h"
#include "pci/pci.h"

#define DEVICES "sys/bus/pci/devices"

bool pci_driver_is_vfio(const char *driver)
{
	return strstr(driver, "vfio-pci") || strstr(driver, "vfio_pci");
}

static int append(struct pci_inventory *inventory, size_t *space, struct pci_addr addr)
{
	if (inventory->count == *space) {
		size_t wanted = *space ? *space * 2 : 64;
		struct pci_device *grown = reallocarray(inventory->devices, wanted, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		inventory->devices = grown;
		*space = wanted;
	}
	inventory->devices[inventory->count++] = (struct pci_device){ .addr = addr, .vf_index = -1 };
	return 0;
}

static int list_functions(const struct sysroot *root, struct pci_inventory *inventory, struct error *err)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, DEVICES);
	struct dirent *entry;
	size_t space = 0;

	if (!dir) {
		fail(err, errno, "list PCI devices in %s/" DEVICES, root->path);
		return fail_hint(err, "is this a machine with PCI, and sysfs mounted on %s/sys?", root->path);
	}
	while ((entry = readdir(dir))) {
		struct pci_addr addr;

		if (!pci_addr_parse(entry->d_name, &addr) && append(inventory, &space, addr) < 0)
			return fail(err, ENOMEM, "list PCI devices");
	}
	pci_lookup_sort(inventory);
	return 0;
}

static bool same_bus(const struct pci_device *a, const struct pci_device *b)
{
	return a->addr.domain == b->addr.domain && a->addr.bus == b->addr.bus;
}

/* The node belongs to the bus: all of its functions answer the same. */
static void read_numa_node(struct function_reader *reader, struct pci_device *device, const struct pci_device *previous)
{
	if (previous && same_bus(device, previous))
		device->numa_node = previous->numa_node;
	else
		device->numa_node = function_number(reader, device->addr, "numa_node", -1);
}

/* Since Linux 5.15 every function that can be reset has the file, so one that has it tells about those that do not. */
static void settle_reset_known(struct pci_inventory *inventory)
{
	bool known = false;

	for (size_t i = 0; i < inventory->count; i++)
		known |= inventory->devices[i].reset_known;
	for (size_t i = 0; i < inventory->count; i++)
		inventory->devices[i].reset_known = known;
}

/*
 * Routing ids of VFs are linear (SR-IOV 1.1, 2.1.2): the first, then a stride for each. The first two links tell both,
 * so that a PF with hundreds of VFs is not asked for every one of them.
 */
struct vf_layout {
	struct pci_addr pf;
	unsigned int first, stride; /* bus << 8 | device << 3 | function */
};

static unsigned int routing_id(struct pci_addr addr)
{
	return (unsigned int)addr.bus << 8 | (unsigned int)addr.device << 3 | addr.function;
}

static struct pci_addr vf_at(const struct vf_layout *layout, unsigned int index)
{
	unsigned int id = layout->first + layout->stride * index;

	return (struct pci_addr){ layout->pf.domain, (uint8_t)(id >> 8), (uint8_t)(id >> 3 & 31), (uint8_t)(id & 7) };
}

/* Is there a link for VF index, and does it lead where the layout says? */
static bool vf_fits(const struct function_reader *reader, const struct vf_layout *layout, unsigned int index)
{
	struct pci_addr addr;

	return !function_vf_link(reader, layout->pf, index, &addr) && !pci_addr_compare(addr, vf_at(layout, index));
}

/*
 * How many VFs there are, by their links, which are made in order: reading sriov_numvfs waits for a write to it, which
 * a hanging driver never ends, and a list of devices must not hang with it.
 */
static unsigned int count_vfs(const struct function_reader *reader, const struct vf_layout *layout, unsigned int total)
{
	unsigned int some = 2;
	unsigned int more = total + 1;

	while (more > some + 1) {
		unsigned int middle = some + (more - some) / 2;

		if (vf_fits(reader, layout, middle - 1))
			some = middle;
		else
			more = middle;
	}
	return some;
}

static bool mark_vf(
	struct pci_inventory *inventory, const struct pci_device *pf, unsigned int index, struct pci_addr addr)
{
	const struct pci_device *found = pci_inventory_find(inventory, addr);
	struct pci_device *vf = found ? &inventory->devices[found - inventory->devices] : NULL;

	if (!vf || vf == pf)
		return false;
	vf->is_vf = true;
	vf->pf = pf->addr;
	vf->vf_index = (int)index;
	return true;
}

/* A captured host may have been made by hand. */
static void mark_by_links(const struct function_reader *reader, struct pci_inventory *inventory, struct pci_device *pf)
{
	unsigned int index = 0;
	struct pci_addr addr;

	for (; index < pf->sriov.total_vfs && !function_vf_link(reader, pf->addr, index, &addr); index++)
		mark_vf(inventory, pf, index, addr);
	pf->sriov.num_vfs = (uint16_t)index;
}

static bool mark_by_layout(
	const struct vf_layout *layout, unsigned int count, struct pci_inventory *inventory, struct pci_device *pf)
{
	for (unsigned int index = 0; index < count; index++)
		if (!mark_vf(inventory, pf, index, vf_at(layout, index)))
			return false;
	pf->sriov.num_vfs = (uint16_t)count;
	return true;
}

static void mark_vfs(const struct function_reader *reader, struct pci_inventory *inventory, struct pci_device *pf)
{
	struct vf_layout layout = { .pf = pf->addr };
	struct pci_addr addr;
	unsigned int count;

	if (function_vf_link(reader, pf->addr, 0, &addr) < 0)
		return;
	layout.first = routing_id(addr);
	if (pf->sriov.total_vfs > 1 && !function_vf_link(reader, pf->addr, 1, &addr)) {
		layout.stride = routing_id(addr) - layout.first;
		count = count_vfs(reader, &layout, pf->sriov.total_vfs);
		if (!function_vf_link(reader, pf->addr, count, &addr) || !mark_by_layout(&layout, count, inventory, pf))
			mark_by_links(reader, inventory, pf);
	} else {
		mark_by_layout(&layout, 1, inventory, pf);
		pf->sriov.num_vfs = 1;
	}
}

/* In order of address: a PF comes before its VFs, of which less needs to be asked then. */
static void read_functions(const struct sysroot *root, struct pci_inventory *inventory)
{
	struct function_reader reader = { .root = root, .vfs_alike = inventory->how & PCI_LOOK_VFS_ALIKE };

	for (size_t i = 0; i < inventory->count; i++) {
		struct pci_device *device = &inventory->devices[i];

		function_read(&reader, device);
		read_numa_node(&reader, device, i ? device - 1 : NULL);
		if (device->sriov.total_vfs)
			mark_vfs(&reader, inventory, device);
	}
	fd_batch_close(&reader.open);
}

/* Counts what the kernel announces: functions, drivers and their devices that come and go. */
static uint64_t read_announcements(const struct sysroot *root)
{
	uint64_t number;

	return root->captured || sysroot_read_u64(root, &number, "sys/kernel/uevent_seqnum") ? 0 : number;
}

int pci_inventory_read(
	const struct sysroot *root, unsigned int how, struct pci_inventory *ret_inventory, struct error *err)
{
	/* Counted first: what changes while we read is read again next time. */
	struct pci_inventory inventory = { .announcements = read_announcements(root), .how = how };
	int ret = list_functions(root, &inventory, err);

	if (ret < 0) {
		pci_inventory_done(&inventory);
		return ret;
	}
	read_functions(root, &inventory);
	settle_reset_known(&inventory);
	pci_children_read(root, &inventory);
	if (how & PCI_LOOK_NAMES)
		pci_names_fill(inventory.devices, inventory.count);
	*ret_inventory = inventory;
	return 0;
}

int pci_inventory_refresh(const struct sysroot *root, struct pci_inventory *inventory, struct error *err)
{
	struct pci_inventory fresh;
	int ret;

	if (inventory->announcements && read_announcements(root) == inventory->announcements)
		return 0;
	ret = pci_inventory_read(root, inventory->how, &fresh, err);
	if (ret < 0)
		return ret;
	pci_inventory_done(inventory);
	*inventory = fresh;
	return 1;
}

void pci_inventory_done(struct pci_inventory *inventory)
{
	if (!inventory)
		return;
	free(inventory->devices);
	*inventory = (struct pci_inventory){ 0 };
}
