// SPDX-License-Identifier: GPL-2.0-or-later
/* What the boxes of a topology are called: ports by their kind, devices by their name, and whose a device is. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pci/capability.h"
#include "picture/host_model.h"

enum {
	CLASS_BRIDGE = 0x0604,
};

static const struct {
	uint8_t type;
	const char *title;
} port_titles[] = {
	{ PCI_EXPRESS_ROOT_PORT, "Root port" },
	{ PCI_EXPRESS_UPSTREAM, "Switch, upstream" },
	{ PCI_EXPRESS_DOWNSTREAM, "Switch port" },
	{ PCI_EXPRESS_TO_PCI, "PCIe to PCI bridge" },
	{ PCI_TO_EXPRESS, "PCI to PCIe bridge" },
	{ PCI_EXPRESS_NONE, "PCI bridge" },
};

/*
 * Platform functions, of which a server has dozens: a line each is enough. Class and subclass, or class alone with
 * 0xff.
 */
static const uint16_t platform_classes[] = { 0x0600, 0x0601, 0x0680, 0x08ff, 0x11ff, 0x05ff, 0x0c05, 0x0701 };

bool topology_is_platform(const struct pci_device *device)
{
	for (size_t i = 0; i < array_size(platform_classes); i++)
		if (device->class >> 8 == platform_classes[i] ||
			((platform_classes[i] & 0xff) == 0xff && device->class >> 16 == platform_classes[i] >> 8))
			return true;
	return false;
}

void topology_name_port(const struct topology_model *model, size_t index, struct picture_item *item)
{
	const struct topology_function *function = &model->view.topology.function[index];

	text_copy(item->title, sizeof(item->title), function->known ? "Bridge" : "Port");
	for (size_t i = 0; function->known && i < array_size(port_titles); i++)
		if (port_titles[i].type == function->express_type)
			text_copy(item->title, sizeof(item->title), port_titles[i].title);
	/* A function that is no bridge and has a domain behind it: Intel's VMD. */
	if (model->host->pci.devices[index].class >> 8 != CLASS_BRIDGE)
		text_copy(item->title, sizeof(item->title), "Domain controller");
}

void topology_name_device(const struct pci_device *device, struct picture_item *item)
{
	char text[128] = "";

	if (device->is_vf)
		snprintf(text, sizeof(text), "VF %d", device->vf_index);
	else if (device->name[0])
		snprintf(text, sizeof(text), "%s", device->name);
	else if (device->class_name[0])
		snprintf(text, sizeof(text), "%s %04x:%04x", device->class_name, device->vendor_id, device->device_id);
	else
		snprintf(text, sizeof(text), "Device %04x:%04x", device->vendor_id, device->device_id);
	picture_clean(item->title, sizeof(item->title), text);
	text[0] = '\0';
	for (size_t i = 0; i < device->netdev_count && strlen(text) < 80; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", text[0] ? ", " : "",
			device->netdevs[i].text);
	for (size_t i = 0; i < device->block_count && strlen(text) < 80; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", text[0] ? ", " : "",
			device->block_devices[i].text);
	picture_clean(item->detail, sizeof(item->detail), text);
}

static const char *vfio_user(const struct device_row *row)
{
	for (size_t i = 0; i < row->verdict.users.count; i++)
		if (!strcmp(row->verdict.users.user[i].kind, "vfio"))
			return row->verdict.users.user[i].what;
	return NULL;
}

/* "process 812 (qemu) has /dev/vfio/7 open": without the node, which says nothing new. */
static void name_process(const char *what, char *buf, size_t size)
{
	const char *end = strstr(what, " has ");

	snprintf(buf, size, "%.*s", end ? (int)(end - what) : (int)strlen(what), what);
}

void topology_name_owner(const struct device_row *row, struct picture_item *item)
{
	const char *user = vfio_user(row);
	char text[160];

	if (row->verdict.owner == OWNER_GUEST) {
		item->owner = PICTURE_GUEST;
		text_copy(text, sizeof(text), row->verdict.owner_text);
	} else if (user) {
		item->owner = PICTURE_GUEST;
		name_process(user, text, sizeof(text));
	} else if (row->verdict.owner == OWNER_OPERATOR) {
		item->owner = PICTURE_OPERATOR;
		snprintf(text, sizeof(text), "bound by the operator: %s", row->device->driver);
	} else if (pci_driver_is_vfio(row->device->driver)) {
		item->owner = PICTURE_VFIO;
		snprintf(text, sizeof(text), "%s, unused", row->device->driver);
	} else if (row->device->driver[0]) {
		item->owner = PICTURE_HOST;
		snprintf(text, sizeof(text), "host: %s", row->device->driver);
	} else {
		item->owner = PICTURE_NOBODY;
		text_copy(text, sizeof(text), "no driver");
	}
	picture_clean(item->owner_text, sizeof(item->owner_text), text);
}
