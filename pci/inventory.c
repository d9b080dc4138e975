// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of PCI functions, from sysfs (Documentation/ABI/testing/sysfs-bus-pci): what the kernel knows, so that it works
 * without privilege, below another root, and without waking a device that sleeps.
 *
 * Few system calls per function, since servers have thousands: `uevent` holds ids, class and driver in one file, children
 * are found from sys/class/net and sys/class/block (one readlink each) instead of looking into every function, VFs from their
 * PF's virtfnN links, and the NUMA node is read once per bus.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "pci/names.h"
#include "pci/pci.h"

#define DEVICES "sys/bus/pci/devices"

static int compare_devices(const void *a, const void *b)
{
	return pci_addr_compare(((const struct pci_device *)a)->addr, ((const struct pci_device *)b)->addr);
}

const struct pci_device *pci_inventory_find(const struct pci_inventory *inventory, struct pci_addr addr)
{
	const struct pci_device key = { .addr = addr };

	if (!inventory->count)
		return NULL;
	return bsearch(&key, inventory->devices, inventory->count, sizeof(key), compare_devices);
}

bool pci_driver_is_vfio(const char *driver)
{
	return strstr(driver, "vfio-pci") || strstr(driver, "vfio_pci");
}

static struct pci_device *find(struct pci_inventory *inventory, struct pci_addr addr)
{
	return (struct pci_device *)pci_inventory_find(inventory, addr);
}

/* Attributes arrive whole in the first read, so a second one to see the end is not needed. */
static ssize_t read_attribute(const struct sysroot *root, const char *device, const char *name, char *buf, size_t size)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY, DEVICES "/%s/%s", device, name);
	ssize_t length;

	if (fd < 0)
		return fd;
	length = read(fd, buf, size - 1);
	if (length < 0)
		return -errno;
	buf[length] = '\0';
	return (ssize_t)strlen(text_chomp(buf));
}

static void read_ids(const char *value, uint16_t *ret_first, uint16_t *ret_second)
{
	unsigned int first;
	unsigned int second;

	if (sscanf(value, "%4x:%4x", &first, &second) == 2) {
		*ret_first = (uint16_t)first;
		*ret_second = (uint16_t)second;
	}
}

static void take_uevent_line(struct pci_device *device, const char *line)
{
	const char *value = strchr(line, '=');

	if (!value)
		return;
	value++;
	if (text_starts_with(line, "DRIVER="))
		text_copy(device->driver, sizeof(device->driver), value);
	else if (text_starts_with(line, "PCI_CLASS="))
		device->class = (uint32_t)strtoul(value, NULL, 16) & 0xffffff;
	else if (text_starts_with(line, "PCI_ID="))
		read_ids(value, &device->vendor_id, &device->device_id);
	else if (text_starts_with(line, "PCI_SUBSYS_ID="))
		read_ids(value, &device->subsystem_vendor_id, &device->subsystem_id);
}

static void read_uevent(const struct sysroot *root, const char *name, struct pci_device *device)
{
	char text[1024];
	char *rest = text;
	char *line;

	if (read_attribute(root, name, "uevent", text, sizeof(text)) < 0)
		return;
	while ((line = strsep(&rest, "\n")))
		take_uevent_line(device, line);
	device->is_bridge = device->class >> 16 == 0x06;
}

static int read_number(const struct sysroot *root, const char *device, const char *name, int unknown)
{
	char text[24];
	uint64_t value;

	if (read_attribute(root, device, name, text, sizeof(text)) < 0 || text_to_u64(text, INT32_MAX, &value) < 0)
		return unknown;
	return (int)value;
}

static int read_group(const struct sysroot *root, const char *name)
{
	char text[24];
	uint64_t id;

	if (sysroot_read_link_name(root, text, sizeof(text), DEVICES "/%s/iommu_group", name) < 0 ||
		text_to_u64(text, INT32_MAX, &id) < 0)
		return -1;
	return (int)id;
}

static void read_sriov(const struct sysroot *root, const char *name, struct pci_sriov *sriov)
{
	int total = read_number(root, name, "sriov_totalvfs", -1);

	*sriov = (struct pci_sriov){ .autoprobe = -1 };
	if (total < 0)
		return;
	sriov->capable = true;
	sriov->total_vfs = (uint16_t)total;
	sriov->autoprobe = read_number(root, name, "sriov_drivers_autoprobe", -1);
}

/* "flr bus", the kernel's order; settle_reset_known() judges a missing file. */
static void read_reset_methods(const struct sysroot *root, const char *name, struct pci_device *device)
{
	char text[128];
	char *rest = text;
	char *word;

	if (read_attribute(root, name, "reset_method", text, sizeof(text)) < 0)
		return;
	device->reset_known = true;
	while ((word = strsep(&rest, " \n")) && device->reset_count < PCI_RESET_MAX)
		if (*word)
			text_copy(device->reset_methods[device->reset_count++].text, PCI_NAME_MAX, word);
}

static void read_device(const struct sysroot *root, const char *name, struct pci_device *device)
{
	device->vf_index = -1;
	device->numa_node = -1;
	read_uevent(root, name, device);
	device->iommu_group = read_group(root, name);
	read_sriov(root, name, &device->sriov);
	read_reset_methods(root, name, device);
}

static bool same_bus(const struct pci_device *a, const struct pci_device *b)
{
	return a->addr.domain == b->addr.domain && a->addr.bus == b->addr.bus;
}

/* The node belongs to the bus: all of its functions answer the same. */
static void read_numa_nodes(const struct sysroot *root, struct pci_inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct pci_device *device = &inventory->devices[i];
		char name[PCI_ADDR_TEXT_SIZE];

		if (i && same_bus(device, device - 1))
			device->numa_node = device[-1].numa_node;
		else
			device->numa_node = read_number(root, pci_addr_text(device->addr, name), "numa_node", -1);
	}
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
 * VFs are counted by their links: reading sriov_numvfs waits for a write to it, which a hanging driver never ends, and a
 * list of devices must not hang with it.
 */
