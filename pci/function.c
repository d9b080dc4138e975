// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One function's folder in sysfs (Documentation/ABI/testing/sysfs-bus-pci): what the kernel knows, without privilege
 * and without waking a device that sleeps. Configuration space is not read here.
 */
#include "pci/function.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define DEVICES "sys/bus/pci/devices"

/* Attributes arrive whole in the first read, so a second one to see the end is not needed. */
static ssize_t read_attribute(
	struct function_reader *reader, const char *device, const char *name, char *buf, size_t size)
{
	int fd = sysroot_open_file(reader->root, O_RDONLY, DEVICES "/%s/%s", device, name);
	ssize_t length;

	if (fd < 0)
		return fd;
	length = read(fd, buf, size - 1);
	if (length < 0)
		length = -errno;
	fd_batch_add(&reader->open, fd);
	if (length < 0)
		return length;
	buf[length] = '\0';
	return (ssize_t)strlen(text_chomp(buf));
}

static void read_ids(const char *value, uint16_t *ret_first, uint16_t *ret_second)
{
	char *end;
	unsigned long first = strtoul(value, &end, 16);

	if (end == value || *end != ':')
		return;
	*ret_first = (uint16_t)first;
	*ret_second = (uint16_t)strtoul(end + 1, NULL, 16);
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

static void read_uevent(struct function_reader *reader, const char *name, struct pci_device *device)
{
	char text[1024];
	char *rest = text;
	char *line;

	if (read_attribute(reader, name, "uevent", text, sizeof(text)) < 0)
		return;
	while ((line = strsep(&rest, "\n")))
		take_uevent_line(device, line);
	device->is_bridge = device->class >> 16 == 0x06;
}

static int read_number(struct function_reader *reader, const char *device, const char *attribute, int unknown)
{
	char text[24];
	uint64_t value;

	if (read_attribute(reader, device, attribute, text, sizeof(text)) < 0 ||
		text_to_u64(text, INT32_MAX, &value) < 0)
		return unknown;
	return (int)value;
}

int function_number(struct function_reader *reader, struct pci_addr addr, const char *attribute, int unknown)
{
	char name[PCI_ADDR_TEXT_SIZE];

	return read_number(reader, pci_addr_text(addr, name), attribute, unknown);
}

/* A group that VFIO made up for want of an IOMMU is none: nothing that goes by groups may take it for one. */
static int read_group(const struct sysroot *root, const char *name)
{
	char text[24], kind[32];
	uint64_t id;

	if (sysroot_read_link_name(root, text, sizeof(text), DEVICES "/%s/iommu_group", name) < 0 ||
		text_to_u64(text, INT32_MAX, &id) < 0)
		return -1;
	if (sysroot_read_text(root, kind, sizeof(kind), "sys/kernel/iommu_groups/%s/name", text) > 0 &&
		!strcmp(kind, PCI_GROUP_UNCONFINED))
		return -1;
	return (int)id;
}

/* Neither a VF nor a bridge is split. */
static void read_sriov(struct function_reader *reader, const char *name, struct pci_device *device)
{
	int total = device->is_vf || device->is_bridge ? -1 : read_number(reader, name, "sriov_totalvfs", -1);

	device->sriov = (struct pci_sriov){ .autoprobe = -1 };
	if (total < 0)
		return;
	device->sriov.capable = true;
	device->sriov.total_vfs = (uint16_t)total;
	device->sriov.autoprobe = read_number(reader, name, "sriov_drivers_autoprobe", -1);
}

/* "flr bus", the kernel's order; whether a missing file says anything is the inventory's to judge. */
static void read_reset_methods(struct function_reader *reader, const char *name, struct pci_device *device)
{
	char text[128];
	char *rest = text;
	char *word;

	if (read_attribute(reader, name, "reset_method", text, sizeof(text)) < 0)
		return;
	device->reset_known = true;
	while ((word = strsep(&rest, " \n")) && device->reset_count < PCI_RESET_MAX)
		if (*word)
			text_copy(device->reset_methods[device->reset_count++].text, PCI_NAME_MAX, word);
}

/* Hundreds of VFs of one PF, and reset methods differ only where somebody wrote to them. */
static bool copy_reset_methods(const struct function_reader *reader, struct pci_device *device)
{
	const struct pci_device *sibling = reader->last_vf;

	if (!reader->vfs_alike || !device->is_vf || !sibling || pci_addr_compare(sibling->pf, device->pf))
		return false;
	memcpy(device->reset_methods, sibling->reset_methods, sizeof(device->reset_methods));
	device->reset_count = sibling->reset_count;
	device->reset_known = sibling->reset_known;
	return true;
}

void function_read(struct function_reader *reader, struct pci_device *device)
{
	char name[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(device->addr, name);
	device->numa_node = -1;
	read_uevent(reader, name, device);
	device->iommu_group = read_group(reader->root, name);
	read_sriov(reader, name, device);
	if (!copy_reset_methods(reader, device))
		read_reset_methods(reader, name, device);
	if (device->is_vf)
		reader->last_vf = device;
}

int function_vf_link(
	const struct function_reader *reader, struct pci_addr pf, unsigned int index, struct pci_addr *ret_addr)
{
	char pf_name[PCI_ADDR_TEXT_SIZE];
	char name[64];
	int ret = sysroot_read_link_name(
		reader->root, name, sizeof(name), DEVICES "/%s/virtfn%u", pci_addr_text(pf, pf_name), index);

	return ret < 0 ? ret : pci_addr_parse(name, ret_addr);
}
