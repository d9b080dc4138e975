// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The MSI-X table size of a function, from its configuration space (PCI Express Base 6.0, 7.7.2): the capability list
 * is walked within bounds, whatever the device says. Without privilege the kernel shows the first 64 bytes only, which
 * is reported as -EACCES.
 */
#include <errno.h>

#include "pci/pci.h"

enum {
	CONFIG_SIZE = 256,
	CONFIG_STATUS = 0x06,
	STATUS_CAP_LIST = 0x10,
	CONFIG_CAP_POINTER = 0x34,
	CAP_FIRST = 0x40,
	CAP_MSIX = 0x11,
	MSIX_TABLE_SIZE_MASK = 0x7ff,
};

int pci_msix_vectors(const struct sysroot *root, struct pci_addr addr)
{
	uint8_t config[CONFIG_SIZE];
	char name[PCI_ADDR_TEXT_SIZE];
	ssize_t size = sysroot_read_bytes(
		root, config, sizeof(config), "sys/bus/pci/devices/%s/config", pci_addr_text(addr, name));
	unsigned int at;

	if (size < 0)
		return (int)size;
	/* Gone: all ones. Not judged by the vendor id, which is ones in every VF (SR-IOV 1.1, 3.4.1.1). */
	if (size < CAP_FIRST || (config[CONFIG_STATUS] == 0xff && config[CONFIG_STATUS + 1] == 0xff))
		return -EIO;
	if (!(config[CONFIG_STATUS] & STATUS_CAP_LIST))
		return 0;
	if (size < CONFIG_SIZE)
		return -EACCES;
	at = config[CONFIG_CAP_POINTER] & ~3u;
	/* No list is longer than the space has room for: more steps than that is a loop. */
	for (int steps = 0; at >= CAP_FIRST && at <= CONFIG_SIZE - 4 && steps < 48; steps++) {
		if (config[at] == CAP_MSIX)
			return ((config[at + 2] | config[at + 3] << 8) & MSIX_TABLE_SIZE_MASK) + 1;
		at = config[at + 1] & ~3u;
	}
	return 0;
}