static void link_vfs(const struct sysroot *root, struct pci_inventory *inventory, struct pci_device *pf)
{
	char pf_name[PCI_ADDR_TEXT_SIZE];
	int index = 0;

	pci_addr_text(pf->addr, pf_name);
	for (; index < pf->sriov.total_vfs; index++) {
		struct pci_addr addr;
		struct pci_device *vf;
		char name[64];

		if (sysroot_read_link_name(root, name, sizeof(name), DEVICES "/%s/virtfn%d", pf_name, index) < 0)
			break;
		vf = pci_addr_parse(name, &addr) < 0 ? NULL : find(inventory, addr);
		if (!vf)
			continue;
		vf->is_vf = true;
		vf->pf = pf->addr;
		vf->vf_index = index;
	}
	pf->sriov.num_vfs = (uint16_t)index;
}

static void add_name(struct pci_name *names, size_t *count, const char *name)
{
	if (*count < PCI_CHILD_MAX)
		text_copy(names[(*count)++].text, PCI_NAME_MAX, name);
}

typedef void (*child_fn)(struct pci_device *device, const char *name);

static void add_netdev(struct pci_device *device, const char *name)
{
	add_name(device->netdevs, &device->netdev_count, name);
}

/* "nvme0c0n1" is one path of a disk with several, which nobody can open. */
static bool is_hidden_path(const char *name)
{
	unsigned int number;
	char last;

	return sscanf(name, "nvme%uc%un%u%c", &number, &number, &number, &last) == 3;
}

static void add_block(struct pci_device *device, const char *name)
{
	if (is_hidden_path(name))
		return;
	add_name(device->block_devices, &device->block_count, name);
}

static void add_to(struct pci_inventory *inventory, const char *path, const char *name, child_fn add)
{
	struct pci_addr addr;
	struct pci_device *device = pci_addr_in_path(path, &addr) < 0 ? NULL : find(inventory, addr);

	if (device)
		add(device, name);
}

/*
 * The namespace of an NVMe device that may have several controllers hangs off its subsystem, a virtual device; the
 * controllers are links in there, and every one of them carries the disk.
 */
static void add_to_subsystem(
	const struct sysroot *root, struct pci_inventory *inventory, const char *path, const char *name, child_fn add)
{
	const char *at = strstr(path, "/nvme-subsystem/");
	char subsystem[PCI_NAME_MAX];
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;

	if (!at || sscanf(at, "/nvme-subsystem/%31[^/]", subsystem) != 1)
		return;
	dir = sysroot_open_dir(root, "sys/class/nvme-subsystem/%s", subsystem);
	while (dir && (entry = readdir(dir))) {
		char target[512];

		if (text_starts_with(entry->d_name, "nvme") &&
			sysroot_read_link(root, target, sizeof(target), "sys/class/nvme-subsystem/%s/%s", subsystem,
				entry->d_name) > 0)
			add_to(inventory, target, name, add);
	}
}

/* One class of devices ("net", "block") whose entries are links into the device tree. */
static void add_children(const struct sysroot *root, struct pci_inventory *inventory, const char *class, child_fn add)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/%s", class);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char target[512];

		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= PCI_NAME_MAX ||
			sysroot_read_link(root, target, sizeof(target), "sys/%s/%s", class, entry->d_name) < 0)
			continue;
		add_to(inventory, target, entry->d_name, add);
		add_to_subsystem(root, inventory, target, entry->d_name, add);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strverscmp(((const struct pci_name *)a)->text, ((const struct pci_name *)b)->text);
}

/* Directory order is random; people and scripts want the same answer each time. */
static void sort_children(struct pci_inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct pci_device *device = &inventory->devices[i];

		qsort(device->netdevs, device->netdev_count, sizeof(struct pci_name), compare_names);
		qsort(device->block_devices, device->block_count, sizeof(struct pci_name), compare_names);
	}
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
	inventory->devices[inventory->count++] = (struct pci_device){ .addr = addr };
	return 0;
}

static int read_all(const struct sysroot *root, struct pci_inventory *inventory, struct error *err)
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

		if (pci_addr_parse(entry->d_name, &addr) < 0)
			continue;
		if (append(inventory, &space, addr) < 0)
			return fail(err, ENOMEM, "list PCI devices");
		read_device(root, entry->d_name, &inventory->devices[inventory->count - 1]);
	}
	return 0;
}

int pci_inventory_read(
	const struct sysroot *root, bool with_names, struct pci_inventory *ret_inventory, struct error *err)
{
	struct pci_inventory inventory = { 0 };
	int ret = read_all(root, &inventory, err);

	if (ret < 0) {
		pci_inventory_done(&inventory);
		return ret;
	}
	if (inventory.count)
		qsort(inventory.devices, inventory.count, sizeof(*inventory.devices), compare_devices);
	read_numa_nodes(root, &inventory);
	settle_reset_known(&inventory);
	for (size_t i = 0; i < inventory.count; i++)
		link_vfs(root, &inventory, &inventory.devices[i]);
	add_children(root, &inventory, "class/net", add_netdev);
	add_children(root, &inventory, "block", add_block);
	sort_children(&inventory);
	if (with_names)
		pci_names_fill(inventory.devices, inventory.count);
	*ret_inventory = inventory;
	return 0;
}

void pci_inventory_done(struct pci_inventory *inventory)
{
	if (!inventory)
		return;
	free(inventory->devices);
	*inventory = (struct pci_inventory){ 0 };
}
