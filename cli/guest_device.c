// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices of a guest by what a person calls them; see guest_device.h. */
#include "cli/guest_device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

int guest_device_find(const struct sysroot *root, const struct guest_info *info, const char *text,
	char ret_address[static PCI_ADDR_TEXT_SIZE], struct error *err)
{
	cleanup(pci_inventory_done) struct pci_inventory inventory = { .devices = NULL };
	const struct pci_device *device;
	char names[256] = "", name[PCI_ADDR_TEXT_SIZE];
	int ret = pci_inventory_read(root, 0, &inventory, err);

	if (!ret)
		ret = pci_select(root, &inventory, text, &device, err);
	if (ret < 0)
		return ret;
	pci_addr_text(device->addr, ret_address);
	for (size_t i = 0; i < info->device_count; i++) {
		size_t used = strlen(names);

		if (!pci_addr_compare(info->device[i], device->addr))
			return 0;
		snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
			pci_addr_text(info->device[i], name));
	}
	fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "guest '%s' does not have %s", info->name, ret_address);
	return names[0] ? fail_hint(err, "it has %s", names) : fail_hint(err, "it has no device");
}
