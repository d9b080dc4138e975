// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a card's Vital Product Data for its guest; see vfio_vpd.h. */
#include "passthrough/vfio_vpd.h"

#include <linux/pci_regs.h>

enum {
	ADDRESS_BITS = PCI_VPD_ADDR_MASK & ~3, /* four bytes at a multiple of four */
};

void vfio_vpd_written(const struct vfio_device *device, const struct vfio_capabilities *caps, struct pci_config *config,
	unsigned int offset, unsigned int size)
{
	unsigned int address_at = caps->vpd + PCI_VPD_ADDR, data_at = caps->vpd + PCI_VPD_DATA;
	uint32_t asked;

	/* The request is made by the byte that has the flag bit. */
	if (!caps->vpd || offset > address_at + 1 || offset + size <= address_at + 1)
		return;
	asked = pci_config_get(config, address_at, 2);
	if (asked & PCI_VPD_ADDR_F) {
		pci_config_put(config, address_at, 2, asked & PCI_VPD_ADDR_MASK);
		return;
	}
	vfio_device_write_config(device, address_at, 2, asked & ADDRESS_BITS);
	if (!(vfio_device_read_config(device, address_at, 2) & PCI_VPD_ADDR_F))
		return;
	pci_config_put(config, data_at, 4, vfio_device_read_config(device, data_at, 4));
	pci_config_put(config, address_at, 2, asked | PCI_VPD_ADDR_F);
}
