// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What hangs off a function: network devices and disks, from sys/class/net and sys/block (one readlink for each of
 * them, instead of a look into the folder of every function).
 */
#include "pci/children.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static int compare_names(const void *a, const void *b)
{
	return strverscmp(((const struct pci_name *)a)->text, ((const struct pci_name *)b)->text);
}

/*
 * Of more than there is room for, those whose names come first: a switch in a card has a network device for each VF
 * beside the PF's own, and a directory has them in any order.
 */
static void add_name(struct pci_name *names, size_t *count, const char *name)
{
	size_t last = 0;

	if (*count < PCI_CHILD_MAX) {
		text_copy(names[(*count)++].text, PCI_NAME_MAX, name);
		return;
	}
	for (size_t i = 1; i < PCI_CHILD_MAX; i++)
		if (compare_names(&names[i], &names[last]) > 0)
			last = i;
	if (strverscmp(name, names[last].text) < 0)
		text_copy(names[last].text, PCI_NAME_MAX, name);
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
	const struct pci_device *device =
		pci_addr_in_path(path, &addr) < 0 ? NULL : pci_inventory_find(inventory, addr);

	if (device)
		add(&inventory->devices[device - inventory->devices], name);
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

/* Directory order is random; people and scripts want the same answer each time. */
static void sort_children(struct pci_inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct pci_device *device = &inventory->devices[i];

		qsort(device->netdevs, device->netdev_count, sizeof(struct pci_name), compare_names);
		qsort(device->block_devices, device->block_count, sizeof(struct pci_name), compare_names);
	}
}

void pci_children_read(const struct sysroot *root, struct pci_inventory *inventory)
{
	add_children(root, inventory, "class/net", add_netdev);
	add_children(root, inventory, "block", add_block);
	sort_children(inventory);
}
